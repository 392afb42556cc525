//! Reading replies, for adapters that bring their own translation.

use std::collections::VecDeque;
use std::time::SystemTime;

use serde_json::Value;

use super::drive::{self, Translator};
use super::error_body::ErrorBody;
use super::exchange::{self, WholeReply};
use super::http::HttpReply;
use super::pace::Pace;
use super::timeouts::Timeouts;
use super::{json, sse};
use crate::accumulator::StreamAccumulator;
use crate::error::{Error, ErrorKind, classify};
use crate::types::{EventStream, Response, StreamEvent};

impl HttpReply {
    /// The body of a reply with status 200 as JSON.
    ///
    /// ```
    /// # async fn example(transport: &dyn attractor_llm::provider::http::Transport) -> Result<(), attractor_llm::Error> {
    /// use attractor_llm::provider::http::HttpRequest;
    ///
    /// let request = HttpRequest::json("https://api.example.com/v1/chat", vec![], "{}");
    /// let body = transport.post(request).await?.json("example").await?;
    /// println!("{}", body["answer"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What any other status and its body tell, whatever the body's shape, by unified-llm-spec 6.4
    /// and 6.5; [`ErrorKind::Server`] for a body that isn't JSON; a body that is too large or too
    /// slow by the default [`Timeouts`].
    pub async fn json(self, provider: &str) -> Result<Value, Error> {
        let limit = Timeouts::default();
        let reply = exchange::whole(self, limit).await;
        let reply = reply.map_err(|error| error.with_provider(provider))?;
        let body = String::from_utf8_lossy(&reply.body);
        if reply.status != 200 {
            return Err(refused(provider, &reply, &body));
        }
        json::parse(&body).map_err(|error| {
            let message = format!("the reply isn't JSON: {error}");
            Error::new(ErrorKind::Server, message).with_provider(provider)
        })
    }

    /// The events of a reply that is a stream of server-sent events, each with JSON as its payload.
    ///
    /// `translate` says what an event of the provider means, which may be nothing. The rest of the
    /// contract of [`ProviderAdapter::stream`](crate::ProviderAdapter::stream) is kept here: nothing
    /// is read after [`StreamEvent::Finish`], an end without it is an error, an error is the last item
    /// and carries what had arrived, and one that comes first is returned.
    ///
    /// # Errors
    ///
    /// As [`json`](Self::json); [`ErrorKind::Stream`] for a reply that is JSON or HTML; what
    /// `translate` fails with.
    pub async fn stream(
        self,
        provider: &str,
        translate: impl FnMut(Value) -> Result<Vec<StreamEvent>, Error> + Send + 'static,
    ) -> Result<EventStream, Error> {
        let kind = self.headers.get("content-type").unwrap_or_default();
        if self.status != 200 || kind.contains("json") || kind.contains("html") {
            let body = self.json(provider).await?;
            return Err(match body.get("error") {
                Some(_) => reported_error(provider, body),
                None => Error::new(ErrorKind::Stream, "the reply isn't an event stream")
                    .with_provider(provider),
            });
        }
        let timeouts = Timeouts::default();
        let bytes = exchange::within_limits(self.body, timeouts.stream_read);
        let translator = Translation {
            provider: provider.to_owned(),
            translate,
            told: StreamAccumulator::new(),
            is_done: false,
        };
        let payloads = Box::pin(sse::events(bytes));
        drive::events(payloads, translator, Pace::new(timeouts)).await
    }
}

/// A function as a state machine.
struct Translation<F> {
    provider: String,
    translate: F,
    told: StreamAccumulator,
    is_done: bool,
}

impl<F> Translator for Translation<F>
where
    F: FnMut(Value) -> Result<Vec<StreamEvent>, Error> + Send + 'static,
{
    fn apply(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        let Some(payload) = drive::event(payload)? else {
            return Ok(());
        };
        for event in (self.translate)(payload)? {
            self.told.process(&event);
            self.is_done |= matches!(event, StreamEvent::Finish { .. });
            events.push_back(event);
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.is_done
    }

    fn end(&mut self, _: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        let message = "the stream ended without its terminal event";
        Err(Error::new(ErrorKind::Stream, message))
    }

    fn provider(&self) -> &str {
        &self.provider
    }

    fn partial(&self) -> Option<Response> {
        Some(self.told.partial())
    }
}

/// The error that a provider reports in a body of its own, in a reply with status 200 or within a
/// stream.
///
/// ```
/// use attractor_llm::ErrorKind;
/// use attractor_llm::provider::http::reported_error;
///
/// let body = serde_json::json!({"error": {"type": "overloaded_error", "message": "Overloaded"}});
/// assert_eq!(reported_error("example", body).kind(), ErrorKind::Server);
/// ```
#[must_use]
pub fn reported_error(provider: &str, body: Value) -> Error {
    let body = ErrorBody::from_json(body);
    let kind = kind(0, &body, body.retry_after.is_some());
    body.describe(kind, provider)
}

fn refused(provider: &str, reply: &WholeReply, body: &str) -> Error {
    let now = SystemTime::now();
    ErrorBody::parse(body).into_error(provider, reply, now, kind)
}

fn kind(status: u16, body: &ErrorBody, retry_hint: bool) -> ErrorKind {
    let message = body.message.as_deref().unwrap_or_default();
    classify(status, body.code.as_deref(), message, retry_hint)
}
