//! Follows a run's journal and tells the control plane what is in it: each entry once, in order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use attractor_core::engine::{RunHandle, RunUpdate};
use attractor_core::journal::{JournalReader, RunDirectory};
use attractor_core::{JournalEntry, RunEvent, StageProgress};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::api::{Api, Told};
use super::error::Failure;
use super::limits::{
    BATCH_BYTES, BATCH_EVENTS, BATCH_EVERY, LIVE_CHARACTERS, LIVE_PIECES, LIVE_PLACES,
};
use crate::domain::{RunId, Timestamp};
use crate::runner_api::{EventBatch, RunnerEvent, event_type_of};
use crate::secrets::{ScrubStream, Scrubber};

/// Pieces that wait to be sent; the oldest are dropped when there are too many.
#[derive(Debug, Default)]
pub(super) struct Live(Mutex<VecDeque<Value>>);

impl Live {
    fn push(&self, piece: Value) {
        let mut pieces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pieces.len() == LIVE_PIECES {
            pieces.pop_front();
        }
        pieces.push_back(piece);
    }

    fn take(&self) -> Vec<Value> {
        let mut pieces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *pieces).into()
    }
}

/// Gathers what isn't journaled, until the execution ends.
pub(super) async fn gather_live(handle: &RunHandle, live: &Live, scrubber: &Scrubber) {
    let mut updates = handle.events();
    let mut places = Places::default();
    while let Some(update) = updates.next().await {
        if let RunUpdate::Live {
            branch,
            node,
            progress,
        } = update
            && let Some((kind, text)) = piece(&progress)
        {
            let branch = branch.as_ref().map(|it| it.as_str());
            let place = format!("{}/{node}/{kind}", branch.unwrap_or_default());
            let text = places.clean(place, text, scrubber);
            if !text.is_empty() {
                live.push(json!({
                    "nodeId": node.as_str(), "branch": branch, "kind": kind, "text": text,
                }));
            }
        }
    }
}

/// The texts that come in pieces, by where they come from: a secret mustn't be seen in two halves.
#[derive(Debug, Default)]
struct Places(BTreeMap<String, ScrubStream>);

impl Places {
    /// What may be shown of a piece and of what was held back before.
    fn clean(&mut self, place: String, piece: &str, scrubber: &Scrubber) -> String {
        if self.0.len() == LIVE_PLACES && !self.0.contains_key(&place) {
            // What they hold back is journaled with the rest of their texts.
            self.0.clear();
        }
        let stream = self.0.entry(place).or_insert_with(|| scrubber.stream());
        let text = stream.push_text(piece);
        match text.char_indices().nth(LIVE_CHARACTERS) {
            Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
            None => text,
        }
    }
}

/// What a report that isn't journaled says: which kind of text, and the text.
fn piece(progress: &StageProgress) -> Option<(&'static str, &str)> {
    match progress {
        StageProgress::TextDelta { text } => Some(("text", text)),
        StageProgress::ToolOutputDelta { text, .. } => Some(("toolOutput", text)),
        _ => None,
    }
}

/// Tells what a run's journal has, from where the control plane's ends.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    api: &'a Api,
    run: &'a RunId,
    directory: &'a RunDirectory,
    reader: JournalReader,
    /// An entry that was read and didn't fit into the batch before.
    held: Option<JournalEntry>,
    scrubber: &'a Scrubber,
    live: Arc<Live>,
    /// The number of the last entry that is stored there.
    after: i64,
    /// Entries up to this one are copies of another run's, which has paid for them.
    copied: u64,
}

impl<'a> Teller<'a> {
    pub(super) fn new(
        (api, run): (&'a Api, &'a RunId),
        directory: &'a RunDirectory,
        scrubber: &'a Scrubber,
        live: Arc<Live>,
        after: i64,
    ) -> Result<Self, Failure> {
        let unreadable = |error: attractor_core::Error| Failure::run(error.to_string());
        let entries = directory.entries().map_err(unreadable)?;
        let forked = entries
            .iter()
            .rfind(|entry| matches!(entry.event, RunEvent::RunForked { .. }));
        let copied = forked.map_or(0, |entry| entry.seq);
        let mut teller = Self {
            api,
            run,
            directory,
            reader: directory.reader(),
            held: None,
            scrubber,
            live,
            after,
            copied,
        };
        teller.go_to(after)?;
        Ok(teller)
    }

