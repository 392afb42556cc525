//! What models are told about the four tools.

use std::borrow::Cow;

/// A tool's name and description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolText {
    /// The name that the model calls.
    pub name: Cow<'static, str>,
    /// What it does and when to use it.
    pub description: Cow<'static, str>,
}

impl ToolText {
    /// A name with its description.
    #[must_use]
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
        }
    }
}

/// The subagent tools as a provider's models know them
/// ([`ProviderProfile::subagent_tools`](crate::ProviderProfile::subagent_tools)); the
/// specification's names unless a profile changes them.
///
/// ```
/// use attractor_agent::SubagentTools;
///
/// assert_eq!(SubagentTools::default().spawn_agent.name, "spawn_agent");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubagentTools {
    /// Starts a subagent.
    pub spawn_agent: ToolText,
    /// Sends it a message.
    pub send_input: ToolText,
    /// Waits for its result.
    pub wait: ToolText,
    /// Ends it.
    pub close_agent: ToolText,
    /// Whether `wait` also takes a list, `agent_ids`, and returns when the first of them is done.
    pub wait_takes_several: bool,
}

impl SubagentTools {
    /// Lets `wait` take several agents.
    #[must_use]
    pub fn wait_takes_several(mut self, several: bool) -> Self {
        self.wait_takes_several = several;
        self
    }
}

impl Default for SubagentTools {
    fn default() -> Self {
        Self {
            spawn_agent: ToolText::new(
                "spawn_agent",
                "Spawn a subagent to handle a scoped task autonomously. Returns its id at once; \
                 it works beside you in the same files, and you get its report with the tool that \
                 waits for it. It knows nothing of this conversation: put everything it needs \
                 into the task, and say what it shall report. Use it for parts that are \
                 independent of each other, several at a time, and give no two of them the same \
                 files to change; what is quickly done, do yourself.",
            ),
            send_input: ToolText::new(
                "send_input",
                "Send a message to a running subagent. It reads it after its current round of \
                 tool calls. A subagent that has completed its task starts again with the message \
                 and still knows what it did.",
            ),
            wait: ToolText::new(
                "wait",
                "Wait for a subagent to complete and return its result. When the time is up \
                 first, you are told what it is doing; that is no failure, and it goes on \
                 working. Wait for all subagents before you give your final answer.",
            ),
            close_agent: ToolText::new(
                "close_agent",
                "Terminate a subagent that is no longer needed, whatever it is doing. Returns its \
                 final status. What it has changed in files stays.",
            ),
            wait_takes_several: false,
        }
    }
}
