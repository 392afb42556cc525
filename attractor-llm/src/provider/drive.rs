//! From payloads to unified events: the loop that every adapter's stream shares.

use std::collections::VecDeque;
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use tokio::time::timeout;

use super::pace::Pace;
use crate::error::{Error, ErrorKind};
use crate::types::{EventStream, Response, StreamEvent};

/// A provider's stream as a state machine: no I/O, no clock.
pub(crate) trait Translator: Send + 'static {
    /// Takes one payload and appends what it means.
    fn apply(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> Result<(), Error>;

    /// Whether the terminal event was seen, so that nothing more is to be read.
    fn is_done(&self) -> bool;

    /// The payloads are over; `Err` when the terminal event is missing.
    fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error>;

    /// How long to wait for more when the stream could be complete; `None` while it isn't.
    fn grace(&self) -> Option<Duration> {
        None
    }

    /// The provider's name, for errors.
    fn provider(&self) -> &str;

    /// What has arrived so far.
    fn partial(&self) -> Option<Response>;
}

/// The unified events of `payloads`; at most one `Err`, last and with what had arrived.
pub(crate) fn events<P, T>(payloads: P, translator: T, pace: Pace) -> EventStream
where
    P: Stream<Item = Result<String, Error>> + Send + Unpin + 'static,
    T: Translator,
{
    let driver = Driver {
        payloads: Some(payloads),
        translator,
        ready: VecDeque::new(),
        pace,
    };
    stream::unfold(driver, |mut driver| async move {
        let event = driver.next().await?;
        Some((event, driver))
    })
    .fuse()
    .boxed()
}

struct Driver<P, T> {
    /// Gone once everything of interest has been read, which closes the connection.
    payloads: Option<P>,
    translator: T,
    ready: VecDeque<StreamEvent>,
    pace: Pace,
}

impl<P, T> Driver<P, T>
where
    P: Stream<Item = Result<String, Error>> + Unpin,
    T: Translator,
{
    async fn next(&mut self) -> Option<Result<StreamEvent, Error>> {
        // From here on: payloads that mean nothing, pings for instance, win no time.
        let mut deadline = None;
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.pace.saw(&event);
                return Some(Ok(event));
            }
            deadline = deadline.or_else(|| self.pace.deadline());
            let grace = self.translator.grace();
            let next = self.payloads.as_mut()?.next();
            let next = async {
                match deadline {
                    None => next.await,
                    Some(deadline) => deadline
                        .wait(next)
                        .await
                        .unwrap_or_else(|late| Some(Err(late))),
                }
            };
            let payload = match grace {
                // Some servers leave the connection open after the last they have to say.
                Some(grace) => timeout(grace, next).await.unwrap_or(None),
                None => next.await,
            };
            let step = match payload {
                Some(Ok(payload)) => self.translator.apply(&payload, &mut self.ready),
                Some(Err(error)) => Err(broken(error)),
                None => self.translator.end(&mut self.ready),
            };
            if step.is_err() || self.translator.is_done() {
                self.payloads = None;
            }
            if let Err(error) = step {
                // What came before the failure is in the partial response.
                self.ready.clear();
                return Some(Err(self.complete(error)));
            }
        }
    }

    /// The error with who it came from and what had arrived.
    fn complete(&self, error: Error) -> Error {
        let error = error.with_provider(self.translator.provider());
        match self.translator.partial() {
            Some(partial) => error.with_partial_response(partial),
            None => error,
        }
    }
}

/// A network failure inside a stream is the stream's.
fn broken(error: Error) -> Error {
    if error.kind() != ErrorKind::Network {
        return error;
    }
    let message = format!("the stream broke off: {}", error.message());
    Error::new(ErrorKind::Stream, message).with_source(error)
}

/// Waits for the first event, so that a failure before it is an `Err` that can be retried.
pub(crate) async fn begun(mut events: EventStream) -> Result<EventStream, Error> {
    match events.next().await {
        Some(Ok(first)) => Ok(stream::iter([Ok(first)]).chain(events).boxed()),
        Some(Err(error)) => Err(error),
        None => Ok(events),
    }
}
