//! What a run has done and used so far, added up from its events.

use std::collections::BTreeSet;

use attractor_core::{JournalEntry, RunEvent, StageProgress, UsageTotals};

use super::format;

/// Counters over journal entries: those of a run, or of one stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    /// Stages that were completed, successful or not.
    pub(crate) stages: u64,
    /// Attempts that failed and were repeated.
    pub(crate) retries: u64,
    /// Calls of tools by models.
    pub(crate) tool_calls: u64,
    /// What the models have used.
    pub(crate) usage: UsageTotals,
    /// Models whose prices aren't known.
    pub(crate) unpriced: BTreeSet<String>,
}

impl Totals {
    /// Adds what an entry reports.
    pub(crate) fn add(&mut self, entry: &JournalEntry) {
        match &entry.event {
            RunEvent::StageFailed {
                will_retry: true, ..
            } => self.retries += 1,
            RunEvent::StageCompleted { .. } | RunEvent::StageFailed { .. } => self.stages += 1,
            RunEvent::Progress { progress, .. } => self.add_progress(progress),
            _ => {}
        }
    }

    fn add_progress(&mut self, progress: &StageProgress) {
        self.usage.count(progress);
        match progress {
            StageProgress::ModelResponse {
                model,
                cost_micro_usd: None,
                ..
            } => {
                self.unpriced.insert(model.clone());
            }
            StageProgress::ToolCallStarted { .. } => self.tool_calls += 1,
            _ => {}
        }
    }
}

/// `3.2k in, 410 out, $0.0123`; the cost only where every price is known, and nothing where no
/// model has answered.
pub(crate) fn describe(usage: &UsageTotals) -> Option<String> {
    if usage.responses == 0 {
        return None;
    }
    let (input, output) = (usage.input_tokens, usage.output_tokens);
    let mut text = format!("{} in, {} out", format::count(input), format::count(output));
    if usage.unpriced_responses == 0 {
        text += &format!(", {}", format::usd(usage.cost_micro_usd));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The entry of an answer of which most of the prompt came from the cache.
    fn answer() -> JournalEntry {
        serde_json::from_value(json!({
            "version": 1, "seq": 1, "time": "2026-03-17T12:00:00.000Z", "event": "model_response",
            "node": "work", "provider": "anthropic", "model": "m", "input_tokens": 1_000,
            "output_tokens": 50, "cache_read_tokens": 900, "cost_micro_usd": 1_500
        }))
        .unwrap()
    }

    #[test]
    fn cached_tokens_are_counted_once() {
        let mut totals = Totals::default();
        assert_eq!(describe(&totals.usage), None);
        totals.add(&answer());
        assert_eq!(
            describe(&totals.usage).as_deref(),
            Some("1.0k in, 50 out, $0.0015")
        );
    }
}
