//! What the model is offered: a contract, so changes show.

use std::sync::Arc;

use async_trait::async_trait;
use attractor_agent::{
    AnthropicProfile, Error, OpenAiProfile, ProviderProfile as _, Tool, ToolContext, ToolOutput,
    profile_for,
};
use serde_json::{Value, json};

/// Every profile, with a model of its own.
const PROFILES: [(&str, &str); 4] = [
    ("openai", "gpt-5.3-codex"),
    ("anthropic", "claude-opus-4-6"),
    ("gemini", "gemini-3-pro-preview"),
    ("compatible", "qwen3-coder"),
];

#[test]
fn each_profile_offers_its_tools() {
    for (provider, model) in PROFILES {
        let profile = profile_for(provider, model).unwrap();
        insta::assert_json_snapshot!(format!("tools_{provider}"), profile.tools().definitions());
    }
}

#[test]
fn each_profile_has_its_own_prompt() {
    for (provider, model) in PROFILES {
        let profile = profile_for(provider, model).unwrap();
        insta::assert_snapshot!(format!("prompt_{provider}"), profile.base_prompt());
    }
}

#[test]
fn each_prompt_covers_what_the_specification_asks() {
    let cases: [(&str, &[&str]); 4] = [
        (
            "openai",
            &[
                "You are a coding agent",
                "*** Begin Patch",
                "three lines of context",
                "AGENTS.md",
                "Handle what can fail",
                "A tool call that fails says why",
                "Run what proves the change",
            ],
        ),
        (
            "anthropic",
            &[
                "You are a coding agent",
                "Read a file before you edit it",
                "must be unique in the file",
                "Prefer editing a file to creating another one",
                "run the tests",
                "looks like the code around it",
            ],
        ),
        (
            "gemini",
            &[
                "You are a coding agent",
                "`GEMINI.md`",
                "Conventions come first",
                "`read_many_files`",
                "it must occur once",
                "Never put keys",
            ],
        ),
        (
            "compatible",
            &["You are a coding agent", "`replace_all`", "Run the tests"],
        ),
    ];
    for (provider, topics) in cases {
        let profile = profile_for(provider, "m").unwrap();
        for topic in topics {
            assert!(profile.base_prompt().contains(topic), "{provider}: {topic}");
        }
    }
}

#[test]
fn a_prompt_names_only_tools_that_the_profile_has() {
    let every_tool: Vec<String> = PROFILES
        .iter()
        .flat_map(|(provider, model)| profile_for(provider, model).unwrap().tools().definitions())
        .map(|tool| tool.name)
        .collect();
    for (provider, model) in PROFILES {
        let profile = profile_for(provider, model).unwrap();
        let tools = profile.tools();
        let named = every_tool
            .iter()
            .filter(|tool| profile.base_prompt().contains(&format!("`{tool}`")));
        for tool in named {
            assert!(tools.get(tool).is_some(), "{provider} has no {tool}");
        }
    }
}

#[test]
fn only_claude_has_two_minutes_for_a_command() {
    let timeouts = PROFILES.map(|(provider, model)| {
        let profile = profile_for(provider, model).unwrap();
        profile.default_command_timeout_ms()
    });
    assert_eq!(timeouts, [None, Some(120_000), None, None]);
}

#[test]
fn each_profile_loads_its_own_project_documents() {
    let names = PROFILES.map(|(provider, model)| {
        let profile = profile_for(provider, model).unwrap();
        profile.project_doc_names().join(" ")
    });
    assert_eq!(
        names,
        [
            "AGENTS.md .codex/instructions.md",
            "AGENTS.md CLAUDE.md",
            "AGENTS.md GEMINI.md",
            "AGENTS.md"
        ]
    );
}

#[test]
fn a_profile_serves_another_model_of_its_provider() {
    for (provider, model) in PROFILES {
        let profile = profile_for(provider, model).unwrap();
        let other = profile.for_model("another").unwrap();
        assert_eq!((other.id(), other.model()), (provider, "another"));
        assert_eq!(other.tools().definitions(), profile.tools().definitions());
        assert_eq!(other.knowledge_cutoff(), None);
    }
}

#[test]
fn a_gateway_gets_the_options_under_its_own_name() {
    let profile = AnthropicProfile::new("claude-opus-4-6")
        .with_beta("one")
        .with_beta("two")
        .with_beta("one")
        .with_option("auto_cache", false)
        .with_provider("gateway");
    assert_eq!(
        Value::from(profile.provider_options()),
        json!({"gateway": {"beta_headers": ["one", "two"], "auto_cache": false}})
    );
    let plain = OpenAiProfile::new("gpt-5.2");
    assert_eq!(plain.provider_options(), serde_json::Map::new());
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
    assert_eq!(shells.len(), 1);
    assert_eq!(shells[0].description, "Another shell.");
    let without = profile.without_tool("shell").tools().definitions();
    assert_eq!(without.len(), tools.len() - 1);
}
