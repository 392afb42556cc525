//! A conversation -> system blocks and strictly alternating messages; pure.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::media;
use crate::error::Error;
use crate::types::{
    ContentPart, DocumentData, ImageData, Message, ProviderMetadata, Role, TextData, ThinkingData,
    ToolCallData, ToolResultData, Warning,
};

/// A conversation in the API's form.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Value>,
    pub(super) messages: Vec<Value>,
    pub(super) warnings: Vec<Warning>,
}

/// Translates the messages.
///
/// System and developer messages go to the system prompt, messages of one role are merged, and what
/// the API would reject is left out. Each call has its result already
/// ([`handoff`](crate::handoff)).
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for a part that the API can't
/// take.
pub(super) fn conversation(messages: &[Message], provider: &str) -> Result<Conversation, Error> {
    let last_answer = messages.iter().rposition(|it| it.role == Role::Assistant);
    let mut translation = Translation {
        provider,
        names: HashSet::new(),
        is_past: false,
        talk: Conversation::default(),
    };
    for (at, message) in messages.iter().enumerate() {
        translation.is_past = last_answer.is_some_and(|last| at < last);
        let mut blocks = Vec::new();
        for part in &message.content {
            blocks.extend(translation.block(part)?);
        }
        let talk = &mut translation.talk;
        match message.role {
            Role::System | Role::Developer => talk.system.extend(blocks),
            Role::Assistant => append(&mut talk.messages, "assistant", blocks),
            Role::User | Role::Tool => append(&mut talk.messages, "user", blocks),
        }
    }
    let mut talk = translation.talk;
    begin_with_user(&mut talk.messages);
    name_documents(&mut talk.messages);
    trim_last(&mut talk.messages);
    Ok(talk)
}

/// Where the translation of a conversation has got to.
struct Translation<'a> {
    provider: &'a str,
    /// The documents' names so far, which have to differ.
    names: HashSet<String>,
    /// Whether the model has answered since.
    is_past: bool,
    talk: Conversation,
}

impl Translation<'_> {
    /// The block of a part; `None` for what has no place in this conversation.
    fn block(&mut self, part: &ContentPart) -> Result<Option<Value>, Error> {
        match part {
            // The API rejects a blank text.
            ContentPart::Text(data) if data.text.trim().is_empty() => Ok(None),
            ContentPart::Text(data) => Ok(Some(text(data, self.provider))),
            ContentPart::Image(data) => self.image(data).map(Some),
            ContentPart::Document(data) => self.document(data).map(Some),
            ContentPart::Audio(data) => {
                let block = media::audio(data);
                self.or_note(block, "recording", data.url.as_deref())
                    .map(Some)
            }
            ContentPart::ToolCall(data) => Ok(Some(tool_use(data))),
            ContentPart::ToolResult(data) => self.tool_result(data).map(Some),
            ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => Ok(thinking(data)),
            ContentPart::Other(data) => Ok(Some(data.raw.clone())),
        }
    }

    fn image(&mut self, data: &ImageData) -> Result<Value, Error> {
        self.or_note(media::image(data), "image", data.url.as_deref())
    }

    fn document(&mut self, data: &DocumentData) -> Result<Value, Error> {
        let name = media::document_name(data);
        let mut unused = name.clone();
        let mut count = 1;
        while !self.names.insert(unused.clone()) {
            count += 1;
            unused = format!("{name} ({count})");
        }
        let block = media::document(data, &unused);
        self.or_note(block, "document", data.url.as_deref())
    }

    /// What can't be sent now is an error; in what was said before, a note stands for it.
    fn or_note(
        &mut self,
        block: Result<Value, Error>,
        what: &str,
        url: Option<&str>,
    ) -> Result<Value, Error> {
        match block {
            Err(error) if self.is_past => {
                let warning = Warning::new("media_replaced", error.message());
                self.talk.warnings.push(warning);
                let place = url
                    .filter(|url| !url.starts_with("data:"))
                    .unwrap_or_default();
                Ok(json!({"text": format!("[{what} left out: {place}]")}))
            }
            other => other,
        }
    }

    fn tool_result(&mut self, data: &ToolResultData) -> Result<Value, Error> {
        let mut content = match &data.content {
            Value::String(text) if !text.trim().is_empty() => vec![json!({"text": text})],
            Value::String(_) | Value::Null => Vec::new(),
            Value::Object(object) => vec![json!({"json": object})],
            other => vec![json!({"text": other.to_string()})],
        };
        if let Some(image) = &data.image {
            content.push(self.image(image)?);
        }
        if content.is_empty() {
            let text = if data.is_error {
                "the tool failed without saying why"
            } else {
                "(no output)"
            };
            content.push(json!({"text": text}));
        }
        let mut result = json!({"toolUseId": data.tool_call_id, "content": content});
        if data.is_error {
            result["status"] = "error".into();
        }
        Ok(json!({"toolResult": result}))
    }
}

