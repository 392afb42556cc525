use serde::{Deserialize, Serialize};

use super::Limit;
use crate::run::UsageTotals;

/// What a run has used, each in the unit of its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spent {
    /// What the models have cost, in millionths of a US dollar.
    pub cost_micro_usd: u64,
    /// Tokens of requests and answers.
    pub tokens: u64,
    /// How long the run was executed, in milliseconds.
    pub duration_ms: u64,
    /// Visits of nodes.
    pub steps: u64,
    /// Tool calls of models.
    pub tool_calls: u64,
}

impl Spent {
    /// What models have used, and stages of the run itself.
    pub(crate) fn new(usage: &UsageTotals, steps: u64) -> Self {
        Self {
            cost_micro_usd: usage.cost_micro_usd,
            tokens: usage.input_tokens.saturating_add(usage.output_tokens),
            duration_ms: 0,
            steps: steps.saturating_add(usage.child_stages),
            tool_calls: usage.tool_calls,
        }
    }

    /// The same with how long the run was executed.
    pub(crate) fn lasting(mut self, milliseconds: u64) -> Self {
        self.duration_ms = milliseconds;
        self
    }

    /// What counts against a limit.
    #[must_use]
    pub fn get(&self, limit: Limit) -> u64 {
        match limit {
            Limit::MaxCost => self.cost_micro_usd,
            Limit::MaxTokens => self.tokens,
            Limit::MaxDuration => self.duration_ms,
            Limit::MaxSteps => self.steps,
            Limit::MaxToolCalls => self.tool_calls,
        }
    }
}
