//! Every setting of a session, with its default and why.

use std::{collections::BTreeMap, time::Duration};

use attractor_llm::RetryPolicy;

use super::Budget;
use crate::{limits, subagent::SubagentLimits};

/// How a session behaves (coding-agent-loop-spec 2.2). Zero means no limit.
///
/// ```
/// use attractor_agent::SessionConfig;
///
/// let config = SessionConfig::new().max_turns(50).reasoning_effort("high");
/// assert_eq!(config.max_turns, 50);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionConfig {
    /// Responses of the model in the whole session.
    pub max_turns: u32,
    /// Rounds of tool calls for one input.
    pub max_tool_rounds_per_input: u32,
    /// How long a command may take that doesn't say; the profile's default, else ten seconds,
    /// when absent.
    pub default_command_timeout_ms: Option<u64>,
    /// How long any command may take; ten minutes by default.
    pub max_command_timeout_ms: u64,
    /// How long commands may take to end after the polite signal of an abort, before they are killed:
    /// two seconds by default, a minute at most, none with 0. A command that doesn't mind the signal
    /// ends at once.
    pub abort_grace_ms: u64,
    /// How much the model reasons; the provider's default when absent.
    pub reasoning_effort: Option<String>,
    /// Characters of a tool's output that the model is shown, by tool, where they differ from
    /// [`output_limit`](crate::output_limit).
    pub tool_output_limits: BTreeMap<String, usize>,
    /// The same in lines.
    pub tool_line_limits: BTreeMap<String, usize>,
    /// Whether the model is told when its tool calls repeat.
    pub enable_loop_detection: bool,
    /// How many calls must repeat.
    pub loop_detection_window: usize,
    /// What the session and its subagents may spend: checked before each request, so the last one
    /// may go beyond it. The session takes from it through a child of its own.
    pub budget: Budget,
    /// Variables for every command, on top of what the environment passes on.
    pub variables: BTreeMap<String, String>,
    /// The last layer of the system prompt.
    pub user_instructions: Option<String>,
    /// The same for its subagents, after the words that every subagent is given;
    /// `user_instructions` when absent.
    pub subagent_instructions: Option<String>,
    /// How deep subagents may be nested; none at all with 0.
    pub max_subagent_depth: u32,
    /// How many subagents there may be and how long they may take.
    pub subagents: SubagentLimits,
    /// How failed requests are repeated, as long as nothing of the answer has arrived.
    pub retry: RetryPolicy,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            max_turns: 0,
            max_tool_rounds_per_input: 0,
            default_command_timeout_ms: None,
            max_command_timeout_ms: 600_000,
            abort_grace_ms: 2_000,
            reasoning_effort: None,
            tool_output_limits: BTreeMap::new(),
            tool_line_limits: BTreeMap::new(),
            enable_loop_detection: true,
            loop_detection_window: 10,
            budget: Budget::default(),
            variables: BTreeMap::new(),
            user_instructions: None,
            subagent_instructions: None,
            max_subagent_depth: 1,
            subagents: SubagentLimits::default(),
            retry: RetryPolicy::default(),
        }
    }
}

impl SessionConfig {
    /// The specification's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits the model's responses in the whole session.
    #[must_use]
    pub fn max_turns(mut self, turns: u32) -> Self {
        self.max_turns = turns;
        self
    }

    /// Limits the rounds of tool calls for one input.
    #[must_use]
    pub fn max_tool_rounds_per_input(mut self, rounds: u32) -> Self {
        self.max_tool_rounds_per_input = rounds;
        self
    }

    /// Sets how long a command may take when it doesn't say, whatever the profile's default.
    #[must_use]
    pub fn default_command_timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.default_command_timeout_ms = Some(timeout_ms);
        self
    }

    /// Sets how long any command may take.
    #[must_use]
    pub fn max_command_timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.max_command_timeout_ms = timeout_ms;
        self
    }

    /// Sets how long commands may take to end when the session is aborted.
    #[must_use]
    pub fn abort_grace_ms(mut self, grace_ms: u64) -> Self {
        self.abort_grace_ms = grace_ms;
        self
    }

    /// Sets how much the model reasons.
    #[must_use]
    pub fn reasoning_effort(mut self, effort: impl Into<String>) -> Self {
        self.reasoning_effort = Some(effort.into());
        self
    }

    /// Sets how many characters of a tool's output the model is shown.
    #[must_use]
    pub fn tool_output_limit(mut self, tool: impl Into<String>, chars: usize) -> Self {
        self.tool_output_limits.insert(tool.into(), chars);
        self
    }

    /// Sets how many lines of a tool's output the model is shown.
    #[must_use]
    pub fn tool_line_limit(mut self, tool: impl Into<String>, lines: usize) -> Self {
        self.tool_line_limits.insert(tool.into(), lines);
        self
    }

    /// Turns loop detection on or off.
    #[must_use]
    pub fn enable_loop_detection(mut self, enable: bool) -> Self {
        self.enable_loop_detection = enable;
        self
    }

    /// Sets how many calls must repeat to count as a loop.
    #[must_use]
    pub fn loop_detection_window(mut self, calls: usize) -> Self {
        self.loop_detection_window = calls;
        self
    }

    /// Sets what the session may spend.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Sets a variable for every command.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Sets the last layer of the system prompt.
    #[must_use]
    pub fn user_instructions(mut self, instructions: impl Into<String>) -> Self {
        self.user_instructions = Some(instructions.into());
        self
    }

    /// Sets the last layer of its subagents' system prompts.
    #[must_use]
    pub fn subagent_instructions(mut self, instructions: impl Into<String>) -> Self {
        self.subagent_instructions = Some(instructions.into());
        self
    }

    /// Sets how deep subagents may be nested.
    #[must_use]
    pub fn max_subagent_depth(mut self, depth: u32) -> Self {
        self.max_subagent_depth = depth;
        self
    }

    /// Sets how many subagents there may be and how long they may take.
    #[must_use]
    pub fn subagents(mut self, limits: SubagentLimits) -> Self {
        self.subagents = limits;
        self
    }

    /// Sets how failed requests are repeated.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    pub(crate) fn abort_grace(&self) -> Duration {
        Duration::from_millis(self.abort_grace_ms).min(limits::LONGEST_CANCEL_GRACE)
    }
}
