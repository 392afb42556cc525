//! What the real service refuses in the contents.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::{contents, parts};
use super::validate::{generation_of, known, require};
use crate::testing::server::protocol::Refusal;

/// What a part can hold, one of them.
const DATA: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "text",
    "toolCall",
    "toolResponse",
];

/// What can stand beside it.
const BESIDE: &[&str] = &[
    "mediaResolution",
    "partMetadata",
    "thought",
    "thoughtSignature",
    "videoMetadata",
];

/// Roles and parts are known, each call has its result in the next turn, under its name, and each
/// result its call in the one before.
pub(super) fn validate(model: &str, body: &Value) -> Result<(), Refusal> {
    let contents = contents(body);
    require(!contents.is_empty(), || {
        "* GenerateContentRequest.contents: contents is not specified".to_owned()
    })?;
    for (index, content) in contents.iter().enumerate() {
        role(content)?;
        all(&format!("contents[{index}]"), content)?;
        let previous = index.checked_sub(1).map(|at| &contents[at]);
        calls(content, previous)?;
        results(index, content, previous)?;
        if generation_of(model).is_some_and(|generation| generation >= 3) {
            signature(content)?;
        }
    }
    open_calls(contents)?;
    if body["systemInstruction"].is_null() {
        return Ok(());
    }
    all("system_instruction", &body["systemInstruction"])
}

fn role(content: &Value) -> Result<(), Refusal> {
    let role = content["role"].as_str().unwrap_or("user");
    require(matches!(role, "user" | "model" | "function"), || {
        "Please use a valid role: user, model.".to_owned()
    })
}

fn all(place: &str, content: &Value) -> Result<(), Refusal> {
    known(place, content, &["parts", "role"])?;
    require(parts(content).len() > 0, || {
        format!("* GenerateContentRequest.{place}.parts: {place}.parts must not be empty.")
    })?;
    for (at, part) in parts(content).enumerate() {
        let place = format!("{place}.parts[{at}]");
        let fields: Vec<&str> = DATA.iter().chain(BESIDE).copied().collect();
        known(&place, part, &fields)?;
        let data = DATA.iter().filter(|key| !part[**key].is_null()).count();
        require(data == 1, || {
            format!(
                "* GenerateContentRequest.{place}.data: required oneof field 'data' must have one \
                 initialized field"
            )
        })?;
        self::part(&place, part)?;
    }
    Ok(())
}

fn part(place: &str, part: &Value) -> Result<(), Refusal> {
    for (key, data, fields) in [
        ("functionCall", "args", &["args", "id", "name"][..]),
        (
            "functionResponse",
            "response",
            &[
                "id",
                "name",
                "parts",
                "response",
                "scheduling",
                "willContinue",
            ],
        ),
    ] {
        let function = &part[key];
        if function.is_null() {
            continue;
        }
        known(&format!("{place}.{key}"), function, fields)?;
        let name = function["name"].as_str().unwrap_or_default();
        require(!name.is_empty(), || {
            format!("* GenerateContentRequest.{place}.{key}.name: Name cannot be empty.")
        })?;
        require(
            function[data].is_object() || function[data].is_null(),
            || {
                format!(
                    "Invalid value at '{place}.{key}.{data}' (type.googleapis.com/google.protobuf.Struct)"
                )
            },
        )?;
    }
    let blob = &part["inlineData"];
    let whole = blob["mimeType"].is_string() && blob["data"].is_string();
    require(blob.is_null() || whole, || {
        format!("* GenerateContentRequest.{place}.inline_data: required fields are missing")
    })
}

/// A turn that calls comes after one of the user's.
fn calls(content: &Value, previous: Option<&Value>) -> Result<(), Refusal> {
    let after_user = previous.is_some_and(|previous| previous["role"] != "model");
    require(called(content).is_empty() || after_user, || {
        "Please ensure that function call turn comes immediately after a user turn or after a \
         function response turn."
            .to_owned()
    })
}

/// Each result answers a call of the turn before it, and each of its calls has one.
fn results(index: usize, content: &Value, previous: Option<&Value>) -> Result<(), Refusal> {
    let results: Vec<&Value> = parts(content)
        .map(|part| &part["functionResponse"])
        .filter(|result| !result.is_null())
        .collect();
    let calls = previous.map_or_else(Vec::new, called);
    require(results.is_empty() || !calls.is_empty(), || {
        "Please ensure that function response turn comes immediately after a function call turn."
            .to_owned()
    })?;
    require(results.len() == calls.len(), || {
        "Please ensure that the number of function response parts is equal to the number of \
         function call parts of the function call turn."
            .to_owned()
    })?;
    let pairs = |list: &[&Value]| -> BTreeSet<(String, String)> {
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        list.iter()
            .map(|it| (text(&it["id"]), text(&it["name"])))
            .collect()
    };
    require(pairs(&results) == pairs(&calls), || {
        format!("contents[{index}]: a function response doesn't match the function calls before it")
    })
}

/// The last turn may not leave a call without its result.
fn open_calls(contents: &[Value]) -> Result<(), Refusal> {
    let open = contents.last().is_some_and(|last| !called(last).is_empty());
    require(!open, || {
        "Please ensure that the number of function response parts is equal to the number of \
         function call parts of the function call turn."
            .to_owned()
    })
}

fn signature(content: &Value) -> Result<(), Refusal> {
    let first = parts(content).find(|part| part["functionCall"].is_object());
    let signed = first.is_none_or(|part| part["thoughtSignature"].is_string());
    require(signed, || {
        "Function call is missing a thought_signature in functionCall parts. This is required for \
         tools to work correctly, and missing thought_signature may lead to degraded model \
         performance."
            .to_owned()
    })
}

fn called(content: &Value) -> Vec<&Value> {
    let calls = parts(content).map(|part| &part["functionCall"]);
    calls.filter(|call| call.is_object()).collect()
}
