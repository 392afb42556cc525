//! Answer -> the items of a stream, faults included.

use super::response::{content_part, finish_reason, response, thinking, tool_call, usage};
use super::{Item, failure};
use crate::accumulator::StreamAccumulator;
use crate::error::{Error, ErrorKind};
use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::Part;
use crate::types::StreamEvent;

/// The events that arrive, then the error if the script asks for one.
pub(super) fn items(provider: &str, answer: &Answer) -> Vec<Item> {
    let (mut events, mut error) = told(provider, answer);
    let delivery = &answer.turn.delivery;
    let broken = |message: &str| Error::new(ErrorKind::Stream, message).with_provider(provider);
    if delivery.omit_terminal && error.is_none() {
        events.pop();
        error = Some(broken("the stream ended without its terminal event"));
    }
    let before_end = events.len().saturating_sub(1);
    let kept = match (delivery.cut_after_events, delivery.cut_after_bytes) {
        (Some(count), _) => Some(count.min(before_end)),
        (None, bytes) => bytes.map(|_| before_end),
    };
    if let Some(kept) = kept {
        events.truncate(kept);
        error = Some(broken("the connection was cut"));
    }
    let error = error.map(|error| {
        let mut arrived = StreamAccumulator::new();
        events.iter().for_each(|event| arrived.process(event));
        error.with_partial_response(arrived.partial())
    });
    events.into_iter().map(Ok).chain(error.map(Err)).collect()
}

/// All events, up to the failure that the provider reports, if it does.
fn told(provider: &str, answer: &Answer) -> (Vec<StreamEvent>, Option<Error>) {
    let mut events = vec![StreamEvent::StreamStart {
        id: Some(answer.message_id("msg")),
        model: Some(answer.model.clone()),
        provider: provider.to_owned(),
        warnings: Vec::new(),
    }];
    for (index, part) in answer.turn.content.iter().enumerate() {
        if let Part::StreamError { code, message } = part {
            return (events, Some(failure::reported(provider, code, message)));
        }
        events.extend(part_events(provider, answer, index, part));
    }
    events.push(StreamEvent::Finish {
        finish_reason: finish_reason(answer),
        usage: usage(answer),
        response: Box::new(response(provider, answer)),
    });
    (events, None)
}

/// Start, deltas and end of a part.
fn part_events(provider: &str, answer: &Answer, index: usize, part: &Part) -> Vec<StreamEvent> {
    let (start, deltas, end): (_, Vec<StreamEvent>, _) = match part {
        Part::Text { text } => {
            let text_id = format!("text_{index}");
            let delta = |it: &str| StreamEvent::TextDelta {
                text_id: text_id.clone(),
                delta: it.to_owned(),
            };
            let deltas = answer.deltas(text).into_iter().map(delta).collect();
            let end = StreamEvent::TextEnd {
                text_id: text_id.clone(),
                text: text.clone(),
            };
            (
                StreamEvent::TextStart {
                    text_id: text_id.clone(),
                },
                deltas,
                Some(end),
            )
        }
        Part::Thinking { .. } | Part::RedactedThinking { .. } => {
            let reasoning_id = format!("reasoning_{index}");
            let text = if let Part::Thinking { text, .. } = part {
                text.as_str()
            } else {
                ""
            };
            let delta = |it: &str| StreamEvent::ReasoningDelta {
                reasoning_id: reasoning_id.clone(),
                delta: it.to_owned(),
            };
            let deltas = answer.deltas(text).into_iter().map(delta).collect();
            let end = thinking(provider, answer, part).map(|thinking| StreamEvent::ReasoningEnd {
                reasoning_id: reasoning_id.clone(),
                thinking,
            });
            (
                StreamEvent::ReasoningStart {
                    reasoning_id: reasoning_id.clone(),
                },
                deltas,
                end,
            )
        }
        Part::ToolCall { .. } => return call_events(answer, index, part),
        Part::Event { .. } | Part::Block { .. } | Part::StreamError { .. } => {
            return raw_event(provider, answer, index, part);
        }
    };
    std::iter::once(start).chain(deltas).chain(end).collect()
}

fn call_events(answer: &Answer, index: usize, part: &Part) -> Vec<StreamEvent> {
    let Part::ToolCall {
        arguments,
        raw_arguments,
        ..
    } = part
    else {
        return Vec::new();
    };
    let Some(tool_call) = tool_call(answer, index, part) else {
        return Vec::new();
    };
    let id = tool_call.id.clone();
    let text = argument_text(arguments, raw_arguments.as_deref());
    let mut events = vec![StreamEvent::ToolCallStart {
        id: id.clone(),
        name: tool_call.name.clone(),
    }];
    let delta = |it: &str| StreamEvent::ToolCallDelta {
        id: id.clone(),
        delta: it.to_owned(),
    };
    events.extend(answer.deltas(&text).into_iter().map(delta));
    events.push(StreamEvent::ToolCallEnd { tool_call });
    events
}

/// The event that carries a raw event or block of the script.
fn raw_event(provider: &str, answer: &Answer, index: usize, part: &Part) -> Vec<StreamEvent> {
    let raw = match (part, content_part(provider, answer, index, part)) {
        (Part::Event { data, .. }, _) => {
            Some(serde_json::from_str(data).unwrap_or_else(|_| data.as_str().into()))
        }
        (Part::Block { value }, Some(_)) => Some(value.clone()),
        _ => None,
    };
    let event = raw.map(|raw| StreamEvent::ProviderEvent {
        provider: provider.to_owned(),
        raw,
    });
    event.into_iter().collect()
}
