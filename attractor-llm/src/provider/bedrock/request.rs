//! `Request` -> Converse body; pure.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::model::ModelTraits;
use super::params::Params;
use super::{cache, messages, tools};
use crate::error::Error;
use crate::provider::protocol::Translated;
use crate::types::{Request, Warning};

/// Options that are for the adapter; every other option goes into the body.
const OWN_OPTIONS: &[&str] = &["auto_cache", "cache_ttl"];

/// Options whose fields are merged one by one; any other replaces the whole.
const MERGED_OPTIONS: &[&str] = &[
    "additionalModelRequestFields",
    "inferenceConfig",
    "outputConfig",
    "requestMetadata",
    "toolConfig",
];

/// Translates a request to `provider`.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what the API can't take.
pub(super) fn translate(
    request: &Request,
    provider: &str,
    stream: bool,
) -> Result<Translated<Map<String, Value>>, Error> {
    let none = Map::new();
    let options = request.options_for(provider).unwrap_or(&none);
    let talk = messages::conversation(&request.messages, provider)?;
    let traits = ModelTraits::of(&request.model);
    let mut params = Params {
        request,
        traits,
        body: Map::new(),
        warnings: talk.warnings,
    };
    let mut system = talk.system;
    let (tool_config, asked_for_none) = tools::config(request, &talk.messages);
    if let Some(config) = tool_config {
        params.set("toolConfig", config);
    }
    if asked_for_none {
        let message =
            "the API can't forbid tools that the conversation has used: the model is asked";
        params
            .warnings
            .push(Warning::new("tool_choice_asked", message));
        system.push(json!({"text": tools::NO_TOOL}));
    }
    params.inference();
    params.reasoning();
    if let Some(instruction) = params.response_format() {
        system.push(json!({"text": instruction}));
    }
    if !system.is_empty() {
        params.set("system", system);
    }
    params.set("messages", talk.messages);
    if !request.metadata.is_empty() {
        params.set("requestMetadata", json!(request.metadata));
    }
    merge(&mut params.body, options);
    params.sampling();
    let Params {
        mut body, warnings, ..
    } = params;
    let automatic = options
        .get("auto_cache")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    if automatic && traits.caches {
        cache::place(
            &mut body,
            &traits,
            options.get("cache_ttl").and_then(Value::as_str),
        );
    }
    Ok(Translated {
        path: path(&request.model, stream),
        headers: Vec::new(),
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
                fields(have, more);
            }
            _ => {
                body.insert(key.clone(), value.clone());
            }
        }
    }
}

fn fields(have: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (key, value) in more {
        match (have.get_mut(key), value) {
            // The provider's own tools stand beside the caller's.
            (Some(Value::Array(have)), Value::Array(more)) if key == "tools" => {
                have.extend(more.iter().cloned());
            }
            _ => {
                have.insert(key.clone(), value.clone());
            }
        }
    }
}

fn path(model: &str, stream: bool) -> String {
    let operation = if stream {
        "converse-stream"
    } else {
        "converse"
    };
    let mut path = "/model/".to_owned();
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    format!("{path}/{operation}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_one_segment_of_the_path_whatever_is_in_its_id() {
        let cases = [
            ("a.b-v1:0", "/model/a.b-v1%3A0/converse"),
            ("arn:aws:x/y", "/model/arn%3Aaws%3Ax%2Fy/converse"),
            ("../\u{fc}", "/model/..%2F%C3%BC/converse"),
        ];
        for (model, expected) in cases {
            assert_eq!(path(model, false), expected);
            assert_eq!(path(model, true), format!("{expected}-stream"));
        }
    }
}
