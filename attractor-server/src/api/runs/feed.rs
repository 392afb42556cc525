//! What somebody who watches a run is sent: what is stored, then what comes, each event once and in
//! order.
//!
//! The stream listens to the bus before it reads the store, so that nothing falls between; what the bus
//! tells is a reason to read, and the store's numbers say what was sent already. What the bus has lost, the
//! lookout finds: it looks for all streams together.

use std::collections::VecDeque;
use std::future::pending;

use axum::response::sse::Event;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream, Stream};
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use super::limits::{LOOK, READ};
use super::lookout::View;
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
    run: RunId,
    notices: BoxStream<'static, Notice>,
    view: View,
    /// The number of the last event that was sent.
    sent: i64,
    frames: VecDeque<Event>,
    /// Whether the store may have more.
    is_behind: bool,
    /// Whether the run may be over.
    may_be_over: bool,
    has_ended: bool,
    /// When the store is asked again, if it couldn't be reached.
    again: Option<Instant>,
    heartbeat: Interval,
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
        who: &Principal,
        run: RunId,
        after: i64,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, Error> {
        let notices = app.bus().subscribe(&run).await?;
        let so_far = app.live().so_far(&run);
        let so_far = so_far.map(|it| Event::default().event("soFar").data(it.to_string()));
        Ok(Self {
            view: app.lookout().watch(&run, &who.token_id),
            heartbeat: every(app.config().heartbeat),
            again: None,
            app,
            run,
            notices,
            sent: after,
            frames: so_far.into_iter().collect(),
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
            let may_ask = self.again.is_none();
            if may_ask && self.is_behind {
                self.catch_up().await;
            } else if may_ask && self.may_be_over {
                self.end_if_over().await;
            } else {
                self.wait().await;
            }
        }
    }

    /// Reads the next events from the store.
    async fn catch_up(&mut self) {
        let read = self.app.store().events(&self.run, self.sent, READ).await;
        let Ok(events) = read else {
            return self.ask_again();
        };
        self.is_behind = events.len() >= READ as usize;
        for event in events {
            self.sent = event.seq;
            self.may_be_over |= LAST.contains(&event.kind.as_str());
            self.frames.push_back(frame(&event));
        }
    }

    /// Waits until the store may be there again, or something is told.
    fn ask_again(&mut self) {
        self.again = Some(Instant::now() + LOOK);
    }

    async fn end_if_over(&mut self) {
        let status = match self.app.store().run(&self.run).await {
            Ok(run) if run.status.is_over() && run.last_seq <= self.sent => json!(run.status),
            Ok(run) => {
                self.is_behind = run.last_seq > self.sent;
                self.may_be_over = run.status.is_over();
                return;
            }
            Err(error) if error.kind() == crate::domain::ErrorKind::NotFound => Value::Null,
            Err(_) => return self.ask_again(),
        };
        let data = json!({ "runId": self.run, "status": status }).to_string();
        self.frames
            .push_back(Event::default().event("end").data(data));
        self.has_ended = true;
    }

    async fn wait(&mut self) {
        let app = self.app.clone();
        let again = self.again;
        let asks_again = async {
            match again {
                Some(moment) => sleep_until(moment).await,
                None => pending().await,
            }
        };
        tokio::select! {
            notice = self.notices.next() => match notice {
                Some(Notice::Stored(seq)) => self.told(seq),
                Some(Notice::Live(piece)) => {
                    let frame = Event::default().event("live").data(piece.to_string());
                    self.frames.push_back(frame);
                }
                Some(Notice::Missed) => self.told(i64::MAX),
                // The client comes back to a bus that works.
                None => self.has_ended = true,
            },
            Ok(()) = self.view.last_event.changed() => {
                let last = *self.view.last_event.borrow_and_update();
                self.told(last.unwrap_or_default());
                // It's gone; or there never were as many events as the client says that it knows.
                self.may_be_over |= last.is_none_or(|seq| seq < self.sent);
            }
            Ok(()) = self.view.is_allowed.changed() => {
                self.has_ended = !*self.view.is_allowed.borrow_and_update();
            }
            () = asks_again => self.again = None,
            _ = self.heartbeat.tick() => self.beat(),
            () = app.shutdown().cancelled() => self.has_ended = true,
        }
    }

    /// Takes note of how far the run's events go.
    fn told(&mut self, seq: i64) {
        if seq > self.sent {
            self.is_behind = true;
            self.again = None;
        }
    }

    /// Shows that the stream is alive.
    fn beat(&mut self) {
        let data = json!({ "ts": self.app.now() }).to_string();
        self.frames
            .push_back(Event::default().event("heartbeat").data(data));
    }
}

/// An event as the contract has it (2), with its number as id.
fn frame(event: &RunEvent) -> Event {
    let data = serde_json::to_string(event).unwrap_or_default();
    Event::default().id(event.seq.to_string()).data(data)
}
