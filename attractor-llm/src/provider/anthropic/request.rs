//! `Request` -> Messages body; pure.

use serde_json::{Map, Value, json};

use super::cache;
use super::model::ModelTraits;
use super::params::Params;
use super::turns::{Turn, conversation};
use crate::error::Error;
use crate::provider::beta;
use crate::provider::http::HttpHeader;
use crate::provider::protocol::Translated;
use crate::types::Request;

const API_VERSION: &str = "2023-06-01";

/// The beta feature that goes with `cache_control` (unified-llm-spec 8.6).
const CACHING_BETA: &str = "prompt-caching-2024-07-31";

/// Options that are for the adapter; every other option goes into the body.
const OWN_OPTIONS: &[&str] = &["auto_cache", "beta_headers", "cache_ttl"];

/// Options whose fields are merged one by one; any other replaces the whole.
const MERGED_OPTIONS: &[&str] = &["metadata", "output_config", "tool_choice"];

/// Translates a request to `provider`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what the API can't take.
pub(super) fn translate(
    request: &Request,
    provider: &str,
    max_output: Option<u64>,
    stream: bool,
) -> Result<Translated<Map<String, Value>>, Error> {
    let talk = conversation(&request.messages, provider)?;
    let mut params = Params {
        request,
        traits: ModelTraits::of(&request.model),
        max_output,
        body: Map::new(),
        warnings: Vec::new(),
    };
    params.set("model", request.model.as_str());
    params.length_and_thinking()?;
    params.tools(&talk.turns);
    let mut system = talk.system;
    if let Some(instruction) = params.response_format() {
        system.push(json!({"type": "text", "text": instruction}));
    }
    if !system.is_empty() {
        params.set("system", system);
    }
    params.set(
        "messages",
        talk.turns
            .into_iter()
            .map(Turn::into_value)
            .collect::<Vec<_>>(),
    );
    if !request.stop_sequences.is_empty() {
        params.set("stop_sequences", request.stop_sequences.clone());
    }
    if let Some(user_id) = request.metadata.get("user_id") {
        params.set("metadata", json!({"user_id": user_id}));
    }
    if stream {
        params.set("stream", true);
    }
    let none = Map::new();
    let options = request.options_for(provider).unwrap_or(&none);
    merge(&mut params.body, options);
    params.sampling();
    let Params {
        mut body, warnings, ..
    } = params;
    place_breakpoints(&mut body, options);
    Ok(Translated {
        path: "/v1/messages".to_owned(),
        headers: headers(&body, options)?,
        body,
        warnings,
    })
}

fn merge(body: &mut Map<String, Value>, options: &Map<String, Value>) {
    for (key, value) in options {
        if OWN_OPTIONS.contains(&key.as_str()) {
            continue;
        }
        match (body.get_mut(key), value) {
            (Some(Value::Object(have)), Value::Object(more))
                if MERGED_OPTIONS.contains(&key.as_str()) =>
            {
                have.extend(more.clone());
            }
            // The provider's own tools stand beside the caller's.
            (Some(Value::Array(have)), Value::Array(more)) if key == "tools" => {
                have.extend(more.iter().cloned());
            }
            _ => {
                body.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A caller who marks the body as a whole, or turns it off, places the breakpoints alone.
fn place_breakpoints(body: &mut Map<String, Value>, options: &Map<String, Value>) {
    let automatic = options
        .get("auto_cache")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    if automatic && !body.contains_key("cache_control") {
        cache::place(body, options.get("cache_ttl").and_then(Value::as_str));
    }
}

fn headers(
    body: &Map<String, Value>,
    options: &Map<String, Value>,
) -> Result<Vec<HttpHeader>, Error> {
    let mut features = beta::asked_for(options)?;
    if cache::is_used(body) {
        features.push(CACHING_BETA.to_owned());
    }
    let version = HttpHeader::new("anthropic-version", API_VERSION);
    Ok([version]
        .into_iter()
        .chain(beta::header("anthropic-beta", features))
        .collect())
}
