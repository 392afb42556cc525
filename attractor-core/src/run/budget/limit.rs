use serde::{Deserialize, Serialize};

/// One of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// What the models may cost.
    MaxCost,
    /// Tokens.
    MaxTokens,
    /// How long the run may be executed.
    MaxDuration,
    /// Visits of nodes.
    MaxSteps,
    /// Tool calls of models.
    MaxToolCalls,
}

impl Limit {
    /// What stands against a call of a model.
    pub const OF_MODEL_CALLS: &'static [Self] =
        &[Self::MaxCost, Self::MaxTokens, Self::MaxDuration];

    /// What stands against a tool call of a model.
    pub const OF_TOOL_CALLS: &'static [Self] = &[Self::MaxToolCalls, Self::MaxDuration];

    /// What stands against a visit of any node but the exit.
    pub const OF_STAGES: &'static [Self] = &[Self::MaxSteps, Self::MaxDuration];

    /// The limit as journals spell it, for example `max_tool_calls`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxCost => "max_cost",
            Self::MaxTokens => "max_tokens",
            Self::MaxDuration => "max_duration",
            Self::MaxSteps => "max_steps",
            Self::MaxToolCalls => "max_tool_calls",
        }
    }

    pub(super) fn amount(self, value: u64) -> String {
        match self {
            Self::MaxCost => format!("${}.{:06}", value / 1_000_000, value % 1_000_000),
            Self::MaxDuration => format!("{}.{:03} s", value / 1_000, value % 1_000),
            Self::MaxTokens => format!("{value} tokens"),
            Self::MaxSteps => format!("{value} stages"),
            Self::MaxToolCalls => format!("{value} tool calls"),
        }
    }
}
