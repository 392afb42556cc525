//! What one provider's protocol is to the code that all of them share.

use std::fmt::Debug;
use std::pin::Pin;
use std::time::SystemTime;

use bytes::Bytes;
use futures::Stream;
use serde::Serialize;
use serde_json::Value;

use super::drive::Translator;
use super::exchange::WholeReply;
use super::http::{ByteStream, Headers, HttpHeader};
use super::{Capabilities, sse};
use crate::error::{Error, ErrorKind};
use crate::handoff::{Target, ToolCallIds};
use crate::types::{
    ContentPart, FinishReasonKind, RateLimitInfo, Request, Response, StreamEvent, ToolCallData,
    Warning,
};

/// The payloads of a stream, in order.
pub(crate) type Payloads = Pin<Box<dyn Stream<Item = Result<String, Error>> + Send>>;

/// One provider's protocol as functions from values to values: no I/O, no clock.
///
/// [`Wire`](super::adapter::Wire) makes an adapter of it.
pub(crate) trait Protocol: Debug + Send + Sync + 'static {
    /// The state machine of its streams.
    type Stream: Translator;

    /// What to send for a request to the adapter that is named `provider`. Its conversation is
    /// [handed off](crate::handoff) already: nothing foreign, one result for each call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what the API can't take.
    fn request(&self, request: &Request, provider: &str, stream: bool)
    -> Result<Translated, Error>;

    /// The response in the body of a reply with status 200.
    ///
    /// # Errors
    ///
    /// The error that the body reports all the same, or that it isn't a response.
    fn response(&self, body: Value, asked: &Asked) -> Result<Response, Error>;

    /// The same of a body that has nothing but what most have, read without making values of it;
    /// `None` for any other.
    fn plain(&self, _body: &Bytes, _asked: &Asked) -> Option<Response> {
        None
    }

    /// The state machine of a stream that has just begun.
    fn stream(&self, begun: Begun) -> Self::Stream;

    /// The error of a reply with any other status; `body` is its text without the key.
    fn error(&self, provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error;

    /// What the adapter can do.
    fn capabilities(&self) -> Capabilities;

    /// What the adapter can do with this model.
    fn capabilities_of(&self, _model: &str) -> Capabilities {
        self.capabilities()
    }

    /// The id of a response whose body has none.
    fn response_id(&self, _headers: &Headers) -> Option<String> {
        None
    }

    /// The tool-call ids that it accepts.
    fn tool_call_ids(&self, _model: &str) -> ToolCallIds {
        ToolCallIds::default()
    }

    /// Whom the conversation of a request is handed to.
    fn target<'a>(&self, request: &'a Request, provider: &'a str) -> Target<'a> {
        Target::new(provider, &request.model)
            .tool_call_ids(self.tool_call_ids(&request.model))
            .able_to(&self.capabilities_of(&request.model))
    }

    /// What the reply's headers say about the allowance.
    fn rate_limit(&self, _headers: &Headers, _now: SystemTime) -> Option<RateLimitInfo> {
        None
    }

    /// Whether a reply with status 200 is a stream. A server that doesn't say what it sends is
    /// taken at its word that it streams.
    fn is_stream(&self, headers: &Headers) -> bool {
        headers
            .get("content-type")
            .is_none_or(|value| !value.contains("json") && !value.contains("html"))
    }

    /// The payloads of a stream; server-sent events as a rule.
    fn payloads(&self, _headers: &Headers, bytes: ByteStream) -> Payloads {
        Box::pin(sse::events(bytes))
    }
}

/// What is to be sent; its body as JSON, or as a `B` that is still being changed.
#[derive(Debug, Default)]
pub(crate) struct Translated<B = Bytes> {
    /// What follows the base URL; may end in a query.
    pub(crate) path: String,
    /// Beside the adapter's own ones.
    pub(crate) headers: Vec<HttpHeader>,
    pub(crate) body: B,
    pub(crate) warnings: Vec<Warning>,
}

impl<B: Serialize> Translated<B> {
    /// The same with its body as JSON.
    pub(crate) fn into_json(self) -> Result<Translated, Error> {
        let body = serde_json::to_vec(&self.body).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "the request isn't JSON").with_source(error)
        })?;
        Ok(Translated {
            path: self.path,
            headers: self.headers,
            body: Bytes::from(body),
            warnings: self.warnings,
        })
    }
}

/// Who was asked for what, which every part of the answer is marked with.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) provider: String,
    pub(crate) model: String,
}

impl Asked {
    /// What of a stream isn't modelled, as it came.
    pub(crate) fn passed_on(&self, raw: Value) -> StreamEvent {
        StreamEvent::provider_event(&self.provider, raw)
    }

    /// A stream that isn't what the protocol says.
    pub(crate) fn broken(&self, message: &str) -> Error {
        Error::new(ErrorKind::Stream, message).with_provider(&self.provider)
    }
}

/// What has arrived of a response that breaks off; none of the calls that it breaks off in may be
/// carried out.
pub(crate) fn broken_off(
    mut partial: Response,
    is_open: impl Fn(usize, &ToolCallData) -> bool,
) -> Response {
    partial.finish_reason.reason = FinishReasonKind::Error;
    for (at, part) in partial.message.content.iter_mut().enumerate() {
        if let ContentPart::ToolCall(call) = part
            && is_open(at, call)
        {
            call.invalid = Some("the stream broke off inside the call".to_owned());
        }
    }
    partial
}

/// What is known of a stream before its first payload.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) asked: Asked,
    /// The id in the reply's headers, for a stream that tells none.
    #[cfg(feature = "bedrock")]
    pub(crate) id: Option<String>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) rate_limit: Option<RateLimitInfo>,
}
