//! Tools and the choice among them; pure.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::types::{Request, ToolChoice};

/// What the API has no word for and the model is asked for instead.
pub(super) const NO_TOOL: &str = "Answer in words: don't call any tool now.";

/// `toolConfig`, and whether the model has to be asked not to call a tool.
pub(super) fn config(request: &Request, messages: &[Value]) -> (Option<Value>, bool) {
    let mut tools: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| spec(&tool.name, &tool.description, &tool.parameters))
        .collect();
    let used = used_tools(messages);
    let choice = request.tool_choice.as_ref();
    let none = choice == Some(&ToolChoice::None) || tools.is_empty();
    if none && used.is_empty() {
        return (None, false);
    }
    // A history of calls is rejected without tools.
    if tools.is_empty() {
        let anything = json!({"type": "object"});
        tools = used.iter().map(|name| spec(name, "", &anything)).collect();
    }
    let mut config = json!({"tools": tools});
    match choice {
        Some(ToolChoice::Auto) if !none => config["toolChoice"] = json!({"auto": {}}),
        Some(ToolChoice::Required) if !none => config["toolChoice"] = json!({"any": {}}),
        Some(ToolChoice::Named(name)) if !none => {
            config["toolChoice"] = json!({"tool": {"name": name}});
        }
        _ => {}
    }
    (Some(config), none)
}

fn spec(name: &str, description: &str, parameters: &Value) -> Value {
    let mut spec = json!({"name": name, "inputSchema": {"json": parameters}});
    // The API rejects an empty one.
    if !description.is_empty() {
        spec["description"] = description.into();
    }
    json!({"toolSpec": spec})
}

/// The names of the tools that the conversation calls.
fn used_tools(messages: &[Value]) -> BTreeSet<&str> {
    let blocks = messages
        .iter()
        .filter_map(|message| message["content"].as_array());
    let names = blocks
        .flatten()
        .filter_map(|block| block["toolUse"]["name"].as_str());
    names.collect()
}
