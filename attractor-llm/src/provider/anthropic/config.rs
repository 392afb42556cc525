//! How to reach the API.

use std::sync::Arc;

use super::{AnthropicAdapter, Messages};
use crate::error::Error;
use crate::provider::ProviderAdapter;
use crate::provider::adapter::Wire;
use crate::provider::discover::Environment;
use crate::provider::endpoint::{EndpointBuilder, endpoint_setters};

const DEFAULT_BASE_URL: &str = "https://api.anthropic.com";
const NAME: &str = "anthropic";

/// Gathers what an [`AnthropicAdapter`] needs.
#[derive(Debug)]
pub struct AnthropicBuilder {
    endpoint: EndpointBuilder,
}

impl AnthropicBuilder {
    pub(super) fn new(api_key: &str) -> Self {
        Self {
            endpoint: EndpointBuilder::new(NAME, DEFAULT_BASE_URL, api_key),
        }
    }

    /// Sets where the API is, with or without `/v1`.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        let base_url = base_url.into();
        let base = base_url.trim_end_matches('/');
        self.endpoint.base_url = base.strip_suffix("/v1").unwrap_or(base).to_owned();
        self
    }

    endpoint_setters!();

    /// Makes the adapter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the key is empty or the
    /// base URL isn't an HTTP URL.
    pub fn build(self) -> Result<AnthropicAdapter, Error> {
        let endpoint = self.endpoint.build("x-api-key", "")?;
        Ok(AnthropicAdapter(Wire::new(endpoint, Messages)))
    }
}

/// The adapter whose key is in the environment.
pub(crate) fn discover(from: &Environment<'_>) -> Result<Vec<Arc<dyn ProviderAdapter>>, Error> {
    let Some(key) = from.get("ANTHROPIC_API_KEY") else {
        return Ok(Vec::new());
    };
    let mut builder = AnthropicBuilder::new(&key);
    from.apply(&mut builder.endpoint);
    if let Some(base_url) = from.get("ANTHROPIC_BASE_URL") {
        builder = builder.base_url(base_url);
    }
    Ok(vec![Arc::new(builder.build()?)])
}
