//! OpenAI models.

use std::sync::Arc;

use super::{
    ProviderProfile,
    base::{Base, add, profile_setters, registry, shared_methods},
};
use crate::{
    subagent::SubagentTools,
    tool::ToolRegistry,
    tools::{
        ApplyPatchTool, GlobTool, GrepTool, ReadFileTool, ShellTool, WriteFileTool, exec_tools,
    },
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
    exec_sessions: bool,
}

impl OpenAiProfile {
    /// The profile of a model.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            base: Base::new("openai", model, built_in()),
            exec_sessions: false,
        }
    }

    /// Offers codex's own `exec_command` and `write_stdin` in the place of `shell`: commands that
    /// go on in the background and are talked to, at a terminal if need be. Each session of the
    /// agent has its own; they end with it. For environments that can
    /// [start commands](crate::CommandExecution::start_command).
    ///
    /// ```
    /// use attractor_agent::{OpenAiProfile, ProviderProfile as _};
    ///
    /// let tools = OpenAiProfile::new("gpt-5.3-codex").with_exec_sessions().tools();
    /// assert!(tools.get("write_stdin").is_some() && tools.get("shell").is_none());
    /// ```
    #[must_use]
    pub fn with_exec_sessions(mut self) -> Self {
        self.exec_sessions = true;
        self.without_tool("shell")
    }

    profile_setters!();
}

fn built_in() -> ToolRegistry {
    registry([
        Arc::new(ReadFileTool),
        Arc::new(ApplyPatchTool),
        Arc::new(WriteFileTool),
        Arc::new(ShellTool),
        Arc::new(GrepTool::new()),
        Arc::new(GlobTool),
    ])
}

impl ProviderProfile for OpenAiProfile {
    shared_methods!();

    fn tools(&self) -> ToolRegistry {
        let mut tools = self.base.tools.clone();
        if self.exec_sessions {
            // New ones for each session that asks, so that none sees another's commands.
            let missing = exec_tools();
            let missing = missing
                .into_iter()
                .filter(|tool| tools.get(tool.name()).is_none());
            for tool in missing.collect::<Vec<_>>() {
                add(&mut tools, tool);
            }
        }
        tools
    }

    fn base_prompt(&self) -> &str {
        if self.exec_sessions {
            concat!(
                include_str!("prompts/openai.md"),
                "\n",
                include_str!("prompts/openai_exec.md")
            )
        } else {
            concat!(
                include_str!("prompts/openai.md"),
                "\n",
                include_str!("prompts/openai_shell.md")
            )
        }
    }

    /// As codex has them: `wait` takes several.
    fn subagent_tools(&self) -> SubagentTools {
        SubagentTools::default().wait_takes_several(true)
    }

    fn project_doc_names(&self) -> &[&str] {
        &["AGENTS.md", ".codex/instructions.md"]
    }

    fn context_window_size(&self) -> u64 {
        self.base.context_window(CONTEXT_WINDOW)
    }
}
