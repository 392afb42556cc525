//! How to reach the API.

use std::sync::Arc;

use super::{GeminiAdapter, GenerateContent};
use crate::error::Error;
use crate::provider::ProviderAdapter;
use crate::provider::adapter::Wire;
use crate::provider::discover::Environment;
use crate::provider::endpoint::{EndpointBuilder, endpoint_setters, with_version};

const DEFAULT_BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";
const NAME: &str = "gemini";

/// Where the key goes: in an address it would show up in logs.
const KEY_HEADER: &str = "x-goog-api-key";

/// Gathers what a [`GeminiAdapter`] needs.
#[derive(Debug)]
pub struct GeminiBuilder {
    endpoint: EndpointBuilder,
}

impl GeminiBuilder {
    pub(super) fn new(api_key: &str) -> Self {
        Self {
            endpoint: EndpointBuilder::new(NAME, DEFAULT_BASE_URL, api_key),
        }
    }

    /// Sets where the API is: all that stands before `/models`. A host alone stands for its
    /// `/v1beta`; a query is kept.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.endpoint.base_url = with_version(&base_url.into(), "/v1beta");
        self
    }

    endpoint_setters!();

    /// Makes the adapter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the key is empty or the
    /// base URL isn't an HTTP URL.
    pub fn build(self) -> Result<GeminiAdapter, Error> {
        let endpoint = self.endpoint.build(KEY_HEADER, "")?;
        let protocol = GenerateContent { is_vertex: false };
        Ok(GeminiAdapter(Wire::new(endpoint, protocol)))
    }
}

/// The adapter whose key is in the environment.
pub(crate) fn discover(from: &Environment<'_>) -> Result<Vec<Arc<dyn ProviderAdapter>>, Error> {
    let key = from
        .get("GEMINI_API_KEY")
        .or_else(|| from.get("GOOGLE_API_KEY"));
    let Some(key) = key else {
        return Ok(Vec::new());
    };
    let mut builder = GeminiBuilder::new(&key);
    from.apply(&mut builder.endpoint);
    if let Some(base_url) = from.get("GEMINI_BASE_URL") {
        builder = builder.base_url(base_url);
    }
    Ok(vec![Arc::new(builder.build()?)])
}
