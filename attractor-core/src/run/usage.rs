use serde::{Deserialize, Serialize};

use crate::handler::StageProgress;

/// What a run's models have used so far, those of its child pipelines included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UsageTotals {
    /// Answers of models.
    pub responses: u64,
    /// Tokens of the requests, those from the cache included.
    pub input_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// Tokens of the answers that were spent on reasoning.
    pub reasoning_tokens: u64,
    /// Tokens of the requests that came from a provider's cache.
    pub cache_read_tokens: u64,
    /// Tokens of the requests that were put into a provider's cache.
    pub cache_write_tokens: u64,
    /// What the answers with a known price cost, in millionths of a US dollar.
    pub cost_micro_usd: u64,
    /// Answers without a known price.
    pub unpriced_responses: u64,
    /// Tool calls of models.
    pub tool_calls: u64,
    /// Stages that child pipelines have executed.
    pub child_stages: u64,
}

impl UsageTotals {
    /// Counts a report, if it's about something that models or child pipelines have used.
    pub fn count(&mut self, report: &StageProgress) {
        if let Some(used) = Self::of(report) {
            self.add(&used);
        }
    }

    /// What a report is about, if it's about something used.
    pub(crate) fn of(report: &StageProgress) -> Option<Self> {
        match report {
            StageProgress::ModelResponse {
                input_tokens,
                output_tokens,
                reasoning_tokens,
                cache_read_tokens,
                cache_write_tokens,
                cost_micro_usd,
                ..
            } => Some(Self {
                responses: 1,
                input_tokens: *input_tokens,
                output_tokens: *output_tokens,
                reasoning_tokens: reasoning_tokens.unwrap_or(0),
                cache_read_tokens: cache_read_tokens.unwrap_or(0),
                cache_write_tokens: cache_write_tokens.unwrap_or(0),
                cost_micro_usd: cost_micro_usd.unwrap_or(0),
                unpriced_responses: u64::from(cost_micro_usd.is_none()),
                ..Self::default()
            }),
            StageProgress::ToolCallStarted { .. } => Some(Self {
                tool_calls: 1,
                ..Self::default()
            }),
            StageProgress::ChildUsage { usage } => Some(*usage),
            _ => None,
        }
    }

    /// Adds what was used elsewhere.
    pub fn add(&mut self, more: &Self) {
        self.combine(more, u64::saturating_add);
    }

    /// What was used since these were the totals.
    #[must_use]
    pub fn since(mut self, earlier: &Self) -> Self {
        self.combine(earlier, u64::saturating_sub);
        self
    }

    fn combine(&mut self, other: &Self, with: fn(u64, u64) -> u64) {
        let combine = |own: &mut u64, other: u64| *own = with(*own, other);
        combine(&mut self.responses, other.responses);
        combine(&mut self.input_tokens, other.input_tokens);
        combine(&mut self.output_tokens, other.output_tokens);
        combine(&mut self.reasoning_tokens, other.reasoning_tokens);
        combine(&mut self.cache_read_tokens, other.cache_read_tokens);
        combine(&mut self.cache_write_tokens, other.cache_write_tokens);
        combine(&mut self.cost_micro_usd, other.cost_micro_usd);
        combine(&mut self.unpriced_responses, other.unpriced_responses);
        combine(&mut self.tool_calls, other.tool_calls);
        combine(&mut self.child_stages, other.child_stages);
    }
}
