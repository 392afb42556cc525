//! A conversation -> system instruction and contents; pure.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::blob::Blob;
use super::kept::SIGNATURE;
use super::model::ModelTraits;
use super::part::{function_response, part};
use crate::error::{Error, ErrorKind};
use crate::types::{ContentPart, Message, Role, ToolResultData};

/// What Google says to send for a call whose signature isn't known.
const UNKNOWN_SIGNATURE: &str = "skip_thought_signature_validator";

/// A conversation in the API's form.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Value>,
    pub(super) contents: Vec<Content>,
}

/// What one side says.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) role: &'static str,
    pub(super) parts: Vec<Value>,
}

impl Content {
    pub(super) fn into_value(self) -> Value {
        json!({"role": self.role, "parts": self.parts})
    }
}

/// Translates the messages.
///
/// System and developer messages become the system instruction, turns of one side are merged, and
/// results of tools are named after the tools they are of.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for a part that the API can't take.
pub(super) fn conversation(
    messages: &[Message],
    provider: &str,
    traits: &ModelTraits,
) -> Result<Conversation, Error> {
    let mut conversation = Conversation::default();
    let mut names: HashMap<&str, &str> = HashMap::new();
    for message in messages {
        for part in &message.content {
            if let ContentPart::ToolCall(call) = part {
                names.insert(&call.id, &call.name);
            }
        }
        match message.role {
            Role::System | Role::Developer => {
                conversation.system.extend(instruction(message)?);
            }
            Role::Assistant => {
                let parts = said(message, provider)?;
                append(&mut conversation.contents, "model", parts);
            }
            Role::User | Role::Tool => {
                let mut parts = results(message, &names, traits)?;
                parts.extend(said(message, provider)?);
                append(&mut conversation.contents, "user", parts);
            }
        }
    }
    begin_with_user(&mut conversation.contents);
    if traits.wants_signatures() {
        sign(&mut conversation.contents);
    }
    if traits.is_plain {
        into_first_turn(&mut conversation);
    }
    Ok(conversation)
}

fn instruction(message: &Message) -> Result<Option<Value>, Error> {
    let text = message.text();
    let media = message.content.iter().any(|part| {
        matches!(
            part,
            ContentPart::Image(_) | ContentPart::Audio(_) | ContentPart::Document(_)
        )
    });
    if media {
        let message = "instructions are text: put media into a message of the user";
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    Ok((!text.trim().is_empty()).then(|| json!({"text": text})))
}

fn said(message: &Message, provider: &str) -> Result<Vec<Value>, Error> {
    let mut parts = Vec::new();
    for given in &message.content {
        if let ContentPart::Document(document) = given {
            parts.extend(Blob::from(document).name());
        }
        parts.extend(part(given, provider)?);
    }
    Ok(parts)
}

/// The results come first, then the media that can't stand within them.
fn results(
    message: &Message,
    names: &HashMap<&str, &str>,
    traits: &ModelTraits,
) -> Result<Vec<Value>, Error> {
    let mut media = Vec::new();
    let mut parts = Vec::new();
    for result in tool_results(message) {
        let id = result.tool_call_id.as_str();
        let name = names.get(id).copied().unwrap_or(id);
        let within = traits.reads_media_in_results();
        let (response, beside) = function_response(result, name, within)?;
        parts.push(response);
        media.extend(beside);
    }
    parts.extend(media);
    Ok(parts)
}

fn tool_results(message: &Message) -> impl Iterator<Item = &ToolResultData> {
    message.content.iter().filter_map(|part| match part {
        ContentPart::ToolResult(result) => Some(result),
        _ => None,
    })
}

fn append(contents: &mut Vec<Content>, role: &'static str, parts: Vec<Value>) {
    if parts.is_empty() {
        return;
    }
    match contents.last_mut() {
        Some(content) if content.role == role => {
            // Results of one turn stand together, before anything that is said.
            let is_result = |part: &Value| part.get("functionResponse").is_some();
            let (results, rest): (Vec<Value>, Vec<Value>) = parts.into_iter().partition(is_result);
            let at = content
                .parts
                .iter()
                .rposition(is_result)
                .map_or(0, |last| last + 1);
            content.parts.splice(at..at, results);
            content.parts.extend(rest);
        }
        _ => contents.push(Content { role, parts }),
    }
}

/// The API wants the user to begin; a shortened history may not.
fn begin_with_user(contents: &mut Vec<Content>) {
    if contents.first().is_some_and(|first| first.role == "model") {
        let text = "(the beginning of the conversation is left out)";
        let parts = vec![json!({"text": text})];
        contents.insert(
            0,
            Content {
                role: "user",
                parts,
            },
        );
    }
}

/// The first call of a turn carries the turn's signature; one that another model made has none.
fn sign(contents: &mut [Content]) {
    for content in contents.iter_mut().filter(|it| it.role == "model") {
        let mut parts = content.parts.iter_mut();
        let first = parts.find(|part| part.get("functionCall").is_some());
        if let Some(call) = first
            && call.get(SIGNATURE).is_none()
        {
            call[SIGNATURE] = UNKNOWN_SIGNATURE.into();
        }
    }
}

/// For a model that takes no instruction: it is what the user says first.
fn into_first_turn(conversation: &mut Conversation) {
    let system = std::mem::take(&mut conversation.system);
    match conversation.contents.first_mut() {
        Some(first) => {
            first.parts.splice(0..0, system);
        }
        None => append(&mut conversation.contents, "user", system),
    }
}
