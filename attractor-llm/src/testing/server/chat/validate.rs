//! What the real service refuses in options; the messages are in `history`.
//!
//! A key isn't asked for: servers on one's own machine have none.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::messages;
use crate::testing::server::openai::validate::{is_name, metadata, require, strict};
use crate::testing::server::protocol::Refusal;

/// The most stop sequences.
const MAX_STOP: usize = 4;

/// Model, length, metadata, tools and the form of the answer.
pub(super) fn body(body: &Value) -> Result<(), Refusal> {
    require(body.is_object(), || {
        "We could not parse the JSON body of your request.".to_owned()
    })?;
    let model = body["model"].as_str().unwrap_or_default();
    require(!model.is_empty(), || {
        "you must provide a model parameter".to_owned()
    })?;
    for foreign in [
        "input",
        "instructions",
        "max_output_tokens",
        "text",
        "include",
    ] {
        require(body[foreign].is_null(), || {
            format!("Unknown parameter: '{foreign}'.")
        })?;
    }
    for limit in ["max_tokens", "max_completion_tokens"] {
        let max = &body[limit];
        require(
            max.is_null() || max.as_u64().is_some_and(|max| max > 0),
            || format!("Invalid '{limit}': expected a value >= 1, but got {max} instead."),
        )?;
    }
    require(
        body["max_tokens"].is_null() || body["max_completion_tokens"].is_null(),
        || {
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
                .to_owned()
        },
    )?;
    let stop = body["stop"].as_array().map_or(0, Vec::len);
    require(stop <= MAX_STOP, || {
        format!("Invalid 'stop': array too long. Expected at most {MAX_STOP}.")
    })?;
    require(
        body["stream_options"].is_null() || body["stream"] == true,
        || "The 'stream_options' parameter is only allowed when 'stream' is enabled.".to_owned(),
    )?;
    metadata(body)?;
    tools(body)?;
    format(body)
}

fn tools(body: &Value) -> Result<(), Refusal> {
    let given = &body["tools"];
    let tools = given.as_array().map_or(&[][..], Vec::as_slice);
    require(given.is_null() || !tools.is_empty(), || {
        "Invalid 'tools': empty array. Expected an array with minimum length 1.".to_owned()
    })?;
    let mut names = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let kind = tool["type"].as_str().unwrap_or_default();
        require(!kind.is_empty(), || {
            format!("Missing required parameter: 'tools[{index}].type'.")
        })?;
        if kind != "function" {
            continue;
        }
        let function = &tool["function"];
        let name = function["name"].as_str().unwrap_or_default();
        require(is_name(name), || {
            format!("Invalid 'tools[{index}].function.name': expected at most 64 word characters.")
        })?;
        require(names.insert(name), || {
            format!("Invalid 'tools': the name {name} is used twice.")
        })?;
        let parameters = &function["parameters"];
        require(
            parameters.is_null() || parameters["type"] == "object",
            || format!("Invalid schema for function '{name}': schema must be of type \"object\"."),
        )?;
        strict(name, parameters, function["strict"] == true)?;
    }
    for needs_tools in ["tool_choice", "parallel_tool_calls"] {
        require(body[needs_tools].is_null() || !tools.is_empty(), || {
            format!("Invalid value for '{needs_tools}': only allowed when 'tools' are specified.")
        })?;
    }
    choice(&body["tool_choice"], &names)
}

fn choice(choice: &Value, names: &BTreeSet<&str>) -> Result<(), Refusal> {
    let known = match choice {
        Value::Null => true,
        Value::String(word) => matches!(word.as_str(), "auto" | "none" | "required"),
        chosen => chosen["function"]["name"]
            .as_str()
            .is_some_and(|name| names.contains(name)),
    };
    require(known, || {
        format!("Invalid value for 'tool_choice': {choice} names neither a mode nor a tool.")
    })
}

fn format(body: &Value) -> Result<(), Refusal> {
    let format = &body["response_format"];
    match format["type"].as_str() {
        Some("json_schema") => {
            let format = &format["json_schema"];
            let name = format["name"].as_str().unwrap_or_default();
            require(is_name(name), || {
                "Missing required parameter: 'response_format.json_schema.name'.".to_owned()
            })?;
            require(format["schema"].is_object(), || {
                "Missing required parameter: 'response_format.json_schema.schema'.".to_owned()
            })?;
            strict(name, &format["schema"], format["strict"] == true)
        }
        Some("json_object") => {
            let mut said = messages(body)
                .iter()
                .map(|message| message["content"].to_string());
            require(
                said.any(|text| text.to_lowercase().contains("json")),
                || {
                    "'messages' must contain the word 'json' in some form, to use 'response_format' of \
                 type 'json_object'."
                    .to_owned()
                },
            )
        }
        _ => Ok(()),
    }
}
