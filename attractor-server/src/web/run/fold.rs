//! What a run's page is made of, kept from one look to the next: each event is read once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::limits::{EVENTS, KEPT_BYTES, KEPT_RUNS, READ, RUN_BYTES};
use super::pipeline::Pipeline;
use super::story::{self, Story};
use super::transcript::Transcript;
use crate::app::App;
use crate::domain::{Error, Run, RunEvent, RunId};

/// What is kept of the runs that people look at; the longest unseen goes first.
#[derive(Debug, Default)]
pub(crate) struct Folds(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    runs: HashMap<RunId, Entry>,
    /// Looks so far.
    looks: u64,
}

#[derive(Debug, Default)]
struct Entry {
    fold: Arc<tokio::sync::Mutex<Fold>>,
    bytes: usize,
    /// The number of the last look at it.
    seen: u64,
}

/// A run's events up to one of them, put together.
#[derive(Clone, Debug, Default)]
pub(super) struct Fold {
    pub(super) story: Arc<Story>,
    /// By node.
    transcripts: BTreeMap<String, Arc<Transcript>>,
    /// As soon as its text is known.
    pipeline: Option<Arc<Pipeline>>,
}

impl Folds {
    fn of(&self, run: &RunId) -> Arc<tokio::sync::Mutex<Fold>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.looks += 1;
        let seen = kept.looks;
        let entry = kept.runs.entry(run.clone()).or_default();
        entry.seen = seen;
        Arc::clone(&entry.fold)
    }

    /// Notes how large a run's is, and lets go what is too much.
    fn weigh(&self, run: &RunId, bytes: usize) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = kept.runs.get_mut(run) {
            entry.bytes = bytes;
        }
        let is_too_much = |kept: &Kept| {
            let bytes: usize = kept.runs.values().map(|entry| entry.bytes).sum();
            kept.runs.len() > 1 && (bytes > KEPT_BYTES || kept.runs.len() > KEPT_RUNS)
        };
        while is_too_much(&kept) {
            let oldest = kept.runs.iter().min_by_key(|(_, entry)| entry.seen);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                return;
            };
            kept.runs.remove(&oldest);
        }
    }
}

impl Fold {
    /// A run as it is now: what was kept of it, and what has come since.
    pub(super) async fn read(app: &App, run: &Run) -> Result<Self, Error> {
        let fold = app.folds().of(&run.id);
        let mut fold = fold.lock().await;
        fold.catch_up(app, run).await?;
        app.folds().weigh(&run.id, fold.bytes());
        Ok(fold.clone())
    }

    /// What was said and done at a node.
    pub(super) fn transcript(&self, node: &str) -> Arc<Transcript> {
        self.transcripts.get(node).cloned().unwrap_or_default()
    }

    /// The pipeline, or nothing of one whose text isn't known.
    pub(super) fn pipeline(&self) -> Arc<Pipeline> {
        self.pipeline.clone().unwrap_or_default()
    }

    async fn catch_up(&mut self, app: &App, run: &Run) -> Result<(), Error> {
        if self.pipeline.is_none() {
            self.pipeline = Pipeline::of(app, run).await.map(Arc::new);
        }
        let begun = self.story.last_seq;
        // The next look takes what comes meanwhile.
        while self.story.last_seq < run.last_seq && self.story.last_seq - begun < EVENTS {
            let after = self.story.last_seq;
            let events = app.store().events(&run.id, after, READ).await?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                self.add(event);
            }
        }
        while self.bytes() > RUN_BYTES {
            let longest = self.transcripts.values_mut().max_by_key(|it| it.bytes());
            let Some(longest) = longest else { break };
            Arc::make_mut(longest).shorten();
        }
        Ok(())
    }

    fn add(&mut self, event: &RunEvent) {
        let entry = story::entry(event);
        Arc::make_mut(&mut self.story).add(event, entry.as_ref());
        let Some((entry, node)) = entry.as_ref().and_then(|it| Some((it, it.event.node()?))) else {
            return;
        };
        let transcript = match self.transcripts.get_mut(node.as_str()) {
            Some(transcript) => transcript,
            None => self.transcripts.entry(node.to_string()).or_default(),
        };
        Arc::make_mut(transcript).add(event.ts, entry);
    }

    /// About as many bytes it takes.
    fn bytes(&self) -> usize {
        let pipeline = self.pipeline.as_ref().map_or(0, |it| it.bytes());
        let transcripts = self.transcripts.values().map(|it| it.bytes());
        transcripts.sum::<usize>() + pipeline
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{EventId, Timestamp};

    fn said(seq: i64, node: &str, text: &str) -> RunEvent {
        let entry = json!({
            "version": 1, "seq": seq, "time": "2026-03-17T12:00:00.125Z", "event": "text",
            "node": node, "text": text,
        });
        RunEvent {
            id: EventId::default(),
            run_id: RunId::default(),
            seq,
            ts: Timestamp::from_millis(seq),
            kind: "EngineText".to_owned(),
            payload: json!({ "nodeId": node, "payload": entry }),
        }
    }

    #[test]
    fn each_node_has_a_transcript_of_its_own() {
        let mut fold = Fold::default();
        for event in [
            said(1, "plan", "one"),
            said(2, "fix", "two"),
            said(3, "plan", "three"),
        ] {
            fold.add(&event);
        }
        let turns = |node: &str| fold.transcript(node).turns.len();
        assert_eq!((turns("plan"), turns("fix"), turns("none")), (2, 1, 0));
        assert_eq!(fold.story.last_seq, 3);
    }

    #[test]
    fn a_long_transcript_keeps_its_end() {
        let mut fold = Fold::default();
        let long = "x".repeat(100_000);
        for seq in 1..=100 {
            fold.add(&said(seq, "plan", &long));
        }
        let transcript = fold.transcript("plan");
        assert!(fold.bytes() < 3 * 1024 * 1024, "{}", fold.bytes());
        assert_eq!(transcript.turns.len() + transcript.left_out, 100);
    }

    #[test]
    fn what_nobody_has_looked_at_for_long_goes_first() {
        let folds = Folds::default();
        let runs: Vec<RunId> = (0..4).map(|_| RunId::new()).collect();
        for run in &runs {
            folds.of(run);
            folds.weigh(run, KEPT_BYTES / 3);
        }
        let kept = folds.0.lock().unwrap();
        let is_kept: Vec<_> = runs.iter().map(|run| kept.runs.contains_key(run)).collect();
        assert_eq!(is_kept, [false, true, true, true]);
    }
}
