//! Response -> the events that add up to it.

use futures::StreamExt as _;

use crate::types::{
    ContentPart, EventStream, OtherData, Response, StreamEvent, ThinkingData, ToolCall,
};

/// The answer as a stream, each segment in one delta.
pub(super) fn stream(response: Response) -> EventStream {
    futures::stream::iter(events(response).into_iter().map(Ok)).boxed()
}

fn events(response: Response) -> Vec<StreamEvent> {
    let mut events = vec![StreamEvent::StreamStart {
        id: Some(response.id.clone()),
        model: Some(response.model.clone()),
        provider: response.provider.clone(),
        warnings: response.warnings.clone(),
    }];
    for (index, part) in response.message.content.iter().enumerate() {
        events.extend(segment(index, part));
    }
    events.push(StreamEvent::Finish {
        finish_reason: response.finish_reason.clone(),
        usage: response.usage.clone(),
        response: Box::new(response),
    });
    events
}

/// Media have no events of their own: they are in the response of the last one.
fn segment(index: usize, part: &ContentPart) -> Vec<StreamEvent> {
    match part {
        ContentPart::Text(data) => text(format!("text_{index}"), &data.text),
        ContentPart::Thinking(thinking) | ContentPart::RedactedThinking(thinking) => {
            reasoning(format!("reasoning_{index}"), thinking)
        }
        ContentPart::ToolCall(data) => call(ToolCall::from(data)),
        ContentPart::Other(OtherData { provider, raw, .. }) => vec![StreamEvent::ProviderEvent {
            provider: provider.clone(),
            raw: raw.clone(),
        }],
        _ => Vec::new(),
    }
}

fn text(text_id: String, text: &str) -> Vec<StreamEvent> {
    let delta = (!text.is_empty()).then(|| StreamEvent::TextDelta {
        text_id: text_id.clone(),
        delta: text.to_owned(),
    });
    let start = StreamEvent::TextStart {
        text_id: text_id.clone(),
    };
    let end = StreamEvent::TextEnd {
        text_id,
        text: text.to_owned(),
    };
    [start].into_iter().chain(delta).chain([end]).collect()
}

fn reasoning(reasoning_id: String, thinking: &ThinkingData) -> Vec<StreamEvent> {
    let readable = !thinking.redacted && !thinking.text.is_empty();
    let delta = readable.then(|| StreamEvent::ReasoningDelta {
        reasoning_id: reasoning_id.clone(),
        delta: thinking.text.clone(),
    });
    let start = StreamEvent::ReasoningStart {
        reasoning_id: reasoning_id.clone(),
    };
    let end = StreamEvent::ReasoningEnd {
        reasoning_id,
        thinking: thinking.clone(),
    };
    [start].into_iter().chain(delta).chain([end]).collect()
}

fn call(tool_call: ToolCall) -> Vec<StreamEvent> {
    let arguments = match &tool_call.raw_arguments {
        Some(raw) => raw.clone(),
        None => tool_call.arguments.to_string(),
    };
    let start = StreamEvent::ToolCallStart {
        id: tool_call.id.clone(),
        name: tool_call.name.clone(),
    };
    let delta = (!arguments.is_empty()).then(|| StreamEvent::ToolCallDelta {
        id: tool_call.id.clone(),
        delta: arguments,
    });
    let end = StreamEvent::ToolCallEnd { tool_call };
    [start].into_iter().chain(delta).chain([end]).collect()
}
