//! What the model is offered: a contract, so changes show.

use std::sync::Arc;

use async_trait::async_trait;
use attractor_agent::{
    AnthropicProfile, Error, ErrorKind, ProviderProfile as _, Tool, ToolContext, ToolOutput,
    profile_for,
};
use serde_json::{Value, json};

#[test]
fn the_anthropic_profile_offers_its_tools() {
    let tools = profile_for("anthropic", "claude-opus-4-6")
        .unwrap()
        .tools()
        .definitions();
    let shapes: Vec<Value> = tools
        .iter()
        .map(|tool| {
            let properties = tool.parameters["properties"].as_object().unwrap();
            let types: Value = properties
                .iter()
                .map(|(name, schema)| (name.clone(), schema["type"].clone()))
                .collect();
            json!([tool.name, types, tool.parameters["required"]])
        })
        .collect();
    insta::assert_json_snapshot!(shapes);
}

#[test]
fn the_anthropic_prompt_covers_what_the_specification_asks() {
    let profile = profile_for("anthropic", "claude-opus-4-6").unwrap();
    let topics = [
        "You are a coding agent",
        "Read a file before you edit it",
        "must be unique in the file",
        "Prefer editing a file to creating another one",
        "run the tests",
        "looks like the code around it",
    ];
    let missing = topics
        .iter()
        .find(|topic| !profile.base_prompt().contains(*topic));
    assert_eq!(missing, None);
    assert_eq!(profile.default_command_timeout_ms(), Some(120_000));
}

#[test]
fn a_provider_without_a_profile_is_a_clear_error() {
    let error = profile_for("openai", "gpt-5.2").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("\"openai\"") && error.to_string().contains("anthropic"));
}

/// A tool under the name of a built-in one.
#[derive(Debug)]
struct OtherShell;

#[async_trait]
impl Tool for OtherShell {
    fn name(&self) -> &str {
        "shell"
    }
    fn description(&self) -> &str {
        "Another shell."
    }
    fn parameters(&self) -> Value {
        json!({"type": "object"})
    }
    async fn execute(&self, _: Value, _: &ToolContext) -> Result<ToolOutput, Error> {
        Ok(ToolOutput::text("other"))
    }
}

#[test]
fn a_custom_tool_takes_the_place_of_a_built_in_one() {
    let profile = AnthropicProfile::new("claude-opus-4-6")
        .with_tool(Arc::new(OtherShell))
        .unwrap();
    let tools = profile.tools().definitions();
    let shells: Vec<_> = tools.iter().filter(|tool| tool.name == "shell").collect();
    assert_eq!((tools.len(), shells.len()), (4, 1));
    assert_eq!(shells[0].description, "Another shell.");
}
