//! What somebody who watches a run is sent: what is stored, then what comes, each event once and in
//! order.
//!
//! The stream listens to the bus before it reads the store, so that nothing falls between; what the bus
//! tells is a reason to read, and the store's numbers say what was sent already.

use std::collections::VecDeque;

use axum::response::sse::Event;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream, Stream};
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::limits::{LOOK, READ};
use crate::app::App;
use crate::bus::Notice;
use crate::domain::{Error, Principal, RunEvent, RunId, event_type};

/// After these, the run may be over.
const LAST: [&str; 4] = [
    event_type::COMPLETED,
    event_type::FAILED,
    event_type::TIMED_OUT,
    event_type::CANCELED,
];

/// One connection's view of a run.
pub(super) struct Feed {
    app: App,
    who: Principal,
    run: RunId,
    notices: BoxStream<'static, Notice>,
    /// The number of the last event that was sent.
    sent: i64,
    frames: VecDeque<Event>,
    /// Whether the store may have more.
    is_behind: bool,
    /// Whether the run may be over.
    may_be_over: bool,
    has_ended: bool,
    heartbeat: Interval,
    look: Interval,
    /// Held as long as the stream is open.
    _permit: OwnedSemaphorePermit,
}

fn every(period: std::time::Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

impl Feed {
    /// Listens to a run, of which the events up to `after` are known.
    pub(super) async fn open(
        app: App,
        who: Principal,
        run: RunId,
        after: i64,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, Error> {
        let notices = app.bus().subscribe(&run).await?;
        Ok(Self {
            heartbeat: every(app.config().heartbeat),
            look: every(LOOK),
            app,
            who,
            run,
            notices,
            sent: after,
            frames: VecDeque::new(),
            is_behind: true,
            may_be_over: true,
            has_ended: false,
            _permit: permit,
        })
    }

    /// The frames, until the run is over or the server ends.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Event, Error>> {
        stream::unfold(self, |mut feed| async {
            let frame = feed.next().await?;
            Some((Ok(frame), feed))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            if self.has_ended {
                return None;
            }
            if self.is_behind {
                self.catch_up().await;
            } else if self.may_be_over {
                self.end_if_over().await;
            } else {
                self.wait().await;
            }
        }
    }

    /// Reads the next events from the store. While it can't be reached, the next look is awaited.
    async fn catch_up(&mut self) {
        let read = self.app.store().events(&self.run, self.sent, READ).await;
        let events = read.unwrap_or_default();
        self.is_behind = events.len() >= READ as usize;
        for event in events {
            self.sent = event.seq;
            self.may_be_over |= LAST.contains(&event.kind.as_str());
            self.frames.push_back(frame(&event));
        }
    }

    async fn end_if_over(&mut self) {
        self.may_be_over = false;
        let status = match self.app.store().run(&self.run).await {
            Ok(run) if run.status.is_over() && run.last_seq <= self.sent => json!(run.status),
            Ok(run) => {
                self.is_behind = run.last_seq > self.sent;
                self.may_be_over = run.status.is_over();
                return;
            }
            Err(error) if error.kind() == crate::domain::ErrorKind::NotFound => Value::Null,
            Err(_) => return,
        };
        let data = json!({ "runId": self.run, "status": status }).to_string();
        self.frames
            .push_back(Event::default().event("end").data(data));
        self.has_ended = true;
    }

    async fn wait(&mut self) {
        let app = self.app.clone();
        tokio::select! {
            notice = self.notices.next() => match notice {
                Some(Notice::Stored(seq)) => self.is_behind = seq > self.sent,
                Some(Notice::Live(piece)) => {
                    let frame = Event::default().event("live").data(piece.to_string());
                    self.frames.push_back(frame);
                }
                Some(Notice::Missed) => self.is_behind = true,
                // The client comes back to a bus that works.
                None => self.has_ended = true,
            },
            _ = self.look.tick() => (self.is_behind, self.may_be_over) = (true, true),
            _ = self.heartbeat.tick() => self.beat().await,
            () = app.shutdown().cancelled() => self.has_ended = true,
        }
    }

    /// Shows that the stream is alive, if whoever watches may still do so.
    async fn beat(&mut self) {
        let now = self.app.now();
        if let Ok(token) = self.app.store().token(&self.who.token_id).await {
            let is_over = token.expires_at.is_some_and(|end| end <= now);
            if is_over || token.revoked_at.is_some() {
                self.has_ended = true;
                return;
            }
        }
        let data = json!({ "ts": now }).to_string();
        self.frames
            .push_back(Event::default().event("heartbeat").data(data));
    }
}

/// An event as the contract has it (2), with its number as id.
fn frame(event: &RunEvent) -> Event {
    let data = serde_json::to_string(event).unwrap_or_default();
    Event::default().id(event.seq.to_string()).data(data)
}
