//! How to reach the API.

use std::sync::Arc;

use super::{OpenAiAdapter, Responses};
use crate::error::Error;
use crate::provider::ProviderAdapter;
use crate::provider::adapter::Wire;
use crate::provider::discover::Environment;
use crate::provider::endpoint::{EndpointBuilder, endpoint_setters};
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
        self.endpoint.base_url = with_version(&base_url.into());
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

/// A host alone stands for its first version.
fn with_version(base_url: &str) -> String {
    let (base, query) = base_url.split_once('?').unwrap_or((base_url, ""));
    let base = base.trim_end_matches('/');
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let version = if host.contains('/') { "" } else { "/v1" };
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{base}{version}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_alone_stands_for_its_first_version() {
        let cases = [
            ("http://127.0.0.1:80", "http://127.0.0.1:80/v1"),
            ("https://a.b/", "https://a.b/v1"),
            ("https://a.b/v1", "https://a.b/v1"),
            ("https://a.b/openai/v1/", "https://a.b/openai/v1"),
            ("https://a.b/codex?v=1", "https://a.b/codex?v=1"),
        ];
        for (base_url, expected) in cases {
            assert_eq!(with_version(base_url), expected);
        }
    }
}
