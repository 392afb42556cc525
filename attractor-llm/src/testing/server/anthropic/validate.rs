//! What the real service refuses in headers and options; messages are in `history`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::testing::server::protocol::Refusal;

/// Markers of the prompt cache that one request may carry.
const MAX_CACHE_MARKERS: usize = 4;

/// The smallest thinking budget.
const MIN_THINKING_BUDGET: u64 = 1_024;

/// The key and the version have to be there.
pub(super) fn headers(headers: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let given = |name: &str| {
        headers
            .get(name)
            .is_some_and(|value| !value.trim().is_empty())
    };
    if !given("x-api-key") && !given("authorization") {
        return Err(Refusal {
            status: 401,
            message: "x-api-key header is required".to_owned(),
        });
    }
    require(given("anthropic-version"), || {
        "anthropic-version: header is required".to_owned()
    })
}

/// Model, `max_tokens`, tools, thinking and cache markers.
pub(super) fn body(body: &Value) -> Result<(), Refusal> {
    require(body.is_object(), || {
        "the request body is not valid JSON".to_owned()
    })?;
    let model = body["model"].as_str().unwrap_or_default();
    require(!model.is_empty(), || "model: Field required".to_owned())?;
    require(!body["max_tokens"].is_null(), || {
        "max_tokens: Field required".to_owned()
    })?;
    let max_tokens = body["max_tokens"].as_u64().filter(|count| *count > 0);
    let max_tokens = max_tokens.ok_or_else(|| {
        Refusal::invalid("max_tokens: Input should be greater than or equal to 1")
    })?;
    tools(body)?;
    thinking(body, max_tokens)?;
    let markers = cache_markers(body);
    require(markers <= MAX_CACHE_MARKERS, || {
        format!(
            "a maximum of {MAX_CACHE_MARKERS} blocks with cache_control may be provided, found {markers}"
        )
    })
}

fn tools(body: &Value) -> Result<(), Refusal> {
    let tools = body["tools"].as_array().map_or(&[][..], Vec::as_slice);
    let mut names = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let name = tool["name"].as_str().unwrap_or_default();
        require(is_name(name, 128), || {
            format!("tools.{index}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        })?;
        require(names.insert(name), || {
            "tools: Tool names must be unique.".to_owned()
        })?;
        // A tool with a type of its own is the provider's and has no schema.
        let custom = tool["type"].is_null() || tool["type"] == "custom";
        require(!custom || tool["input_schema"]["type"] == "object", || {
            format!("tools.{index}.input_schema.type: Input should be 'object'")
        })?;
    }
    let choice = &body["tool_choice"];
    require(choice.is_null() || !tools.is_empty(), || {
        "tool_choice may only be specified while providing tools".to_owned()
    })?;
    let named = choice["name"].as_str().filter(|name| !names.contains(name));
    require(named.is_none(), || {
        format!(
            "tool '{}' not found in provided tools",
            named.unwrap_or_default()
        )
    })
}

fn thinking(body: &Value, max_tokens: u64) -> Result<(), Refusal> {
    let kind = body["thinking"]["type"].as_str().unwrap_or("disabled");
    if kind == "disabled" {
        return Ok(());
    }
    let forced = matches!(body["tool_choice"]["type"].as_str(), Some("any" | "tool"));
    require(!forced, || {
        "Thinking may not be enabled when tool_choice forces tool use.".to_owned()
    })?;
    let temperature = body["temperature"].as_f64().unwrap_or(1.0);
    require(temperature >= 1.0, || {
        "`temperature` may only be set to 1 when thinking is enabled".to_owned()
    })?;
    if kind != "enabled" {
        return Ok(());
    }
    let budget = body["thinking"]["budget_tokens"]
        .as_u64()
        .unwrap_or_default();
    require(budget >= MIN_THINKING_BUDGET, || {
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024".to_owned()
    })?;
    require(budget < max_tokens, || {
        "`max_tokens` must be greater than `thinking.budget_tokens`".to_owned()
    })
}

/// The number of cache markers, wherever they are.
fn cache_markers(value: &Value) -> usize {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| match key.as_str() {
                "cache_control" => usize::from(!value.is_null()),
                // Whatever a tool takes is the caller's own.
                "input" | "input_schema" => 0,
                _ => cache_markers(value),
            })
            .sum(),
        Value::Array(items) => items.iter().map(cache_markers).sum(),
        _ => 0,
    }
}

/// Whether an identifier has only the characters that the service takes.
pub(super) fn is_name(name: &str, max: usize) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.len() <= max && name.chars().all(allowed)
}

pub(super) fn require(holds: bool, message: impl FnOnce() -> String) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::invalid(message()))
    }
}
