//! The models of everyone else, behind the services that speak Chat Completions.

use std::sync::Arc;

use super::{
    ProviderProfile,
    base::{Base, profile_setters, registry, shared_methods},
};
use crate::{
    tool::ToolRegistry,
    tools::{EditFileTool, GlobTool, GrepTool, ReadFileTool, ShellTool, WriteFileTool},
};

/// Window of a model that the catalog doesn't know: what servers of open models commonly give.
const CONTEXT_WINDOW: u64 = 128_000;

/// The profile of models that no maker's own agent sets the habits for, such as open ones behind a
/// service or a server of one's own: the shared core tools (coding-agent-loop-spec 3.3) with edits
/// by search and replace, and words that a small model follows, too.
///
/// ```
/// use attractor_agent::{CompatibleProfile, ProviderProfile as _};
///
/// let profile = CompatibleProfile::new("gpu-box", "qwen3-coder").with_context_window(32_768);
/// assert_eq!((profile.id(), profile.context_window_size()), ("gpu-box", 32_768));
/// ```
#[derive(Debug, Clone)]
pub struct CompatibleProfile {
    base: Base,
    context_window: Option<u64>,
}

impl CompatibleProfile {
    /// The profile of a model at a provider.
    #[must_use]
    pub fn new(provider: impl AsRef<str>, model: impl Into<String>) -> Self {
        Self {
            base: Base::new(provider.as_ref(), model, built_in()),
            context_window: None,
        }
    }

    /// Sets the most tokens of prompt and answer together, as the server is set up.
    #[must_use]
    pub fn with_context_window(mut self, tokens: u64) -> Self {
        self.context_window = Some(tokens);
        self
    }

    profile_setters!();
}

fn built_in() -> ToolRegistry {
    registry([
        Arc::new(ReadFileTool),
        Arc::new(WriteFileTool),
        Arc::new(EditFileTool),
        Arc::new(ShellTool),
        Arc::new(GrepTool::new()),
        Arc::new(GlobTool),
    ])
}

impl ProviderProfile for CompatibleProfile {
    shared_methods!();

    fn tools(&self) -> ToolRegistry {
        self.base.tools.clone()
    }

    fn base_prompt(&self) -> &str {
        include_str!("prompts/compatible.md")
    }

    fn project_doc_names(&self) -> &[&str] {
        &["AGENTS.md"]
    }

    fn context_window_size(&self) -> u64 {
        let set = self.context_window;
        set.unwrap_or_else(|| self.base.context_window(CONTEXT_WINDOW))
    }
}
