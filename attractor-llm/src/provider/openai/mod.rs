//! OpenAI's Responses API.
//!
//! Nothing is stored at OpenAI unless asked (`store`): reasoning comes encrypted and goes back with
//! the conversation. Options under `provider_options.openai`: `strict_tools` (`true`, or a list of
//! names: arguments that fit the schema exactly), `beta_headers` (a list of names). Any other goes
//! into the body as it is: `reasoning`, `text` and `metadata` field by field, `tools` and `include`
//! beside what is there, and `null` takes a field of the body away.
//!
//! Source: unified-llm-spec 7.

mod config;
mod error;
mod input;
mod item;
mod model;
mod open_item;
mod options;
mod params;
mod part;
mod request;
mod response;
mod stream;

use std::time::SystemTime;

use serde_json::Value;

pub use self::config::OpenAiBuilder;
pub(crate) use self::config::discover;
use self::model::ModelTraits;
use self::stream::ResponseStream;
use super::adapter::{Wire, wire_adapter};
use super::exchange::WholeReply;
use super::http::Headers;
use super::protocol::{Asked, Begun, Protocol, Translated};
use super::{Capabilities, headers};
use crate::error::Error;
use crate::handoff::Target;
use crate::types::{RateLimitInfo, Request, Response};

/// Speaks OpenAI's Responses API.
///
/// ```no_run
/// # fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::{Client, OpenAiAdapter};
///
/// let client = Client::builder().provider(OpenAiAdapter::new("sk-…")?).build()?;
/// # Ok(())
/// # }
/// ```
///
/// Source: unified-llm-spec 7.
#[derive(Debug)]
pub struct OpenAiAdapter(Wire<Responses>);

impl OpenAiAdapter {
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
    pub fn builder(api_key: impl AsRef<str>) -> OpenAiBuilder {
        OpenAiBuilder::new(api_key.as_ref())
    }
}

wire_adapter!(OpenAiAdapter);

/// The Responses API.
#[derive(Debug)]
struct Responses;

impl Protocol for Responses {
    type Stream = ResponseStream;

    fn request(
        &self,
        request: &Request,
        provider: &str,
        stream: bool,
    ) -> Result<Translated, Error> {
        request::translate(request, provider, stream)?.into_json()
    }

    fn response(&self, body: Value, asked: &Asked) -> Result<Response, Error> {
        response::translate(body, asked)
    }

    fn stream(&self, begun: Begun) -> ResponseStream {
        ResponseStream::new(begun)
    }

    fn error(&self, provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
        error::from_reply(provider, reply, body, now)
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::all();
        capabilities.audio = false;
        capabilities
    }

    fn capabilities_of(&self, model: &str) -> Capabilities {
        let mut capabilities = self.capabilities();
        capabilities.structured_output = ModelTraits::of(model).native_format;
        capabilities
    }

    fn target<'a>(&self, request: &'a Request, provider: &'a str) -> Target<'a> {
        let target = Target::new(provider, &request.model).able_to(&self.capabilities());
        request::target(target, request)
    }

    fn rate_limit(&self, reply: &Headers, now: SystemTime) -> Option<RateLimitInfo> {
        headers::rate_limit_left(reply, "x-ratelimit", now)
    }
}
