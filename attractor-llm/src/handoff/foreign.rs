//! What only another provider or model can read, left out; pure.

use serde_json::{Map, Value};

use super::Target;
use super::change::{Change, Changes};
use super::model::same_model;
use crate::types::{ContentPart, Message, ProviderMetadata, Role, ThinkingData};

/// The field of a provider's record that names the model it came from.
const MODEL: &str = "model";

/// Fields of a record that are opaque reasoning: only the model they came from can read them.
const SIGNATURES: &[&str] = &["thought_signature", "thoughtSignature"];

/// Leaves out what is foreign, and messages that say nothing.
pub(super) fn leave_out(messages: &mut Vec<Message>, target: &Target<'_>, changes: &mut Changes) {
    messages.retain_mut(|message| {
        let role = message.role;
        let stays = |part: &ContentPart| {
            objection(part, role, target).is_none()
                && attached(part).all(|records| is_own(records, target))
        };
        if message.content.iter().all(stays) {
            // Looked at first: changing it would copy what other conversations share.
            return says_something(message);
        }
        let mut lost_reasoning = false;
        message.content.retain_mut(|part| {
            let Some(change) = objection(part, role, target) else {
                own_metadata(part, target, changes);
                return true;
            };
            lost_reasoning |= change == Change::Reasoning;
            changes.add(change, describe(part));
            false
        });
        if let (true, Some(untie)) = (lost_reasoning, target.untie) {
            let left = message.content.len();
            untie(message, target);
            for _ in message.content.len()..left {
                changes.add(Change::Part, "tied to the reasoning");
            }
        }
        says_something(message)
    });
}

fn says_something(message: &Message) -> bool {
    !message.content.is_empty() || message.tool_call_id.is_some() && message.role == Role::Tool
}

/// Why a part can't be sent.
fn objection(part: &ContentPart, role: Role, target: &Target<'_>) -> Option<Change> {
    let by_model = role == Role::Assistant;
    match part {
        ContentPart::Thinking(data) => {
            let opaque = data.redacted || data.text.is_empty();
            is_foreign(data, opaque, target).then_some(Change::Reasoning)
        }
        ContentPart::RedactedThinking(data) => {
            is_foreign(data, true, target).then_some(Change::Reasoning)
        }
        ContentPart::Other(data) => (data.provider != target.provider).then_some(Change::Part),
        _ => None,
    }
    .or_else(|| {
        let belongs_to_model = matches!(
            part,
            ContentPart::Thinking(_) | ContentPart::RedactedThinking(_) | ContentPart::ToolCall(_)
        );
        (belongs_to_model && !by_model).then_some(Change::Misplaced)
    })
}

/// Whether reasoning came from someone else, or from nobody knows whom and can't be read.
fn is_foreign(data: &ThinkingData, opaque: bool, target: &Target<'_>) -> bool {
    if let Some(origin) = &data.origin {
        return origin.provider != target.provider || !same_model(&origin.model, target.model);
    }
    match &data.provider_metadata {
        Some(metadata) if !metadata.is_empty() => !metadata.contains_key(target.provider),
        _ => opaque,
    }
}

fn describe(part: &ContentPart) -> String {
    match part {
        ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => match &data.origin {
            Some(origin) => format!("{}/{}", origin.provider, origin.model),
            None => "unknown origin".to_owned(),
        },
        ContentPart::Other(data) => format!("{} of {}", data.kind, data.provider),
        other => other.kind().to_string(),
    }
}

/// What providers have attached to a part, and to an image in it.
fn attached(part: &ContentPart) -> impl Iterator<Item = &ProviderMetadata> {
    let (metadata, within) = match part {
        ContentPart::Text(data) => (&data.provider_metadata, None),
        ContentPart::Image(data) => (&data.provider_metadata, None),
        ContentPart::Audio(data) => (&data.provider_metadata, None),
        ContentPart::Document(data) => (&data.provider_metadata, None),
        ContentPart::ToolCall(data) => (&data.provider_metadata, None),
        ContentPart::ToolResult(data) => {
            let image = data.image.as_ref();
            let within = image.and_then(|image| image.provider_metadata.as_ref());
            (&data.provider_metadata, within)
        }
        ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => {
            (&data.provider_metadata, None)
        }
        ContentPart::Other(_) => (&None, None),
    };
    metadata.iter().chain(within)
}

/// Whether [`keep_own`] would leave all of it.
fn is_own(records: &ProviderMetadata, target: &Target<'_>) -> bool {
    let is_targets = |provider: &String| provider == target.provider;
    if records.is_empty() || !records.keys().all(is_targets) {
        return false;
    }
    let record = records.get(target.provider).and_then(Value::as_object);
    record.is_none_or(|record| {
        another_model(record, target).is_none()
            || !SIGNATURES.iter().any(|field| record.contains_key(*field))
    })
}

/// The model that a record of the target's provider came from, if it is another one.
fn another_model<'a>(record: &'a Map<String, Value>, target: &Target<'_>) -> Option<&'a str> {
    let model = record.get(MODEL).and_then(Value::as_str);
    model.filter(|model| !same_model(model, target.model))
}

/// Leaves nothing in a part's metadata but the target's own record.
fn own_metadata(part: &mut ContentPart, target: &Target<'_>, changes: &mut Changes) {
    let (metadata, within) = match part {
        ContentPart::Text(data) => (&mut data.provider_metadata, None),
        ContentPart::Image(data) => (&mut data.provider_metadata, None),
        ContentPart::Audio(data) => (&mut data.provider_metadata, None),
        ContentPart::Document(data) => (&mut data.provider_metadata, None),
        ContentPart::ToolCall(data) => (&mut data.provider_metadata, None),
        ContentPart::ToolResult(data) => {
            let image = data
                .image
                .as_mut()
                .map(|image| &mut image.provider_metadata);
            (&mut data.provider_metadata, image)
        }
        ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => {
            (&mut data.provider_metadata, None)
        }
        ContentPart::Other(_) => return,
    };
    for metadata in [Some(metadata), within].into_iter().flatten() {
        if let Some(records) = metadata {
            keep_own(records, target, changes);
            if records.is_empty() {
                *metadata = None;
            }
        }
    }
}

fn keep_own(records: &mut ProviderMetadata, target: &Target<'_>, changes: &mut Changes) {
    records.retain(|provider, _| {
        let own = provider == target.provider;
        if !own {
            changes.add(Change::Metadata, provider.as_str());
        }
        own
    });
    let Some(Value::Object(record)) = records.get_mut(target.provider) else {
        return;
    };
    let Some(model) = another_model(record, target) else {
        return;
    };
    let example = format!("{}/{model}", target.provider);
    let before = record.len();
    record.retain(|field, _| !SIGNATURES.contains(&field.as_str()));
    if record.len() < before {
        changes.add(Change::Metadata, example);
    }
}
