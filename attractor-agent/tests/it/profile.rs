//! What the model is offered: a contract, so changes show.

use attractor_agent::{ErrorKind, profile_for};
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
