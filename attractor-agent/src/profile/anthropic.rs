//! Claude models.

use std::sync::Arc;

use attractor_llm::catalog;

use super::ProviderProfile;
use crate::{
    error::Error,
    tool::{Tool, ToolRegistry},
    tools::{EditFileTool, ReadFileTool, ShellTool, WriteFileTool},
};

/// Window of a model that the catalog doesn't know: that of every Claude model since version 3.
const CONTEXT_WINDOW: u64 = 200_000;

/// The profile of Claude models (coding-agent-loop-spec 3.5): edits by `old_string` and
/// `new_string`, two minutes for a command.
#[derive(Debug, Clone)]
pub struct AnthropicProfile {
    provider: String,
    model: String,
    tools: ToolRegistry,
}

impl AnthropicProfile {
    /// The profile with the tools `read_file`, `write_file`, `edit_file` and `shell`.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            provider: "anthropic".to_owned(),
            model: model.into(),
            tools: built_in(),
        }
    }

    /// Sends requests to a provider that is registered under another name, such as a gateway that
    /// speaks the same protocol.
    #[must_use]
    pub fn with_provider(mut self, name: impl Into<String>) -> Self {
        self.provider = name.into();
        self
    }

    /// Adds a tool, or replaces the one of the same name.
    ///
    /// # Errors
    /// `Configuration` for a name or a schema that providers don't accept.
    pub fn with_tool(mut self, tool: Arc<dyn Tool>) -> Result<Self, Error> {
        self.tools.register(tool)?;
        Ok(self)
    }
}

fn built_in() -> ToolRegistry {
    let tools: [Arc<dyn Tool>; 4] = [
        Arc::new(ReadFileTool),
        Arc::new(WriteFileTool),
        Arc::new(EditFileTool),
        Arc::new(ShellTool),
    ];
    let mut registry = ToolRegistry::new();
    for tool in tools {
        let registered = registry.register(tool);
        debug_assert!(
            registered.is_ok(),
            "the schemas of the built-in tools are valid"
        );
    }
    registry
}

impl ProviderProfile for AnthropicProfile {
    fn id(&self) -> &str {
        &self.provider
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn tools(&self) -> ToolRegistry {
        self.tools.clone()
    }

    fn base_prompt(&self) -> &str {
        include_str!("prompts/anthropic.md")
    }

    fn project_doc_names(&self) -> &[&str] {
        &["AGENTS.md", "CLAUDE.md"]
    }

    fn default_command_timeout_ms(&self) -> Option<u64> {
        Some(120_000)
    }

    fn supports_reasoning(&self) -> bool {
        catalog::model_info(&self.model).is_none_or(|info| info.supports_reasoning)
    }

    fn supports_parallel_tool_calls(&self) -> bool {
        true
    }

    fn context_window_size(&self) -> u64 {
        catalog::model_info(&self.model).map_or(CONTEXT_WINDOW, |info| info.context_window)
    }
}