/// A text, with its citations where it came with some.
fn text(data: &TextData, provider: &str) -> Value {
    match citations(data.provider_metadata.as_ref(), provider) {
        Some(citations) => json!({
            "citationsContent": {"content": [{"text": data.text}], "citations": citations},
        }),
        None => json!({"text": data.text}),
    }
}

fn citations<'a>(metadata: Option<&'a ProviderMetadata>, provider: &str) -> Option<&'a Value> {
    metadata?.get(provider)?.get("citations")
}

fn tool_use(data: &ToolCallData) -> Value {
    let input = match &data.arguments {
        Value::Object(arguments) => Value::Object(arguments.clone()),
        // A custom tool's free text: the API takes nothing but objects.
        other => json!({"input": other}),
    };
    json!({"toolUse": {"toolUseId": data.id, "name": data.name, "input": input}})
}

/// Reasoning without its signature is rejected.
fn thinking(data: &ThinkingData) -> Option<Value> {
    let signature = data.signature.as_deref().filter(|it| !it.is_empty())?;
    Some(if data.redacted {
        json!({"reasoningContent": {"redactedContent": signature}})
    } else {
        let text = json!({"text": data.text, "signature": signature});
        json!({"reasoningContent": {"reasoningText": text}})
    })
}

fn append(messages: &mut Vec<Value>, role: &str, mut blocks: Vec<Value>) {
    if blocks.is_empty() {
        return;
    }
    let last = messages
        .last_mut()
        .filter(|message| message["role"] == role);
    match last.and_then(|message| message["content"].as_array_mut()) {
        Some(content) => content.append(&mut blocks),
        None => messages.push(json!({"role": role, "content": blocks})),
    }
}

/// The API wants the user to begin; a shortened history may not.
fn begin_with_user(messages: &mut Vec<Value>) {
    if messages
        .first()
        .is_some_and(|message| message["role"] == "assistant")
    {
        let text = "(the beginning of the conversation is left out)";
        messages.insert(0, json!({"role": "user", "content": [{"text": text}]}));
    }
}

/// The API wants a text beside a document.
fn name_documents(messages: &mut [Value]) {
    for message in messages {
        let Some(content) = message["content"].as_array_mut() else {
            continue;
        };
        let has = |key: &str| content.iter().any(|block| block.get(key).is_some());
        if has("document") && !has("text") {
            content.push(json!({"text": "(see the document)"}));
        }
    }
}

/// An answer begun for the model mustn't end in white space.
fn trim_last(messages: &mut [Value]) {
    let last = messages
        .last_mut()
        .filter(|message| message["role"] == "assistant");
    let content = last.and_then(|message| message["content"].as_array_mut());
    if let Some(block) = content.and_then(|content| content.last_mut())
        && let Some(text) = block["text"].as_str()
    {
        let trimmed = text.trim_end().to_owned();
        block["text"] = trimmed.into();
    }
}
