//! Answer -> [`Response`].

use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::Part;
use crate::types::{
    ContentPart, FinishReason, FinishReasonKind, Message, Origin, OtherData, Response, Role,
    ThinkingData, ToolCall, ToolCallData, Usage,
};

/// The whole response.
pub(super) fn response(provider: &str, answer: &Answer) -> Response {
    let parts = answer.turn.content.iter().enumerate();
    let content = parts.filter_map(|(index, part)| content_part(provider, answer, index, part));
    let message = Message::new(Role::Assistant, content.collect());
    Response::new(provider, &answer.model, message, finish_reason(answer))
        .id(answer.message_id("msg"))
        .usage(usage(answer))
}

/// The part of the message; `None` for what exists only in a stream.
pub(super) fn content_part(
    provider: &str,
    answer: &Answer,
    index: usize,
    part: &Part,
) -> Option<ContentPart> {
    match part {
        Part::Text { text } => Some(ContentPart::text(text)),
        Part::ToolCall { .. } => tool_call(answer, index, part)
            .map(|call| ContentPart::ToolCall(ToolCallData::from(call))),
        Part::Thinking { .. } | Part::RedactedThinking { .. } => {
            let thinking = thinking(provider, answer, part)?;
            Some(match thinking.redacted {
                true => ContentPart::RedactedThinking(thinking),
                false => ContentPart::Thinking(thinking),
            })
        }
        Part::Block { value } => {
            let kind = value["type"].as_str().unwrap_or_default();
            Some(ContentPart::Other(OtherData::new(
                kind,
                provider,
                value.clone(),
            )))
        }
        Part::Event { .. } | Part::StreamError { .. } => None,
    }
}

/// The call of a part that calls a tool.
pub(super) fn tool_call(answer: &Answer, index: usize, part: &Part) -> Option<ToolCall> {
    let Part::ToolCall {
        name,
        arguments,
        raw_arguments,
        id,
    } = part
    else {
        return None;
    };
    let id = answer.tool_call_id("call", index, id.as_deref());
    Some(ToolCall::parse(
        id,
        name,
        argument_text(arguments, raw_arguments.as_deref()),
    ))
}

/// The thinking of a part that thinks.
pub(super) fn thinking(provider: &str, answer: &Answer, part: &Part) -> Option<ThinkingData> {
    let mut thinking = match part {
        Part::Thinking { text, .. } => ThinkingData::new(text),
        Part::RedactedThinking { data } => ThinkingData::redacted(data),
        _ => return None,
    };
    if let Part::Thinking {
        signature: Some(signature),
        ..
    } = part
    {
        thinking = thinking.signature(signature);
    }
    Some(thinking.origin(Origin::new(provider, &answer.model)))
}

/// Why the model stopped, with the script's word as the raw one.
pub(super) fn finish_reason(answer: &Answer) -> FinishReason {
    let word = answer.finish_reason();
    let kind = match word {
        "stop" => FinishReasonKind::Stop,
        "length" => FinishReasonKind::Length,
        "tool_calls" => FinishReasonKind::ToolCalls,
        "content_filter" => FinishReasonKind::ContentFilter,
        _ => FinishReasonKind::Other,
    };
    FinishReason::new(kind, word)
}

/// The usage, in the meaning that the scripted server's protocol gives the counts.
pub(super) fn usage(answer: &Answer) -> Usage {
    let counts = answer.usage();
    Usage::new(counts.input, counts.output)
        .cache_beside_input(counts.cache_read, counts.cache_write)
        .reasoning_tokens(counts.reasoning)
}