    /// Makes the entry after this one the next.
    fn go_to(&mut self, after: i64) -> Result<(), Failure> {
        self.reader = self.directory.reader();
        self.held = None;
        self.after = after;
        while let Some(entry) = self.read()? {
            if seq(&entry) > after {
                self.held = Some(entry);
                break;
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Result<Option<JournalEntry>, Failure> {
        match self.held.take() {
            Some(entry) => Ok(Some(entry)),
            None => self
                .reader
                .read()
                .map_err(|error| Failure::run(format!("the journal can't be read: {error}"))),
        }
    }

    /// Tells entries as they come, until `ended` says that there are no more and all are told.
    pub(super) async fn follow(&mut self, ended: &Notify) -> Result<(), Failure> {
        loop {
            let is_last = tokio::select! {
                () = ended.notified() => true,
                () = sleep(BATCH_EVERY) => false,
            };
            self.all().await?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Tells all entries that there are now.
    pub(super) async fn all(&mut self) -> Result<(), Failure> {
        loop {
            let batch = self.batch()?;
            if batch.events.is_empty() && batch.live.is_empty() {
                return Ok(());
            }
            let is_live_only = batch.events.is_empty();
            match self.api.tell(&batch).await? {
                Told::Stored(stored) => {
                    let sent = batch.after + i64::try_from(batch.events.len()).unwrap_or(0);
                    if stored.journal_seq != sent {
                        self.go_to(stored.journal_seq)?;
                    } else {
                        self.after = sent;
                    }
                }
                Told::Gap(after) => self.go_to(after)?,
            }
            if is_live_only {
                // What comes meanwhile is gathered, not sent piece by piece.
                return Ok(());
            }
        }
    }

    /// As many entries as fit, and what is there to be shown live.
    fn batch(&mut self) -> Result<EventBatch, Failure> {
        let mut batch = EventBatch {
            after: self.after,
            events: Vec::new(),
            live: self.live.take(),
        };
        let mut bytes = 0;
        while batch.events.len() < BATCH_EVENTS {
            let Some(entry) = self.read()? else { break };
            let event = event(self.run, &entry, self.scrubber, entry.seq <= self.copied);
            bytes += event.payload.to_string().len();
            if bytes > BATCH_BYTES && !batch.events.is_empty() {
                self.held = Some(entry);
                break;
            }
            batch.events.push(event);
        }
        Ok(batch)
    }
}

fn seq(entry: &JournalEntry) -> i64 {
    i64::try_from(entry.seq).unwrap_or(i64::MAX)
}

/// An entry as an event of the run.
fn event(run: &RunId, entry: &JournalEntry, scrubber: &Scrubber, copied: bool) -> RunnerEvent {
    let mut whole = serde_json::to_value(entry).unwrap_or_default();
    let ts = whole.get("time").cloned().unwrap_or_default();
    let node = whole.get("node").cloned().unwrap_or_default();
    let cost = whole.get("cost_micro_usd").and_then(Value::as_i64);
    let is_answer = matches!(entry.event.name(), "model_response" | "child_usage");
    scrubber.json(&mut whole);
    RunnerEvent {
        kind: event_type_of(entry.event.name()),
        ts: serde_json::from_value(ts).unwrap_or_else(|_| Timestamp::now()),
        payload: json!({
            "runId": run.as_str(),
            "nodeId": node,
            "payload": whole,
        }),
        cost_micro_usd: cost.filter(|_| is_answer && !copied),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::SecretEnvironment;

    fn scrubber() -> Scrubber {
        let secrets = [("KEY".to_owned(), "sk-secret-1".into())];
        Scrubber::new(&SecretEnvironment::from(secrets))
    }

    #[test]
    fn an_entry_is_an_event_without_secrets_and_with_its_cost() {
        let run = RunId::new();
        let entry: JournalEntry = serde_json::from_value(json!({
            "version": 1, "seq": 4, "time": "2026-03-17T12:00:00.125Z", "event": "model_response",
            "node": "plan", "provider": "anthropic", "model": "sk-secret-1", "input_tokens": 3,
            "output_tokens": 4, "cost_micro_usd": 17,
        }))
        .unwrap();
        let told = event(&run, &entry, &scrubber(), false);
        assert_eq!(told.kind, "EngineModelResponse");
        assert_eq!(told.cost_micro_usd, Some(17));
        assert_eq!(told.ts.to_string(), "2026-03-17T12:00:00.125Z");
        assert_eq!(told.payload["nodeId"], "plan");
        assert_eq!(told.payload["payload"]["seq"], 4);
        assert_eq!(told.payload["payload"]["model"], "[secret KEY]");
        assert_eq!(event(&run, &entry, &scrubber(), true).cost_micro_usd, None);
    }

    #[test]
    fn a_secret_in_two_pieces_is_seen_in_none() {
        let (scrubber, mut places) = (scrubber(), Places::default());
        let mut said = |place: &str, piece| places.clean(place.to_owned(), piece, &scrubber);
        assert_eq!(said("a", "it is sk-se"), "it is ");
        assert_eq!(said("b", "sk"), "");
        assert_eq!(said("a", "cret-1."), "[secret KEY].");
        assert_eq!(said("b", "y"), "sky");
    }

    #[test]
    fn of_too_many_pieces_the_oldest_are_dropped() {
        let live = Live::default();
        for number in 0..LIVE_PIECES + 3 {
            live.push(json!(number));
        }
        let pieces = live.take();
        assert_eq!(pieces.len(), LIVE_PIECES);
        assert_eq!(pieces[0], 3);
        assert!(live.take().is_empty());
    }
}
