//! Google's Gemini API: `generateContent` and `streamGenerateContent`.
//!
//! What is under `provider_options.gemini` goes into the body as it is, in either spelling of the
//! API's own names: `safetySettings`, `cachedContent`, `labels`, … . `generationConfig`,
//! `toolConfig` and `thinkingConfig` are merged field by field, `tools` (`{"googleSearch": {}}`)
//! stand beside the request's own, a field of `generationConfig` may be given without it, and
//! `null` takes a field of the body away.
//!
//! The signatures of Gemini's reasoning stay with the part they came with and go back verbatim to
//! the model they came from.
//!
//! Source: unified-llm-spec 7.

mod blob;
mod config;
mod contents;
mod error;
mod kept;
mod model;
mod open_part;
mod options;
mod params;
mod part;
mod partial_args;
mod reply;
mod request;
mod response;
mod stream;
mod usage;

use std::time::SystemTime;

use serde_json::Value;

pub use self::config::GeminiBuilder;
pub(crate) use self::config::discover;
use self::stream::ContentStream;
use super::adapter::{Wire, wire_adapter};
use super::exchange::WholeReply;
use super::http::{ByteStream, Headers};
use super::protocol::{Asked, Begun, Payloads, Protocol, Translated};
use super::{Capabilities, json_values, sse};
use crate::error::Error;
use crate::handoff::ToolCallIds;
use crate::types::{Request, Response};

/// Speaks Google's Gemini API.
///
/// ```no_run
/// # fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::{Client, GeminiAdapter};
///
/// let client = Client::builder().provider(GeminiAdapter::new("AIza…")?).build()?;
/// # Ok(())
/// # }
/// ```
///
/// Source: unified-llm-spec 7.
#[derive(Debug)]
pub struct GeminiAdapter(Wire<GenerateContent>);

impl GeminiAdapter {
    /// An adapter with nothing set but its key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the key is empty.
    pub fn new(api_key: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(api_key).build()
    }

    /// An adapter to be set up.
    #[must_use]
    pub fn builder(api_key: impl AsRef<str>) -> GeminiBuilder {
        GeminiBuilder::new(api_key.as_ref())
    }
}

wire_adapter!(GeminiAdapter);

/// The methods of a model that generate content.
#[derive(Debug)]
pub(crate) struct GenerateContent {
    /// Whether Vertex AI is asked, which takes one field less.
    pub(crate) is_vertex: bool,
}

impl Protocol for GenerateContent {
    type Stream = ContentStream;

    fn request(
        &self,
        request: &Request,
        provider: &str,
        stream: bool,
    ) -> Result<Translated, Error> {
        request::translate(request, provider, stream, self.is_vertex)?.into_json()
    }

    fn response(&self, body: Value, asked: &Asked) -> Result<Response, Error> {
        match body {
            Value::Array(chunks) => stream::whole(chunks, asked),
            body => response::translate(body, asked),
        }
    }

    fn stream(&self, begun: Begun) -> ContentStream {
        ContentStream::new(begun)
    }

    fn error(&self, provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
        error::from_reply(provider, reply, body, now)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all()
    }

    fn tool_call_ids(&self, _model: &str) -> ToolCallIds {
        ToolCallIds::any()
    }

    /// A stream may come as one array of JSON.
    fn is_stream(&self, headers: &Headers) -> bool {
        let kind = headers.get("content-type");
        kind.is_none_or(|kind| !kind.contains("html"))
    }

    fn payloads(&self, headers: &Headers, bytes: ByteStream) -> Payloads {
        match headers.get("content-type") {
            Some(kind) if kind.contains("json") => json_values::values(bytes),
            _ => Box::pin(sse::events(bytes)),
        }
    }
}
