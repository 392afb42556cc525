//! `Request` -> Chat Completions body; pure.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::cache;
use super::compat::Compat;
use super::message::ChatMessage;
use super::messages::{Conversation, conversation};
use super::options;
use super::params::Params;
use crate::error::Error;
use crate::provider::fields::Fields;
use crate::types::{Request, Warning};

/// What is to be sent.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    pub(super) body: Body<'a>,
    pub(super) warnings: Vec<Warning>,
}

/// The body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    #[serde(flatten)]
    fields: Fields,
    /// Unless the caller's options have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<ChatMessage<'a>>>,
}

/// Translates a request to `provider`, whose habits are `compat`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what the service can't take,
/// [`ErrorKind::UnsupportedToolChoice`](crate::ErrorKind::UnsupportedToolChoice) for a choice that it
/// has no word for.
pub(super) fn translate<'a>(
    request: &'a Request,
    provider: &'a str,
    stream: bool,
    compat: &'a Compat,
) -> Result<Sent<'a>, Error> {
    let none = Map::new();
    let options = request.options_for(provider).unwrap_or(&none);
    let mut params = Params {
        request,
        options,
        compat,
        body: Fields::default(),
        warnings: Vec::new(),
    };
    params.set("model", request.model.as_str());
    let instructions = params.response_format();
    let talk = conversation(&request.messages, provider, compat, instructions)?;
    let Conversation {
        mut messages,
        warnings,
    } = talk;
    params.warnings.extend(warnings);
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
        cache::mark(&mut params.body, &mut messages);
    }
    Ok(Sent {
        body: Body {
            fields: params.body,
            messages: (!options.contains_key("messages")).then_some(messages),
        },
        warnings: params.warnings,
    })
}
