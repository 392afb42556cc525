//! Chat Completions body -> `Response`; pure.

use std::borrow::Cow;

use serde_json::Value;

use super::{error, kept, parts, usage};
use crate::error::{Error, ErrorKind};
use crate::provider::protocol::Asked;
use crate::types::{ContentPart, FinishReason, FinishReasonKind, Message, Response, Role, Warning};

/// Translates a whole completion; of several choices the first is taken.
///
/// # Errors
///
/// The error that the body reports, or [`ErrorKind::Server`] when it isn't a completion.
pub(super) fn translate(body: Value, asked: &Asked) -> Result<Response, Error> {
    if error::is_error(&body) {
        return Err(error::from_body(&asked.provider, body));
    }
    let Some(choice) = first_choice(&body) else {
        return Err(
            Error::new(ErrorKind::Server, "the reply isn't a completion")
                .with_provider(&asked.provider)
                .with_raw(body),
        );
    };
    // Some gateways answer as if it were a stream of one chunk.
    let message = choice.get("message").or_else(|| choice.get("delta"));
    let mut parts = parts::parts(message.unwrap_or(&Value::Null), asked);
    cite(&body, &mut parts, asked);
    let finish_reason = finish_reason(choice["finish_reason"].as_str(), &parts, asked);
    if finish_reason.reason == FinishReasonKind::Length {
        refuse_cut_off_call(&mut parts);
    }
    let text = |key: &str| body[key].as_str().filter(|text| !text.is_empty());
    let model = text("model").unwrap_or(&asked.model);
    let message = Message::new(Role::Assistant, parts);
    let mut response = Response::new(&asked.provider, model, message, finish_reason)
        .id(text("id").unwrap_or_default())
        .usage(usage::of(&body));
    response.warnings = warnings(&body);
    response.raw = Some(body.into());
    Ok(response)
}

/// Keeps with the text what the reply cites beside its choices, as Perplexity and xAI do.
fn cite(body: &Value, parts: &mut [ContentPart], asked: &Asked) {
    let Some(citations) = body["citations"].as_array() else {
        return;
    };
    let texts = parts.iter_mut().rev().find_map(|part| match part {
        ContentPart::Text(data) => Some(data),
        _ => None,
    });
    if let Some(text) = texts.filter(|text| text.provider_metadata.is_none()) {
        text.provider_metadata = kept::keep(asked, "citations", citations.clone());
    }
}

/// The choice with the lowest number; one without a number is the first.
fn first_choice(body: &Value) -> Option<&Value> {
    let choices = body.get("choices")?.as_array()?;
    choices
        .iter()
        .min_by_key(|choice| choice["index"].as_u64().unwrap_or(0))
}

fn warnings(body: &Value) -> Vec<Warning> {
    let several = body["choices"]
        .as_array()
        .is_some_and(|choices| choices.len() > 1);
    let text = "of several choices the first was taken; the others are in the raw reply";
    several
        .then(|| Warning::new("choices_dropped", text))
        .into_iter()
        .collect()
}

/// The unified reason for the service's word; an empty one is none.
pub(super) fn finish_reason(
    raw: Option<&str>,
    parts: &[ContentPart],
    asked: &Asked,
) -> FinishReason {
    let calls = parts
        .iter()
        .any(|part| matches!(part, ContentPart::ToolCall(_)));
    let refuses = |part: &ContentPart| match part {
        ContentPart::Text(data) => kept::of(&data.provider_metadata, &asked.provider)
            .is_some_and(|kept| kept.value("refusal").is_some()),
        _ => false,
    };
    let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
        return if calls {
            FinishReasonKind::ToolCalls.into()
        } else {
            FinishReasonKind::Other.into()
        };
    };
    let lower = raw.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = if lower {
        Cow::Owned(raw.to_ascii_lowercase())
    } else {
        Cow::Borrowed(raw)
    };
    let reason = match &*lower {
        "stop" | "end" | "end_turn" | "eos" | "eos_token" | "stop_sequence" | "complete"
        | "completed" => {
            if calls {
                FinishReasonKind::ToolCalls
            } else if parts.iter().any(refuses) {
                FinishReasonKind::ContentFilter
            } else {
                FinishReasonKind::Stop
            }
        }
        "length" | "max_tokens" | "model_length" | "max_length" | "max_output_tokens" => {
            FinishReasonKind::Length
        }
        "tool_calls" | "function_call" | "tool_use" | "tool_call" => FinishReasonKind::ToolCalls,
        "content_filter" | "safety" | "sensitive" | "refusal" | "recitation" => {
            FinishReasonKind::ContentFilter
        }
        "error" | "network_error" | "insufficient_system_resource" => FinishReasonKind::Error,
        _ => FinishReasonKind::Other,
    };
    FinishReason::new(reason, raw)
}

/// A call at the end of an answer that was cut off can't be trusted, even where its arguments
/// happen to parse.
pub(super) fn refuse_cut_off_call(parts: &mut [ContentPart]) {
    if let Some(ContentPart::ToolCall(call)) = parts.last_mut() {
        call.invalid = Some("the end of the answer cut the call off".to_owned());
    }
}
