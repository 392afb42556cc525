//! How to reach the API.

use std::sync::Arc;

use super::{OpenAiAdapter, Responses};
use crate::error::Error;
use crate::provider::ProviderAdapter;
use crate::provider::adapter::Wire;
use crate::provider::discover::Environment;
use crate::provider::endpoint::{EndpointBuilder, endpoint_setters, with_version};
use crate::provider::http::HttpHeader;

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";
const NAME: &str = "openai";

/// Gathers what an [`OpenAiAdapter`] needs.
#[derive(Debug)]
pub struct OpenAiBuilder {
    endpoint: EndpointBuilder,
}

impl OpenAiBuilder {
    pub(super) fn new(api_key: &str) -> Self {
        Self {
            endpoint: EndpointBuilder::new(NAME, DEFAULT_BASE_URL, api_key),
        }
    }

    /// Sets where the API is: all that stands before `/responses`. A host alone stands for its
    /// `/v1`; a query is kept.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.endpoint.base_url = with_version(&base_url.into(), "/v1");
        self
    }

    /// Sets the organisation that requests are counted for.
    #[must_use]
    pub fn organization(self, organization: impl Into<String>) -> Self {
        self.header("openai-organization", organization.into())
    }

    /// Sets the project that requests are counted for.
    #[must_use]
    pub fn project(self, project: impl Into<String>) -> Self {
        self.header("openai-project", project.into())
    }

    fn header(mut self, name: &str, value: String) -> Self {
        self.endpoint.headers.push(HttpHeader::new(name, value));
        self
    }

    endpoint_setters!();

    /// Makes the adapter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the key is empty or the
    /// base URL isn't an HTTP URL.
    pub fn build(self) -> Result<OpenAiAdapter, Error> {
        let endpoint = self.endpoint.build("authorization", "Bearer ")?;
        Ok(OpenAiAdapter(Wire::new(endpoint, Responses)))
    }
}

/// The adapter whose key is in the environment.
pub(crate) fn discover(from: &Environment<'_>) -> Result<Vec<Arc<dyn ProviderAdapter>>, Error> {
    let Some(key) = from.get("OPENAI_API_KEY") else {
        return Ok(Vec::new());
    };
    let mut builder = OpenAiBuilder::new(&key);
    from.apply(&mut builder.endpoint);
    if let Some(base_url) = from.get("OPENAI_BASE_URL") {
        builder = builder.base_url(base_url);
    }
    if let Some(organization) = from.get("OPENAI_ORG_ID") {
        builder = builder.organization(organization);
    }
    if let Some(project) = from.get("OPENAI_PROJECT_ID") {
        builder = builder.project(project);
    }
    Ok(vec![Arc::new(builder.build()?)])
}
