//! A run's events, through whatever happens to the connection and to the server.

use futures::StreamExt as _;
use futures::stream::BoxStream;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::limits::{BACKOFF, EMPTY_STREAMS, LONGEST_WAIT, PATIENCE};
use super::sse::{self, Broken, Event};
use super::{Error, Remote};
use crate::domain::{RunEvent, RunId};

/// What is seen of a run.
#[derive(Debug)]
pub(crate) enum Sight {
    /// An event that is stored, and its text as the server has it.
    Stored(Box<RunEvent>, Value),
    /// A piece of what a model says or a tool prints.
    Live(Value),
    /// The connection is gone; it's looked for again.
    Lost,
    /// It's there again.
    Back,
    /// Nothing more will come: the run is over, or deleted.
    End,
}

/// Follows a run: each stored event once and in order.
pub(crate) struct Watch<'a> {
    remote: &'a Remote,
    run: RunId,
    /// The number of the last event that was seen.
    seen: i64,
    events: Option<BoxStream<'static, Result<Event, Broken>>>,
    /// Since when there is no server.
    lost_since: Option<Instant>,
    /// Whether that was told.
    is_told: bool,
    /// Whether a stream was ever open: what doesn't begin isn't waited for.
    has_begun: bool,
    attempts: u32,
    /// Streams in a row that had nothing.
    empty: u32,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(remote: &'a Remote, run: RunId) -> Self {
        Self {
            remote,
            run,
            seen: 0,
            events: None,
            lost_since: None,
            is_told: false,
            has_begun: false,
            attempts: 0,
            empty: 0,
        }
    }

    /// What is seen next. May be dropped while it waits, without missing anything.
    ///
    /// # Errors
    ///
    /// If the server is away for too long, doesn't let its events be seen, or sends what makes no sense.
    pub(crate) async fn next(&mut self) -> Result<Sight, Error> {
        loop {
            let Some(events) = &mut self.events else {
                if let Some(sight) = self.open().await? {
                    return Ok(sight);
                }
                continue;
            };
            let event = match events.next().await {
                Some(Ok(event)) => event,
                Some(Err(Broken::Malformed(why))) => return Err(self.remote.malformed(why)),
                Some(Err(Broken::Lost(super::Failure::TooLarge))) => {
                    return Err(self.remote.lost(super::Failure::TooLarge));
                }
                Some(Err(Broken::Lost(_))) | None => {
                    self.events = None;
                    self.empty += 1;
                    continue;
                }
            };
            (self.attempts, self.empty) = (0, 0);
            if let Some(sight) = self.sight(&event)? {
                return Ok(sight);
            }
        }
    }

    /// The run as it is now, from a server that may be away for a while.
    ///
    /// # Errors
    ///
    /// As for [`next`](Self::next).
    pub(crate) async fn run(&self) -> Result<Value, Error> {
        let (since, mut wait) = (Instant::now(), BACKOFF);
        loop {
            let error = match self.remote.run(&self.run).await {
                Ok(run) => return Ok(run),
                Err(error) => error,
            };
            if !error.is_passing() || since.elapsed() >= PATIENCE {
                return Err(error);
            }
            sleep(wait).await;
            wait = LONGEST_WAIT.min(wait * 2);
        }
    }

    fn sight(&mut self, event: &Event) -> Result<Option<Sight>, Error> {
        let read = |text: &str| {
            serde_json::from_str::<Value>(text)
                .map_err(|error| self.remote.malformed(error.to_string()))
        };
        match event.name.as_str() {
            "message" => {
                let value = read(&event.data)?;
                let stored: RunEvent = serde_json::from_value(value.clone())
                    .map_err(|error| self.remote.malformed(error.to_string()))?;
                if stored.seq <= self.seen {
                    return Ok(None);
                }
                self.seen = stored.seq;
                Ok(Some(Sight::Stored(Box::new(stored), value)))
            }
            "live" => Ok(Some(Sight::Live(read(&event.data)?))),
            "end" => Ok(Some(Sight::End)),
            _ => Ok(None),
        }
    }

    /// Tries to open the stream, once, after a while if it isn't the first time.
    async fn open(&mut self) -> Result<Option<Sight>, Error> {
        if self.empty >= EMPTY_STREAMS {
            return Err(self.remote.malformed("its streams end without an event"));
        }
        if self.attempts > 0 {
            sleep(LONGEST_WAIT.min(BACKOFF * 2_u32.saturating_pow(self.attempts - 1))).await;
        }
        self.attempts = self.attempts.saturating_add(1);
        let error = match self.remote.events(&self.run, self.seen).await {
            Ok(pieces) => {
                self.events = Some(sse::events(pieces));
                self.lost_since = None;
                self.has_begun = true;
                return Ok(std::mem::take(&mut self.is_told).then_some(Sight::Back));
            }
            Err(error) => error,
        };
        if !self.has_begun || !error.is_passing() {
            return Err(error);
        }
        let now = Instant::now();
        let since = *self.lost_since.get_or_insert(now);
        if now.duration_since(since) >= PATIENCE {
            return Err(error);
        }
        let is_news = !std::mem::replace(&mut self.is_told, true);
        Ok(is_news.then_some(Sight::Lost))
    }
}
