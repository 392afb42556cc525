//! A run's events for one client: first those of the journal, then those that happen, without a
//! gap or a duplicate, at the client's pace.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;

use attractor_core::engine::RunUpdate;
use attractor_core::{JournalEntry, JournalReader};
use axum::response::sse::Event;
use futures::stream::{self, Stream, StreamExt as _};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::limits::READ_ENTRIES;
use super::service::blocking;
use super::{Error, PipelineId, PipelineService};

/// What a client is being told.
///
/// Nothing is kept for a client that is slow: what it hasn't read is in the journal, and is read
/// from there when it asks for more.
pub(super) struct Feed {
    service: PipelineService,
    id: PipelineId,
    phase: Phase,
    reader: Option<JournalReader>,
    updates: Option<Pin<Box<dyn Stream<Item = RunUpdate> + Send>>>,
    /// Number of the last entry the client has.
    last: u64,
    ready: VecDeque<Event>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// From the journal.
    Replay,
    /// As it happens.
    Live,
    /// The run is executed no more: the rest of the journal.
    Rest,
    Over,
}

impl Feed {
    /// The events after the one with the number `after`.
    pub(super) fn open(
        service: PipelineService,
        id: PipelineId,
        after: u64,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, Error> {
        let reader = service.directory(&id)?.reader();
        // Listening begins before reading: what happens in between is in both, and told apart.
        let updates = service
            .live(&id)
            .map(|it| Box::pin(it.handle.events()) as _);
        Ok(Self {
            service,
            id,
            phase: Phase::Replay,
            reader: Some(reader),
            updates,
            last: after,
            ready: VecDeque::new(),
            _permit: permit,
        })
    }

    /// The events as a stream, which ends when the run is executed no more.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        stream::unfold(self, |mut feed| async {
            let event = feed.next().await?;
            Some((Ok(event), feed))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            match self.phase {
                Phase::Replay | Phase::Rest => self.read().await,
                Phase::Live => self.listen().await,
                Phase::Over => return None,
            }
        }
    }

    /// Reads some entries from the journal.
    async fn read(&mut self) {
        let Some(mut reader) = self.reader.take() else {
            self.phase = Phase::Over;
            return;
        };
        let read = blocking(move || {
            let mut batch = Vec::new();
            while batch.len() < READ_ENTRIES
                && let Some(entry) = reader.read()?
            {
                batch.push(entry);
            }
            Ok::<_, attractor_core::Error>((batch, reader))
        });
        let (batch, reader) = match read.await.and_then(|read| Ok(read?)) {
            Ok(read) => read,
            Err(error) => return self.break_off(&error),
        };
        self.reader = Some(reader);
        let is_end = batch.len() < READ_ENTRIES;
        batch.iter().for_each(|entry| self.tell(entry));
        match self.phase {
            Phase::Rest if is_end => self.finish().await,
            Phase::Replay if is_end => self.phase = Phase::Live,
            _ => {}
        }
    }

    /// Waits for something to happen.
    async fn listen(&mut self) {
        let update = match &mut self.updates {
            Some(updates) => updates.next().await,
            None => None,
        };
        match update {
            Some(RunUpdate::Entry(entry)) if entry.seq > self.last + 1 => {
                self.phase = Phase::Replay
            }
            Some(RunUpdate::Entry(entry)) => self.tell(&entry),
            Some(RunUpdate::Live {
                branch,
                node,
                progress,
            }) => {
                let mut data = json!({ "node": node });
                if let Some(branch) = branch {
                    data["branch"] = branch.as_str().into();
                }
                if let (Some(data), Ok(serde_json::Value::Object(fields))) =
                    (data.as_object_mut(), serde_json::to_value(&*progress))
                {
                    data.extend(fields);
                }
                self.ready
                    .push_back(Event::default().event("live").data(data.to_string()));
            }
            // What was missed is in the journal.
            Some(_) => self.phase = Phase::Replay,
            None => self.phase = Phase::Rest,
        }
    }

    /// Tells the client an entry, unless it has it.
    fn tell(&mut self, entry: &JournalEntry) {
        if entry.seq <= self.last {
            return;
        }
        self.last = entry.seq;
        if let Ok(data) = serde_json::to_string(entry) {
            let event = Event::default().id(entry.seq.to_string()).data(data);
            self.ready.push_back(event);
        }
    }

    /// Says how the run ended.
    async fn finish(&mut self) {
        self.phase = Phase::Over;
        if let Some(running) = self.service.live(&self.id) {
            // The last entry comes a moment before the end of the execution.
            running.over().await;
        }
        match self.service.status(&self.id).await {
            Ok(status) => {
                let data = json!({
                    "id": self.id,
                    "status": status.summary.status,
                    "reason": status.reason,
                });
                self.ready
                    .push_back(Event::default().event("end").data(data.to_string()));
            }
            Err(error) => self.break_off(&error),
        }
    }

    /// The journal can't be read on; the client may ask again.
    fn break_off(&mut self, error: &Error) {
        tracing::warn!(run = %self.id, %error, "event stream broke off");
        self.phase = Phase::Over;
    }
}
