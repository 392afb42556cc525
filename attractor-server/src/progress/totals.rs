//! What a run has used so far, added up from its events.

use std::collections::BTreeSet;

use attractor_core::{JournalEntry, RunEvent, StageProgress};

/// Counters over a run's journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    /// Stages that were completed, successful or not.
    pub(crate) stages: u64,
    /// Attempts that failed and were repeated.
    pub(crate) retries: u64,
    /// Tokens of all prompts, cached ones included.
    pub(crate) input_tokens: u64,
    /// Tokens the models wrote.
    pub(crate) output_tokens: u64,
    /// Calls of tools by models.
    pub(crate) tool_calls: u64,
    /// Micro-dollars, as far as prices are known.
    pub(crate) cost_micro_usd: u64,
    /// Models whose prices aren't known.
    pub(crate) unpriced: BTreeSet<String>,
}

impl Totals {
    /// Adds what an entry reports.
    pub(crate) fn add(&mut self, entry: &JournalEntry) {
        match &entry.event {
            RunEvent::StageCompleted { .. } => self.stages += 1,
            RunEvent::StageFailed {
                will_retry: true, ..
            } => self.retries += 1,
            RunEvent::StageFailed {
                will_retry: false, ..
            } => self.stages += 1,
            RunEvent::Progress { progress, .. } => self.add_progress(progress),
            _ => {}
        }
    }

    fn add_progress(&mut self, progress: &StageProgress) {
        match progress {
            StageProgress::ModelResponse {
                model,
                input_tokens,
                output_tokens,
                cache_read_tokens,
                cache_write_tokens,
                cost_micro_usd,
                ..
            } => {
                let cached = cache_read_tokens.unwrap_or(0) + cache_write_tokens.unwrap_or(0);
                self.input_tokens += input_tokens + cached;
                self.output_tokens += output_tokens;
                match cost_micro_usd {
                    Some(cost) => self.cost_micro_usd += cost,
                    None => {
                        self.unpriced.insert(model.clone());
                    }
                }
            }
            StageProgress::ToolCallStarted { .. } => self.tool_calls += 1,
            _ => {}
        }
    }

    /// Whether a model was called at all.
    pub(crate) fn used_a_model(&self) -> bool {
        self.input_tokens + self.output_tokens > 0
    }

    /// `3.2k in, 410 out, $0.0123`; the cost only where every price is known.
    pub(crate) fn usage(&self) -> String {
        let (input, output) = (self.input_tokens, self.output_tokens);
        let mut text = format!(
            "{} in, {} out",
            super::format::count(input),
            super::format::count(output)
        );
        if self.unpriced.is_empty() {
            text += &format!(", {}", super::format::usd(self.cost_micro_usd));
        }
        text
    }
}
