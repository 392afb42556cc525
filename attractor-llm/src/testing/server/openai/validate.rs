//! What the real service refuses in headers and options; the input is in `history`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::request::items;
use crate::testing::server::protocol::Refusal;

/// The fewest output tokens.
const MIN_OUTPUT_TOKENS: u64 = 16;

/// Pairs in the metadata.
const MAX_METADATA: usize = 16;

/// Longest name of a tool or of a schema.
const MAX_NAME_CHARS: usize = 64;

/// The key has to be there.
pub(super) fn headers(headers: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let given = |name: &str| headers.get(name).is_some_and(|it| !it.trim().is_empty());
    if given("authorization") || given("api-key") {
        return Ok(());
    }
    Err(Refusal {
        status: 401,
        message: "You didn't provide an API key. You need to provide your API key in an \
                  Authorization header using Bearer auth."
            .to_owned(),
    })
}

/// Model, length, metadata, tools and the form of the answer.
pub(super) fn body(body: &Value) -> Result<(), Refusal> {
    require(body.is_object(), || {
        "We could not parse the JSON body of your request.".to_owned()
    })?;
    let model = body["model"].as_str().unwrap_or_default();
    require(!model.is_empty(), || {
        "Missing required parameter: 'model'.".to_owned()
    })?;
    require(body["messages"].is_null() && body["stop"].is_null(), || {
        "Unknown parameter: 'messages' and 'stop' belong to another API.".to_owned()
    })?;
    let max = &body["max_output_tokens"];
    let enough = max.as_u64().is_some_and(|max| max >= MIN_OUTPUT_TOKENS);
    require(max.is_null() || enough, || {
        format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= \
             {MIN_OUTPUT_TOKENS}, but got {max} instead."
        )
    })?;
    metadata(body)?;
    tools(body)?;
    format(body)
}

pub(in crate::testing::server) fn metadata(body: &Value) -> Result<(), Refusal> {
    let pairs = body["metadata"].as_object().map_or(0, serde_json::Map::len);
    require(pairs <= MAX_METADATA, || {
        format!("Invalid 'metadata': too many properties. Expected at most {MAX_METADATA}.")
    })
}

fn tools(body: &Value) -> Result<(), Refusal> {
    let tools = body["tools"].as_array().map_or(&[][..], Vec::as_slice);
    let mut names = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        if tool["type"] != "function" {
            require(tool["type"].is_string(), || {
                format!("Missing required parameter: 'tools[{index}].type'.")
            })?;
            continue;
        }
        // Chat Completions has the function one level deeper.
        let name = tool["name"].as_str().unwrap_or_default();
        require(is_name(name), || {
            format!(
                "Invalid 'tools[{index}].name': expected a string of at most 64 word characters."
            )
        })?;
        require(names.insert(name), || {
            format!("Invalid 'tools': the name {name} is used twice.")
        })?;
        let parameters = &tool["parameters"];
        require(
            parameters.is_null() || parameters["type"] == "object",
            || format!("Invalid schema for function '{name}': schema must be of type \"object\"."),
        )?;
        if tool["strict"] != false {
            strict(name, parameters, tool["strict"] == true)?;
        }
    }
    let choice = &body["tool_choice"];
    require(
        choice.is_null() || !tools.is_empty() || choice == "auto",
        || "Tool choices other than 'auto' require 'tools' to be specified.".to_owned(),
    )?;
    let named = choice["name"].as_str().filter(|name| !names.contains(name));
    require(named.is_none(), || {
        format!(
            "Tool choice '{}' not found in 'tools' parameter.",
            named.unwrap_or_default()
        )
    })
}

/// A strict schema closes its objects and requires all their properties.
pub(in crate::testing::server) fn strict(
    name: &str,
    schema: &Value,
    asked: bool,
) -> Result<(), Refusal> {
    let Some(properties) = schema["properties"].as_object().filter(|_| asked) else {
        return Ok(());
    };
    require(schema["additionalProperties"] == false, || {
        format!(
            "Invalid schema for '{name}': 'additionalProperties' is required to be supplied and to \
             be false."
        )
    })?;
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let all = properties
        .keys()
        .all(|key| required.iter().any(|it| it == key));
    require(all, || {
        format!(
            "Invalid schema for '{name}': 'required' is required to be supplied and to be an array \
             including every key in properties."
        )
    })?;
    properties
        .values()
        .try_for_each(|schema| strict(name, schema, true))
}

fn format(body: &Value) -> Result<(), Refusal> {
    let format = &body["text"]["format"];
    match format["type"].as_str() {
        Some("json_schema") => {
            let name = format["name"].as_str().unwrap_or_default();
            require(is_name(name), || {
                "Missing required parameter: 'text.format.name'.".to_owned()
            })?;
            require(format["schema"].is_object(), || {
                "Missing required parameter: 'text.format.schema'.".to_owned()
            })?;
            strict(name, &format["schema"], format["strict"] == true)
        }
        Some("json_object") => {
            let mentioned = items(body)
                .iter()
                .any(|item| item["content"].to_string().to_lowercase().contains("json"));
            require(mentioned, || {
                "Response input messages must contain the word 'json' in some form to use \
                 'text.format' of type 'json_object'."
                    .to_owned()
            })
        }
        _ => Ok(()),
    }
}

pub(in crate::testing::server) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.len() <= MAX_NAME_CHARS && name.chars().all(allowed)
}

pub(in crate::testing::server) fn require(
    holds: bool,
    message: impl FnOnce() -> String,
) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::invalid(message()))
    }
}
