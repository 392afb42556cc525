//! OpenAI models.

use std::sync::Arc;

use super::{
    ProviderProfile,
    base::{Base, profile_setters, registry, shared_methods},
};
use crate::{
    tool::ToolRegistry,
    tools::{ReadFileTool, ShellTool, WriteFileTool},
};

/// Window of a model that the catalog doesn't know: what the models since GPT-5 take.
const CONTEXT_WINDOW: u64 = 272_000;

/// The profile of OpenAI models (coding-agent-loop-spec 3.4): edits by `apply_patch`, ten seconds
/// for a command.
///
/// The session's `reasoning_effort` becomes `reasoning.effort` of the Responses API.
///
/// ```
/// use attractor_agent::{OpenAiProfile, ProviderProfile as _};
///
/// let profile = OpenAiProfile::new("gpt-5.3-codex").with_option("service_tier", "flex");
/// assert_eq!(profile.provider_options()["openai"]["service_tier"], "flex");
/// ```
#[derive(Debug, Clone)]
pub struct OpenAiProfile {
    base: Base,
}

impl OpenAiProfile {
    /// The profile of a model.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            base: Base::new("openai", model, built_in()),
        }
    }

    profile_setters!();
}

fn built_in() -> ToolRegistry {
    registry([
        Arc::new(ReadFileTool),
        Arc::new(WriteFileTool),
        Arc::new(ShellTool),
    ])
}

impl ProviderProfile for OpenAiProfile {
    shared_methods!();

    fn base_prompt(&self) -> &str {
        include_str!("prompts/openai.md")
    }

    fn project_doc_names(&self) -> &[&str] {
        &["AGENTS.md", ".codex/instructions.md"]
    }

    fn context_window_size(&self) -> u64 {
        self.base.context_window(CONTEXT_WINDOW)
    }
}
