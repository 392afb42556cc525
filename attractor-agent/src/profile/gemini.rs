//! Gemini models.

use std::sync::Arc;

use serde_json::json;

use super::{
    ProviderProfile,
    base::{Base, profile_setters, registry, shared_methods},
};
use crate::{
    tool::ToolRegistry,
    tools::{
        GeminiEditFileTool, GlobTool, GrepTool, ListDirTool, ReadFileTool, ReadManyFilesTool,
        ShellTool, WriteFileTool,
    },
};

/// Window of a model that the catalog doesn't know: that of every Gemini model since 2.5.
const CONTEXT_WINDOW: u64 = 1_048_576;

/// The profile of Gemini models (coding-agent-loop-spec 3.6): edits by search and replace, reading
/// in batches, ten seconds for a command.
///
/// ```
/// use attractor_agent::{GeminiProfile, ProviderProfile as _};
///
/// let profile = GeminiProfile::new("gemini-3-pro-preview")
///     .with_safety_setting("HARM_CATEGORY_DANGEROUS_CONTENT", "BLOCK_ONLY_HIGH")
///     .with_grounding();
/// let options = &profile.provider_options()["gemini"];
/// assert_eq!(options["safetySettings"][0]["threshold"], "BLOCK_ONLY_HIGH");
/// assert!(options["tools"][0]["googleSearch"].is_object());
/// ```
#[derive(Debug, Clone)]
pub struct GeminiProfile {
    base: Base,
}

impl GeminiProfile {
    /// The profile of a model.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            base: Base::new("gemini", model, built_in()),
        }
    }

    /// Sets from which probability on a category of harm is blocked, in the API's words; the
    /// provider's own settings hold for the others. Code that attacks or defends is easily taken
    /// for harm.
    #[must_use]
    pub fn with_safety_setting(
        mut self,
        category: impl Into<String>,
        threshold: impl Into<String>,
    ) -> Self {
        let setting = json!({"category": category.into(), "threshold": threshold.into()});
        self.base.append("safetySettings", setting);
        self
    }

    /// Lets the model search the web by the provider's own means, which needs no tool of ours; the
    /// specification's `web_search`. Models before Gemini 3 can't do it beside other tools.
    #[must_use]
    pub fn with_grounding(mut self) -> Self {
        self.base.append("tools", json!({"googleSearch": {}}));
        self
    }

    profile_setters!();
}

fn built_in() -> ToolRegistry {
    registry([
        Arc::new(ReadFileTool),
        Arc::new(ReadManyFilesTool),
        Arc::new(WriteFileTool),
        Arc::new(GeminiEditFileTool),
        Arc::new(ShellTool),
        Arc::new(GrepTool::new()),
        Arc::new(GlobTool),
        Arc::new(ListDirTool),
    ])
}

impl ProviderProfile for GeminiProfile {
    shared_methods!();

    fn tools(&self) -> ToolRegistry {
        self.base.tools.clone()
    }

    fn base_prompt(&self) -> &str {
        include_str!("prompts/gemini.md")
    }

    fn project_doc_names(&self) -> &[&str] {
        &["AGENTS.md", "GEMINI.md"]
    }

    fn context_window_size(&self) -> u64 {
        self.base.context_window(CONTEXT_WINDOW)
    }
}
