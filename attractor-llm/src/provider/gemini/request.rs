//! `Request` -> generateContent body; pure.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::contents::{Content, conversation};
use super::model::ModelTraits;
use super::options;
use super::params::Params;
use crate::error::Error;
use crate::provider::protocol::Translated;
use crate::types::{Message, Request};

/// What a request for cached content has to leave to it.
const WITHIN_CACHE: &[&str] = &["systemInstruction", "toolConfig", "tools"];

/// Translates a request to `provider`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what the API can't take.
pub(super) fn translate(
    request: &Request,
    provider: &str,
    stream: bool,
    is_vertex: bool,
) -> Result<Translated<Map<String, Value>>, Error> {
    let mut params = Params {
        request,
        traits: ModelTraits::of(&request.model),
        body: Map::new(),
        generation: Map::new(),
        warnings: Vec::new(),
    };
    let mut messages = Cow::Borrowed(&request.messages);
    if let Some(ask) = params.response_format() {
        messages.to_mut().push(Message::system(ask));
    }
    let talk = conversation(&messages, provider, &params.traits)?;
    if !talk.system.is_empty() {
        params.set("systemInstruction", json!({"parts": talk.system}));
    }
    let contents = talk.contents.into_iter().map(Content::into_value);
    params.set("contents", contents.collect::<Vec<_>>());
    params.tools();
    params.length_and_sampling();
    params.reasoning();
    let generation = std::mem::take(&mut params.generation);
    if !generation.is_empty() {
        params.set("generationConfig", generation);
    }
    let none = Map::new();
    options::merge(
        &mut params.body,
        request.options_for(provider).unwrap_or(&none),
    );
    combine(&mut params, is_vertex);
    leave_to_cache(&mut params);
    Ok(Translated {
        path: path(&request.model, stream),
        body: params.body,
        warnings: params.warnings,
        ..Translated::default()
    })
}

/// What the API wants where its own tools stand beside the caller's.
fn combine(params: &mut Params<'_>, is_vertex: bool) {
    let tools = params.body.get("tools").and_then(Value::as_array);
    let tools = tools.map_or(&[][..], Vec::as_slice);
    let is_own = |tool: &Value| tool.get("functionDeclarations").is_some();
    let mixed = tools.iter().any(is_own) && !tools.iter().all(is_own);
    if !mixed || !params.traits.combines() {
        return;
    }
    let config = params.body.entry("toolConfig").or_insert_with(|| json!({}));
    let mode = config.pointer_mut("/functionCallingConfig/mode");
    if let Some(mode) = mode.filter(|mode| **mode == "AUTO") {
        *mode = "VALIDATED".into();
    }
    if !is_vertex && config.get("includeServerSideToolInvocations").is_none() {
        config["includeServerSideToolInvocations"] = true.into();
    }
}

fn leave_to_cache(params: &mut Params<'_>) {
    if !params.body.contains_key("cachedContent") {
        return;
    }
    for key in WITHIN_CACHE {
        if params.body.remove(*key).is_some() {
            let message = format!("{key} belongs into the cached content: it is left out");
            params.warn("cached_content", message);
        }
    }
}

/// The method of the model; a model that isn't one of the service's own names its folder.
fn path(model: &str, stream: bool) -> String {
    let folder = if model.contains('/') { "" } else { "models/" };
    let method = if stream {
        "streamGenerateContent?alt=sse"
    } else {
        "generateContent"
    };
    format!("/{folder}{}:{method}", escaped(model))
}

/// The model's name as part of an address.
fn escaped(model: &str) -> String {
    let mut escaped = String::with_capacity(model.len());
    for byte in model.trim_start_matches('/').bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'@' | b':' => escaped.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            _ => _ = write!(escaped, "%{byte:02X}"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_model() {
        let cases = [
            ("gemini-3-flash", "/models/gemini-3-flash:generateContent"),
            ("models/gemini-3", "/models/gemini-3:generateContent"),
            ("tunedModels/a b?", "/tunedModels/a%20b%3F:generateContent"),
        ];
        for (model, expected) in cases {
            assert_eq!(path(model, false), expected);
        }
        assert_eq!(path("m", true), "/models/m:streamGenerateContent?alt=sse");
    }
}
