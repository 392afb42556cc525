//! What the real service refuses in headers and options; the contents are in `history`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::testing::server::protocol::Refusal;

/// Longest name of a function.
const MAX_NAME_CHARS: usize = 64;

/// Stop sequences that one request may carry.
const MAX_STOP_SEQUENCES: usize = 5;

const FIELDS: &[&str] = &[
    "cachedContent",
    "contents",
    "generationConfig",
    "labels",
    "model",
    "modelArmorConfig",
    "safetySettings",
    "serviceTier",
    "store",
    "systemInstruction",
    "toolConfig",
    "tools",
];

const GENERATION_FIELDS: &[&str] = &[
    "audioTimestamp",
    "candidateCount",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];

/// The key has to be there.
pub(super) fn headers(headers: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let given = |name: &str| headers.get(name).is_some_and(|it| !it.trim().is_empty());
    if given("x-goog-api-key") || given("authorization") {
        return Ok(());
    }
    Err(Refusal {
        status: 403,
        message: "Method doesn't allow unregistered callers (callers without established \
                  identity). Please use API Key or other form of API consumer identity to call \
                  this API."
            .to_owned(),
    })
}

/// Names of fields, length, thinking, the form of the answer, tools and cached content.
pub(super) fn body(model: &str, body: &Value) -> Result<(), Refusal> {
    require(body.is_object(), || {
        "Invalid JSON payload received. Unexpected end of string.".to_owned()
    })?;
    known("", body, FIELDS)?;
    generation(model, body)?;
    tools(body)?;
    let cached = body["cachedContent"].is_string();
    let besides = ["systemInstruction", "tools", "toolConfig"];
    let besides = besides.iter().any(|key| !body[*key].is_null());
    require(!(cached && besides), || {
        "CachedContent can not be used with GenerateContent request setting system_instruction, \
         tools or tool_config."
            .to_owned()
    })
}

/// Protocol buffers know all their fields.
pub(super) fn known(place: &str, value: &Value, fields: &[&str]) -> Result<(), Refusal> {
    let mut keys = value
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys);
    let unknown = keys.find(|key| !fields.contains(&key.as_str()));
    require(unknown.is_none(), || {
        let name = unknown.map(String::as_str).unwrap_or_default();
        let place = if place.is_empty() {
            String::new()
        } else {
            format!(" at '{place}'")
        };
        format!("Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field.")
    })
}

fn generation(model: &str, body: &Value) -> Result<(), Refusal> {
    let config = &body["generationConfig"];
    known("generation_config", config, GENERATION_FIELDS)?;
    let max = &config["maxOutputTokens"];
    require(
        max.is_null() || max.as_u64().is_some_and(|it| it > 0),
        || {
            "Unable to submit request because it has a maxOutputTokens value that is not positive."
                .to_owned()
        },
    )?;
    let stops = config["stopSequences"].as_array().map_or(0, Vec::len);
    require(stops <= MAX_STOP_SEQUENCES, || {
        format!("The number of stop sequences must be at most {MAX_STOP_SEQUENCES}.")
    })?;
    let thinking = &config["thinkingConfig"];
    let both = !thinking["thinkingBudget"].is_null() && !thinking["thinkingLevel"].is_null();
    require(!both, || {
        "You can only set only one of thinking budget and thinking level.".to_owned()
    })?;
    let json = config["responseMimeType"] == "application/json";
    let schema = ["responseSchema", "responseJsonSchema"];
    let schema = schema.iter().any(|key| !config[*key].is_null());
    require(json || !schema, || {
        "Response schema is only supported with response_mime_type application/json.".to_owned()
    })?;
    let calls = !declarations(body).is_empty();
    require(!(json && calls && generation_of(model) == Some(2)), || {
        "Function calling with a response mime type: 'application/json' is unsupported".to_owned()
    })
}

/// 3 of `gemini-3.1-pro`.
pub(super) fn generation_of(model: &str) -> Option<u32> {
    let number = model.strip_prefix("gemini-")?;
    number.split(['.', '-']).next()?.parse().ok()
}

fn declarations(body: &Value) -> Vec<&Value> {
    let tools = body["tools"].as_array().into_iter().flatten();
    let lists = tools.filter_map(|tool| tool["functionDeclarations"].as_array());
    lists.flatten().collect()
}

fn tools(body: &Value) -> Result<(), Refusal> {
    let mut names = BTreeSet::new();
    for function in declarations(body) {
        let name = function["name"].as_str().unwrap_or_default();
        require(is_name(name), || {
            "Invalid function name. Must start with a letter or an underscore. Must be \
             alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), \
             with a maximum length of 64."
                .to_owned()
        })?;
        require(names.insert(name), || {
            format!("Duplicate function declaration found: {name}")
        })?;
        let (one, other) = (&function["parameters"], &function["parametersJsonSchema"]);
        require(one.is_null() || other.is_null(), || {
            "Only one of parameters and parameters_json_schema can be set.".to_owned()
        })?;
        let schema = if other.is_null() { one } else { other };
        let kind = schema["type"].as_str().unwrap_or("object");
        require(kind.eq_ignore_ascii_case("object"), || {
            format!("{name}: functionDeclaration parameters schema should be of type OBJECT.")
        })?;
    }
    let config = &body["toolConfig"]["functionCallingConfig"];
    let allowed = config["allowedFunctionNames"].as_array();
    let allowed = allowed.map_or(&[][..], Vec::as_slice);
    let forces = matches!(config["mode"].as_str(), Some("ANY" | "VALIDATED"));
    require(allowed.is_empty() || forces, || {
        "Function calling config with allowed_function_names requires mode ANY.".to_owned()
    })?;
    let missing = allowed.iter().find(|name| {
        let name = name.as_str().unwrap_or_default();
        !names.contains(name)
    });
    require(missing.is_none(), || {
        format!(
            "Allowed function name {} isn't among the function declarations.",
            missing.unwrap_or(&Value::Null)
        )
    })
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.len() <= MAX_NAME_CHARS
        && name.chars().all(allowed)
}

pub(super) fn require(holds: bool, message: impl FnOnce() -> String) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::invalid(message()))
    }
}
