//! A run's events, through whatever happens to the connection and to the server.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::BoxStream;
use serde_json::Value;

use super::limits::{BACKOFF, EMPTY_STREAMS, LONGEST_WAIT, PATIENCE};
use super::sse::{self, Broken, Event};
use super::{Error, Failure, Remote};
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

/// The events of a stream, in order.
pub(crate) type Stream = BoxStream<'static, Result<Event, Broken>>;

/// Who knows runs and tells their events: a server; and the time that passes meanwhile.
pub(crate) trait Source {
    /// A run as it is now.
    async fn look(&self, run: &RunId) -> Result<Value, Error>;

    /// The events of a run after a number, as they come.
    async fn listen(&self, run: &RunId, after: i64) -> Result<Stream, Error>;

    /// The present moment.
    fn now(&self) -> Instant;

    /// Lets time pass.
    async fn wait(&self, time: Duration);

    /// An error of what it told.
    fn malformed(&self, why: String) -> Error;

    /// An error of how it was told.
    fn lost(&self, failure: Failure) -> Error;
}

impl Source for Remote {
    async fn look(&self, run: &RunId) -> Result<Value, Error> {
        self.run(run).await
    }

    async fn listen(&self, run: &RunId, after: i64) -> Result<Stream, Error> {
        Ok(sse::events(self.events(run, after).await?))
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn malformed(&self, why: String) -> Error {
        Remote::malformed(self, why)
    }

    fn lost(&self, failure: Failure) -> Error {
        Remote::lost(self, failure)
    }
}

/// Follows a run: each stored event once and in order.
pub(crate) struct Watch<'a, S = Remote> {
    source: &'a S,
    run: RunId,
    /// The number of the last event that was seen.
    seen: i64,
    events: Option<Stream>,
    /// Since when there is no server.
    lost_since: Option<Instant>,
    /// Whether that was told.
    is_told: bool,
    /// Whether a stream was ever open: what doesn't begin isn't waited for.
    has_begun: bool,
    attempts: u32,
    /// How long the server wants to be left alone.
    asked_to_wait: Duration,
    /// Streams in a row that had nothing.
    empty: u32,
}

