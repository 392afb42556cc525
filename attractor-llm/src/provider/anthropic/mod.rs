//! Anthropic's Messages API.
//!
//! Options under `provider_options.anthropic`: `auto_cache` (`false` places no cache breakpoints),
//! `cache_ttl` (`"1h"` for the longer cache), `beta_headers` (a list of names); any other goes into
//! the body as it is.
//!
//! Source: unified-llm-spec 7.

mod blocks;
mod cache;
mod config;
mod error;
mod model;
mod open_block;
mod params;
mod request;
mod response;
mod stream;
mod turns;

use std::time::SystemTime;

use serde_json::{Map, Value};

pub use self::config::AnthropicBuilder;
pub(crate) use self::config::discover;
use self::model::ModelTraits;
use self::stream::MessageStream;
use super::adapter::{Wire, wire_adapter};
use super::exchange::WholeReply;
use super::http::Headers;
use super::protocol::{Asked, Begun, Protocol, Translated};
use super::{Capabilities, headers};
use crate::catalog::model_info;
use crate::error::Error;
use crate::types::{RateLimitInfo, Request, Response};

/// Speaks Anthropic's Messages API.
///
/// ```no_run
/// # fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::{AnthropicAdapter, Client};
///
/// let client = Client::builder().provider(AnthropicAdapter::new("sk-ant-…")?).build()?;
/// # Ok(())
/// # }
/// ```
///
/// Source: unified-llm-spec 7.
#[derive(Debug)]
pub struct AnthropicAdapter(Wire<Messages>);

impl AnthropicAdapter {
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
    pub fn builder(api_key: impl AsRef<str>) -> AnthropicBuilder {
        AnthropicBuilder::new(api_key.as_ref())
    }
}

wire_adapter!(AnthropicAdapter);

/// The Messages API.
#[derive(Debug)]
pub(crate) struct Messages;

impl Messages {
    /// What is to be sent, for those who send it elsewhere.
    pub(crate) fn translate(
        &self,
        request: &Request,
        provider: &str,
        stream: bool,
    ) -> Result<Translated<Map<String, Value>>, Error> {
        request::translate(request, provider, max_output(&request.model), stream)
    }
}

impl Protocol for Messages {
    type Stream = MessageStream;

    fn request(
        &self,
        request: &Request,
        provider: &str,
        stream: bool,
    ) -> Result<Translated, Error> {
        self.translate(request, provider, stream)?.into_json()
    }

    fn response(&self, body: Value, asked: &Asked) -> Result<Response, Error> {
        response::translate(body, asked)
    }

    fn stream(&self, begun: Begun) -> MessageStream {
        MessageStream::new(begun)
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

    fn rate_limit(&self, reply: &Headers, _now: SystemTime) -> Option<RateLimitInfo> {
        headers::rate_limit(reply, "anthropic-ratelimit")
    }
}

/// The most the model can answer, where it is known.
fn max_output(model: &str) -> Option<u64> {
    model_info(model)?.max_output
}
