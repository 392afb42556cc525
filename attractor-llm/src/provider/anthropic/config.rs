//! How to reach the API.

use std::sync::Arc;

use super::AnthropicAdapter;
use crate::error::{Error, ErrorKind};
use crate::provider::http::{HttpHeader, Transport};
use crate::provider::secret::Secret;
use crate::provider::timeouts::Timeouts;
use crate::provider::transport::PooledTransport;

const DEFAULT_BASE_URL: &str = "https://api.anthropic.com";
const API_VERSION: &str = "2023-06-01";
const NAME: &str = "anthropic";
const BETA: &str = "anthropic-beta";

/// Gathers what an [`AnthropicAdapter`] needs.
#[derive(Debug)]
pub struct AnthropicBuilder {
    name: String,
    api_key: Secret,
    base_url: String,
    headers: Vec<HttpHeader>,
    timeouts: Timeouts,
    transport: Option<Arc<dyn Transport>>,
}

impl AnthropicBuilder {
    pub(super) fn new(api_key: String) -> Self {
        Self {
            name: NAME.to_owned(),
            api_key: Secret(api_key),
            base_url: DEFAULT_BASE_URL.to_owned(),
            headers: Vec::new(),
            timeouts: Timeouts::default(),
            transport: None,
        }
    }

    /// Sets the name that requests are routed by, for another service that speaks this protocol;
    /// it is also the key of its `provider_options`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets where the API is, with or without `/v1`.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Adds a header to every request. It replaces one of the adapter's own with that name, except
    /// that `anthropic-beta` adds to the features a request uses. Its value is treated as a secret.
    #[must_use]
    pub fn default_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(HttpHeader::sensitive(name, value));
        self
    }

    /// Sets how long to wait.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Sets what exchanges the requests, in place of the adapter's own connections.
    #[must_use]
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Makes the adapter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the key is empty or the base URL isn't an HTTP URL.
    pub fn build(self) -> Result<AnthropicAdapter, Error> {
        let key = self.api_key.0.trim().to_owned();
        if key.is_empty() {
            return Err(Error::new(ErrorKind::Configuration, "the API key is empty")
                .with_provider(self.name));
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(PooledTransport::new(&self.base_url, self.timeouts)?),
        };
        let config = Config {
            url: messages_url(&self.base_url),
            name: self.name,
            api_key: Secret(key),
            headers: self.headers,
            timeouts: self.timeouts,
        };
        Ok(AnthropicAdapter { config, transport })
    }
}

fn messages_url(base_url: &str) -> String {
    let base = base_url.trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    format!("{base}/v1/messages")
}

/// What an adapter is set up with.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) timeouts: Timeouts,
    api_key: Secret,
    headers: Vec<HttpHeader>,
}

impl Config {
    /// The headers of a request that uses the given beta features.
    pub(super) fn headers(&self, betas: &[String]) -> Vec<HttpHeader> {
        let mut headers = vec![
            HttpHeader::new("content-type", "application/json"),
            HttpHeader::new("anthropic-version", API_VERSION),
            HttpHeader::sensitive("x-api-key", self.api_key.0.as_str()),
        ];
        headers.retain(|header| self.headers.iter().all(|own| own.name != header.name));
        headers.extend(self.headers.iter().filter(|own| own.name != BETA).cloned());
        let own_betas = self
            .headers
            .iter()
            .filter(|own| own.name == BETA)
            .map(|own| &own.value);
        let betas: Vec<&str> = own_betas.chain(betas).map(String::as_str).collect();
        if !betas.is_empty() {
            headers.push(HttpHeader::new(BETA, betas.join(",")));
        }
        headers
    }

    /// The text without the key, should a server have repeated it.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.api_key.scrub(text)
    }
}