impl<'a, S: Source> Watch<'a, S> {
    pub(crate) fn new(source: &'a S, run: RunId) -> Self {
        Self {
            source,
            run,
            seen: 0,
            events: None,
            lost_since: None,
            is_told: false,
            has_begun: false,
            attempts: 0,
            asked_to_wait: Duration::ZERO,
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
                Some(Err(Broken::Malformed(why))) => return Err(self.source.malformed(why)),
                Some(Err(Broken::Lost(Failure::TooLarge))) => {
                    return Err(self.source.lost(Failure::TooLarge));
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
        let (since, mut wait) = (self.source.now(), BACKOFF);
        loop {
            let error = match self.source.look(&self.run).await {
                Ok(run) => return Ok(run),
                Err(error) => error,
            };
            if !error.is_passing() || self.source.now() - since >= PATIENCE {
                return Err(error);
            }
            self.source.wait(error.longer_than(wait)).await;
            wait = LONGEST_WAIT.min(wait * 2);
        }
    }

    fn sight(&mut self, event: &Event) -> Result<Option<Sight>, Error> {
        let read = |text: &str| {
            serde_json::from_str::<Value>(text)
                .map_err(|error| self.source.malformed(error.to_string()))
        };
        match event.name.as_str() {
            "message" => {
                let value = read(&event.data)?;
                let stored: RunEvent = serde_json::from_value(value.clone())
                    .map_err(|error| self.source.malformed(error.to_string()))?;
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
            let why = "its streams end without an event";
            return Err(self.source.malformed(why.to_owned()));
        }
        if self.attempts > 0 {
            let wait = LONGEST_WAIT.min(BACKOFF * 2_u32.saturating_pow(self.attempts - 1));
            let asked = std::mem::take(&mut self.asked_to_wait);
            self.source.wait(wait.max(asked)).await;
        }
        self.attempts = self.attempts.saturating_add(1);
        let error = match self.source.listen(&self.run, self.seen).await {
            Ok(events) => {
                self.events = Some(events);
                self.lost_since = None;
                self.has_begun = true;
                return Ok(std::mem::take(&mut self.is_told).then_some(Sight::Back));
            }
            Err(error) => error,
        };
        if !self.has_begun || !error.is_passing() {
            return Err(error);
        }
        let now = self.source.now();
        let since = *self.lost_since.get_or_insert(now);
        if now.duration_since(since) >= PATIENCE {
            return Err(error);
        }
        self.asked_to_wait = error.longer_than(Duration::ZERO);
        let is_news = !std::mem::replace(&mut self.is_told, true);
        Ok(is_news.then_some(Sight::Lost))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use futures::stream;
    use serde_json::json;

    use super::*;
    use crate::client::access::TokenSource;
    use crate::client::transport::Answer;

    /// What a server does when it's asked for events.
    enum Turn {
        /// Events of these numbers, and then the connection breaks.
        Events(&'static [i64]),
        Ends,
        Gone,
        /// So many seconds.
        Busy(u64),
        TooLarge,
        Nonsense,
    }

    /// A server that does the last thing again and again, and what it was asked for.
    struct Script {
        turns: Mutex<VecDeque<Turn>>,
        asked: Mutex<Vec<i64>>,
        began: Instant,
        /// The time that has passed.
        passed: Mutex<Duration>,
    }

    impl Script {
        fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
            Self {
                turns: Mutex::new(turns.into_iter().collect()),
                asked: Mutex::default(),
                began: Instant::now(),
                passed: Mutex::default(),
            }
        }

        fn passed(&self) -> Duration {
            *self.passed.lock().unwrap()
        }

        fn gone(&self) -> Error {
            self.lost(Failure::NoConnection("refused".to_owned()))
        }
    }

    fn event(seq: i64) -> Result<Event, Broken> {
        let event = json!({
            "id": "cjld2cjxh0000qzrmn831i7rn", "runId": "cjld2cyuq0000t3rmniod1foy", "seq": seq,
            "type": "RunQueued", "ts": "2026-03-17T12:00:00.125Z", "payload": {},
        });
        Ok(Event {
            name: "message".to_owned(),
            data: event.to_string(),
        })
    }

    impl Source for Script {
        async fn look(&self, _run: &RunId) -> Result<Value, Error> {
            Err(self.gone())
        }

        async fn listen(&self, _run: &RunId, after: i64) -> Result<Stream, Error> {
            self.asked.lock().unwrap().push(after);
            let mut turns = self.turns.lock().unwrap();
            let events = match turns.front().unwrap() {
                Turn::Gone => return Err(self.gone()),
                Turn::Busy(seconds) => {
                    let answer = Answer {
                        status: 429,
                        retry_after: Some(*seconds),
                        body: Vec::new(),
                    };
                    let error = Error::refused(String::new(), TokenSource::Environment, &answer);
                    turns.pop_front();
                    return Err(error);
                }
                Turn::Ends => Vec::new(),
                Turn::Events(seqs) => seqs.iter().copied().map(event).collect(),
                Turn::TooLarge => vec![Err(Broken::Lost(Failure::TooLarge))],
                Turn::Nonsense => vec![Err(Broken::Malformed("no".to_owned()))],
            };
            if turns.len() > 1 {
                turns.pop_front();
            }
            Ok(stream::iter(events).boxed())
        }

        fn now(&self) -> Instant {
            self.began + self.passed()
        }

        async fn wait(&self, time: Duration) {
            *self.passed.lock().unwrap() += time;
        }

        fn malformed(&self, why: String) -> Error {
            Error::malformed(String::new(), TokenSource::Environment, why)
        }

        fn lost(&self, failure: Failure) -> Error {
            Error::lost(String::new(), TokenSource::Environment, failure)
        }
    }

    /// The numbers of the events that are seen, and what ends the watch.
    async fn seen(script: &Script) -> (Vec<i64>, Error) {
        let mut watch = Watch::new(script, RunId::new());
        let mut seen = Vec::new();
        loop {
            match watch.next().await {
                Ok(Sight::Stored(event, _)) => seen.push(event.seq),
                Ok(_) => {}
                Err(error) => return (seen, error),
            }
        }
    }

    #[tokio::test]
    async fn a_server_that_stays_away_is_not_waited_for_for_ever() {
        let script = Script::new([Turn::Events(&[1, 2]), Turn::Gone]);
        let (events, error) = seen(&script).await;
        assert_eq!(events, [1, 2]);
        assert!(error.to_string().starts_with("nothing answers"), "{error}");
        let took = script.passed();
        assert!(
            (PATIENCE..PATIENCE + 2 * LONGEST_WAIT).contains(&took),
            "{took:?}"
        );
        Watch::new(&script, RunId::new()).run().await.unwrap_err();
        assert!(script.passed() - took >= PATIENCE);
    }

    #[tokio::test]
    async fn a_watch_that_does_not_begin_is_over_at_once() {
        let script = Script::new([Turn::Gone]);
        assert_eq!(seen(&script).await.0, [0_i64; 0]);
        assert_eq!(script.asked.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn streams_that_only_end_are_not_opened_for_ever() {
        let script = Script::new([Turn::Ends]);
        let (_, error) = seen(&script).await;
        assert!(
            error.to_string().contains("end without an event"),
            "{error}"
        );
        assert_eq!(script.asked.lock().unwrap().len(), EMPTY_STREAMS as usize);
    }

    #[tokio::test]
    async fn an_event_is_seen_once_however_often_it_comes() {
        let turns = [
            Turn::Events(&[1, 2]),
            Turn::Ends,
            Turn::Events(&[2, 3]),
            Turn::Nonsense,
        ];
        let script = Script::new(turns);
        assert_eq!(seen(&script).await.0, [1, 2, 3]);
        assert_eq!(*script.asked.lock().unwrap(), [0, 2, 2, 3]);
    }

    #[tokio::test]
    async fn a_server_that_is_busy_is_left_alone_as_long_as_it_says() {
        let script = Script::new([Turn::Events(&[1]), Turn::Busy(40), Turn::TooLarge]);
        let (events, error) = seen(&script).await;
        assert_eq!(events, [1]);
        assert!(
            error.to_string().contains("more than can be read"),
            "{error}"
        );
        assert_eq!(script.passed().as_secs(), 40);
    }
}
