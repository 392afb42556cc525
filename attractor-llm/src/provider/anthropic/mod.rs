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
mod pairing;
mod params;
mod request;
mod response;
mod stream;
mod turns;

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;

pub use self::config::AnthropicBuilder;
use self::config::Config;
use self::response::Asked;
use self::stream::MessageStream;
use super::exchange::{self, Opened, WholeReply};
use super::http::{Headers, HttpRequest, Transport};
use super::{Capabilities, ProviderAdapter, drive, headers, json, local_files, sse};
use crate::catalog::model_info;
use crate::error::{Error, ErrorKind};
use crate::types::{EventStream, RateLimitInfo, Request, Response, Warning};

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
pub struct AnthropicAdapter {
    config: Config,
    transport: Arc<dyn Transport>,
}

impl AnthropicAdapter {
    /// An adapter with nothing set but its key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the key is empty.
    pub fn new(api_key: impl Into<String>) -> Result<Self, Error> {
        Self::builder(api_key).build()
    }

    /// An adapter to be set up.
    #[must_use]
    pub fn builder(api_key: impl Into<String>) -> AnthropicBuilder {
        AnthropicBuilder::new(api_key.into())
    }

    async fn prepare(&self, mut request: Request, stream: bool) -> Result<Prepared, Error> {
        let provider = &self.config.name;
        local_files::inline(&mut request)
            .await
            .map_err(|error| error.with_provider(provider))?;
        let translated =
            request::translate(&request, provider, max_output(&request.model), stream)?;
        let body = serde_json::to_vec(&translated.body).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "the request isn't JSON").with_source(error)
        })?;
        let headers = self.config.headers(&translated.betas);
        Ok(Prepared {
            http: HttpRequest::json(&self.config.url, headers, Bytes::from(body)),
            asked: Asked {
                provider: provider.clone(),
                model: request.model,
            },
            warnings: translated.warnings,
        })
    }

    /// The response or the error of a reply that came whole.
    fn translate(&self, reply: &WholeReply, asked: &Asked) -> Result<Response, Error> {
        let body = String::from_utf8_lossy(&reply.body);
        if reply.status != 200 {
            let body = self.config.scrub(&body);
            return Err(error::from_reply(
                &asked.provider,
                reply,
                &body,
                SystemTime::now(),
            ));
        }
        let body = json::parse(&body).map_err(|error| {
            Error::new(ErrorKind::Server, format!("the reply isn't JSON: {error}"))
                .with_provider(&asked.provider)
                .with_status_code(reply.status)
        })?;
        let mut response = response::translate(body, asked)?;
        response.rate_limit = rate_limit(&reply.headers);
        Ok(response)
    }
}

/// A request ready to be sent.
struct Prepared {
    http: HttpRequest,
    asked: Asked,
    warnings: Vec<Warning>,
}

fn rate_limit(reply: &Headers) -> Option<RateLimitInfo> {
    headers::rate_limit(reply, "anthropic-ratelimit")
}

#[async_trait]
impl ProviderAdapter for AnthropicAdapter {
    fn name(&self) -> &str {
        &self.config.name
    }

    async fn complete(&self, request: Request) -> Result<Response, Error> {
        let Prepared {
            http,
            asked,
            warnings,
        } = self.prepare(request, false).await?;
        let reply = exchange::complete(&*self.transport, http, self.config.timeouts)
            .await
            .map_err(|error| error.with_provider(&asked.provider))?;
        let mut response = self.translate(&reply, &asked)?;
        response.warnings = warnings;
        Ok(response)
    }

    async fn stream(&self, request: Request) -> Result<EventStream, Error> {
        let Prepared {
            http,
            asked,
            warnings,
        } = self.prepare(request, true).await?;
        let opened = exchange::open(&*self.transport, http, self.config.timeouts)
            .await
            .map_err(|error| error.with_provider(&asked.provider))?;
        match opened {
            Opened::Stream(headers, bytes) => {
                let message = MessageStream::new(asked, warnings, rate_limit(&headers));
                drive::begun(drive::events(Box::pin(sse::events(bytes)), message)).await
            }
            Opened::Reply(reply) => {
                self.translate(&reply, &asked)?;
                let message = "the reply isn't an event stream";
                Err(Error::new(ErrorKind::Stream, message).with_provider(&asked.provider))
            }
        }
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::all();
        capabilities.audio = false;
        capabilities
    }
}

/// The most the model can answer, where it is known.
fn max_output(model: &str) -> Option<u64> {
    model_info(model)?.max_output
}
