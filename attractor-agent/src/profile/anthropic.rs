//! Claude models.

use std::sync::Arc;

use super::{
    ProviderProfile,
    base::{Base, profile_setters, registry, shared_methods},
};
use crate::{
    tool::ToolRegistry,
    tools::{EditFileTool, GlobTool, GrepTool, ReadFileTool, ShellTool, WriteFileTool},
};

/// Window of a model that the catalog doesn't know: that of every Claude model since version 3.
const CONTEXT_WINDOW: u64 = 200_000;

/// Window of any model with the beta feature that widens it.
const LONG_CONTEXT_WINDOW: u64 = 1_000_000;
const LONG_CONTEXT_BETA: &str = "context-1m";

/// How long a command may take when nobody says: what Claude Code allows (coding-agent-loop-spec
/// 3.5).
const COMMAND_TIMEOUT_MS: u64 = 120_000;

/// The profile of Claude models (coding-agent-loop-spec 3.5): edits by `old_string` and
/// `new_string`, two minutes for a command.
///
/// ```
/// use attractor_agent::{AnthropicProfile, ProviderProfile as _};
///
/// let profile = AnthropicProfile::new("claude-sonnet-4-5").with_beta("context-1m-2025-08-07");
/// assert_eq!(profile.context_window_size(), 1_000_000);
/// assert_eq!(
///     profile.provider_options()["anthropic"]["beta_headers"][0],
///     "context-1m-2025-08-07"
/// );
/// ```
#[derive(Debug, Clone)]
pub struct AnthropicProfile {
    base: Base,
}

impl AnthropicProfile {
    /// The profile of a model.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            base: Base::new("anthropic", model, built_in()),
        }
    }

    /// Asks for a beta feature of the API in every request, such as interleaved thinking or the
    /// long context (`beta_headers`).
    #[must_use]
    pub fn with_beta(mut self, feature: impl Into<String>) -> Self {
        self.base.append("beta_headers", feature.into().into());
        self
    }

    profile_setters!();

    fn has_long_context(&self) -> bool {
        let features = self.base.options.get("beta_headers");
        let features = features.and_then(serde_json::Value::as_array);
        features.into_iter().flatten().any(|feature| {
            feature
                .as_str()
                .is_some_and(|name| name.starts_with(LONG_CONTEXT_BETA))
        })
    }
}

fn built_in() -> ToolRegistry {
    registry([
        Arc::new(ReadFileTool),
        Arc::new(WriteFileTool),
        Arc::new(EditFileTool),
        Arc::new(ShellTool),
        Arc::new(GrepTool::new().with_output_modes()),
        Arc::new(GlobTool),
    ])
}

impl ProviderProfile for AnthropicProfile {
    shared_methods!();

    fn tools(&self) -> ToolRegistry {
        self.base.tools.clone()
    }

    fn base_prompt(&self) -> &str {
        include_str!("prompts/anthropic.md")
    }

    fn project_doc_names(&self) -> &[&str] {
        &["AGENTS.md", "CLAUDE.md"]
    }

    fn default_command_timeout_ms(&self) -> Option<u64> {
        Some(COMMAND_TIMEOUT_MS)
    }

    fn context_window_size(&self) -> u64 {
        if self.has_long_context() {
            return LONG_CONTEXT_WINDOW;
        }
        self.base.context_window(CONTEXT_WINDOW)
    }
}
