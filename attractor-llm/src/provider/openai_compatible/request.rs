//! `Request` -> Chat Completions body; pure.

use serde_json::{Map, Value, json};

use super::cache;
use super::compat::Compat;
use super::messages::{Conversation, conversation};
use super::options;
use super::params::Params;
use crate::error::Error;
use crate::types::{Request, Warning};

/// What is to be sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) body: Map<String, Value>,
    pub(super) warnings: Vec<Warning>,
}

/// The fields that most bodies have room for.
const BODY_FIELDS: usize = 7;

/// Translates a request to `provider`, whose habits are `compat`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what the service can't take,
/// [`ErrorKind::UnsupportedToolChoice`](crate::ErrorKind::UnsupportedToolChoice) for a choice that it
/// has no word for.
pub(super) fn translate(
    request: &Request,
    provider: &str,
    stream: bool,
    compat: &Compat,
) -> Result<Sent, Error> {
    let none = Map::new();
    let options = request.options_for(provider).unwrap_or(&none);
    let mut params = Params {
        request,
        options,
        compat,
        body: Map::with_capacity(BODY_FIELDS),
        warnings: Vec::new(),
    };
    params.set("model", request.model.as_str());
    let instructions = params.response_format();
    let talk = conversation(&request.messages, provider, compat, instructions)?;
    let Conversation { messages, warnings } = talk;
    params.warnings.extend(warnings);
    params.set("messages", messages);
    params.tools()?;
    params.length();
    params.stop();
    params.reasoning();
    params.metadata();
    if compat.store {
        params.set("store", false);
    }
    if stream {
        params.set("stream", true);
        if compat.stream_usage {
            params.set("stream_options", json!({"include_usage": true}));
        }
    }
    options::merge(&mut params.body, options, compat, &mut params.warnings);
    params.sampling();
    if compat.cache_control && options.get("auto_cache") != Some(&Value::Bool(false)) {
        cache::mark(&mut params.body);
    }
    Ok(Sent {
        body: params.body,
        warnings: params.warnings,
    })
}
