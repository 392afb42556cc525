//! From payloads to unified events: the loop that every adapter's stream shares.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use serde_json::Value;
use tokio::time::{Sleep, sleep};

use super::json;
use super::pace::Pace;
use crate::error::{Error, ErrorKind};
use crate::limits::{MAX_PAYLOADS_AFTER_END, STREAM_END_WAIT};
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

/// The event in a payload; `None` where it says nothing. Some gateways end every stream in the way of
/// another protocol.
pub(crate) fn event(payload: &str) -> Result<Option<Value>, Error> {
    let payload = payload.trim();
    if payload.is_empty() || payload == "[DONE]" {
        return Ok(None);
    }
    json::parse(payload)
        .map(Some)
        .map_err(|error| Error::new(ErrorKind::Stream, format!("an event isn't JSON: {error}")))
}

#[cfg(feature = "vertex")]
impl Translator for Box<dyn Translator> {
    fn apply(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        (**self).apply(payload, events)
    }

    fn is_done(&self) -> bool {
        (**self).is_done()
    }

    fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        (**self).end(events)
    }

    fn grace(&self) -> Option<Duration> {
        (**self).grace()
    }

    fn provider(&self) -> &str {
        (**self).provider()
    }

    fn partial(&self) -> Option<Response> {
        (**self).partial()
    }
}

/// The unified events of `payloads`; at most one `Err`, last and with what had arrived.
///
/// Waits for the first event, so that a failure before it is an `Err` that can be retried.
pub(crate) async fn events<P, T>(
    payloads: P,
    translator: T,
    pace: Pace,
) -> Result<EventStream, Error>
where
    P: Stream<Item = Result<String, Error>> + Send + Unpin + 'static,
    T: Translator,
{
    // At once in its place: it would be moved there, and make every call's future as large.
    let mut driver = Box::pin(Driver {
        source: Source::Open(payloads),
        translator,
        ready: VecDeque::new(),
        pace,
        grace: None,
    });
    if let Some(first) = driver.next().await {
        driver.ready.push_front(first?);
    }
    Ok(driver)
}

struct Driver<P, T> {
    source: Source<P>,
    translator: T,
    ready: VecDeque<StreamEvent>,
    pace: Pace,
    /// The rest of the wait for more of a stream that could be complete.
    grace: Option<Pin<Box<Sleep>>>,
}

/// The translator is never pinned.
impl<P: Unpin, T> Unpin for Driver<P, T> {}

enum Source<P> {
    Open(P),
    /// Everything of interest has been read. A reply that is read to its very end leaves its
    /// connection to the next request, so that is waited for; but not for long, as there are
    /// servers that hold the connection open.
    Ending(P, EndWait),
    /// Dropped, which closes the connection if the reply isn't over.
    Closed,
}

impl<P, T> Stream for Driver<P, T>
where
    P: Stream<Item = Result<String, Error>> + Unpin,
    T: Translator,
{
    type Item = Result<StreamEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            ready!(this.source.poll_end(context));
            if let Some(event) = this.ready.pop_front() {
                this.pace.saw(&event);
                return Poll::Ready(Some(Ok(event)));
            }
            let Source::Open(payloads) = &mut this.source else {
                return Poll::Ready(None);
            };
            let payload = match payloads.poll_next_unpin(context) {
                Poll::Ready(payload) => payload,
                Poll::Pending => {
                    // A stream that waits, as most do most of the time, holds no more than it must.
                    this.ready = VecDeque::new();
                    ready!(this.poll_wait(context))
                }
            };
            this.grace = None;
            if let Err(error) = this.step(payload) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

impl<P, T> Driver<P, T>
where
    P: Stream<Item = Result<String, Error>>,
    T: Translator,
{
    /// What stands for a payload that is waited for too long: the end or an error.
    fn poll_wait(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<String, Error>>> {
        if let Some(grace) = self.translator.grace() {
            // Some servers leave the connection open after the last they have to say.
            let timer = self.grace.get_or_insert_with(|| Box::pin(sleep(grace)));
            if timer.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
        }
        self.pace.poll_late(context).map(|late| Some(Err(late)))
    }

    fn step(&mut self, payload: Option<Result<String, Error>>) -> Result<(), Error> {
        let step = match payload {
            Some(Ok(payload)) => self.translator.apply(&payload, &mut self.ready),
            Some(Err(error)) => Err(broken(error)),
            None => {
                self.source = Source::Closed;
                self.translator.end(&mut self.ready)
            }
        };
        if let Err(error) = step {
            self.source = Source::Closed;
            // What came before the failure is in the partial response.
            self.ready.clear();
            return Err(self.complete(error));
        }
        if self.translator.is_done() {
            self.source.finish();
        }
        Ok(())
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

impl<P> Source<P> {
    fn finish(&mut self) {
        *self = match std::mem::replace(self, Self::Closed) {
            Self::Open(payloads) => Self::Ending(payloads, EndWait::New),
            ending => ending,
        };
    }
}

impl<P: Stream<Item = Result<String, Error>> + Unpin> Source<P> {
    /// Waits for the end of a reply of which nothing more is of interest.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Self::Ending(payloads, wait) = self else {
            return Poll::Ready(());
        };
        for _ in 0..MAX_PAYLOADS_AFTER_END {
            match payloads.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(_) => break,
                Poll::Pending => {
                    ready!(wait.poll(context));
                    break;
                }
            }
        }
        *self = Self::Closed;
        Poll::Ready(())
    }
}

/// The wait for the end of a reply.
enum EndWait {
    New,
    /// An end that has come is seen when the connection has had its turn: that takes no timer.
    Turn,
    Timer(Pin<Box<Sleep>>),
}

impl EndWait {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::New => {
                *self = Self::Turn;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Turn => {
                *self = Self::Timer(Box::pin(sleep(STREAM_END_WAIT)));
                self.poll(context)
            }
            Self::Timer(timer) => timer.as_mut().poll(context),
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
