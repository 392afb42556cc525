use serde::{Deserialize, Serialize};

use crate::handler::StageProgress;

/// What a run's models have used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl UsageTotals {
    /// Counts a report, if it's an answer of a model.
    pub fn count(&mut self, report: &StageProgress) {
        let StageProgress::ModelResponse {
            input_tokens,
            output_tokens,
            reasoning_tokens,
            cache_read_tokens,
            cache_write_tokens,
            cost_micro_usd,
            ..
        } = report
        else {
            return;
        };
        let add = |total: &mut u64, more: u64| *total = total.saturating_add(more);
        add(&mut self.responses, 1);
        add(&mut self.input_tokens, *input_tokens);
        add(&mut self.output_tokens, *output_tokens);
        add(&mut self.reasoning_tokens, reasoning_tokens.unwrap_or(0));
        add(&mut self.cache_read_tokens, cache_read_tokens.unwrap_or(0));
        add(
            &mut self.cache_write_tokens,
            cache_write_tokens.unwrap_or(0),
        );
        match cost_micro_usd {
            Some(cost) => add(&mut self.cost_micro_usd, *cost),
            None => add(&mut self.unpriced_responses, 1),
        }
    }
}
