//! How to reach the API.

use std::sync::Arc;

use super::OpenAiAdapter;
use crate::error::{Error, ErrorKind};
use crate::provider::http::{HttpHeader, Transport};
use crate::provider::secret::Secret;
use crate::provider::timeouts::Timeouts;
use crate::provider::transport::PooledTransport;

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";
const NAME: &str = "openai";
const ORGANIZATION: &str = "openai-organization";
const PROJECT: &str = "openai-project";
const BETA: &str = "openai-beta";

/// Gathers what an [`OpenAiAdapter`] needs.
#[derive(Debug)]
pub struct OpenAiBuilder {
    name: String,
    api_key: Secret,
    base_url: String,
    organization: Option<String>,
    project: Option<String>,
    headers: Vec<HttpHeader>,
    timeouts: Timeouts,
    transport: Option<Arc<dyn Transport>>,
}

impl OpenAiBuilder {
    pub(super) fn new(api_key: String) -> Self {
        Self {
            name: NAME.to_owned(),
            api_key: Secret(api_key),
            base_url: DEFAULT_BASE_URL.to_owned(),
            organization: None,
            project: None,
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

    /// Sets where the API is: all that stands before `/responses`. A host alone stands for its
    /// `/v1`; a query is kept.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Sets the organisation that requests are counted for.
    #[must_use]
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// Sets the project that requests are counted for.
    #[must_use]
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// Adds a header to every request, in place of one of the adapter's own with that name. Its
    /// value is treated as a secret.
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
    pub fn build(self) -> Result<OpenAiAdapter, Error> {
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
            url: responses_url(&self.base_url),
            name: self.name,
            api_key: Secret(key),
            organization: self.organization,
            project: self.project,
            headers: self.headers,
            timeouts: self.timeouts,
        };
        Ok(OpenAiAdapter { config, transport })
    }
}

fn responses_url(base_url: &str) -> String {
    let (base, query) = base_url
        .split_once('?')
        .map_or((base_url, None), |(base, query)| (base, Some(query)));
    let base = base.trim_end_matches('/');
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let version = if host.contains('/') { "" } else { "/v1" };
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{base}{version}/responses{query}")
}

/// What an adapter is set up with.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) timeouts: Timeouts,
    api_key: Secret,
    organization: Option<String>,
    project: Option<String>,
    headers: Vec<HttpHeader>,
}

impl Config {
    /// The headers of a request that uses the given beta features.
    pub(super) fn headers(&self, betas: &[String]) -> Vec<HttpHeader> {
        let bearer = format!("Bearer {}", self.api_key.0);
        let mut headers = vec![
            HttpHeader::new("content-type", "application/json"),
            HttpHeader::sensitive("authorization", bearer),
        ];
        for (name, value) in [
            (ORGANIZATION, &self.organization),
            (PROJECT, &self.project),
            (BETA, &(!betas.is_empty()).then(|| betas.join(","))),
        ] {
            headers.extend(value.as_ref().map(|value| HttpHeader::new(name, value)));
        }
        headers.retain(|header| self.headers.iter().all(|own| own.name != header.name));
        headers.extend(self.headers.iter().cloned());
        headers
    }

    /// The text without the key, should a server have repeated it.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.api_key.scrub(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_what_stands_before_responses() {
        let cases = [
            ("http://127.0.0.1:80", "http://127.0.0.1:80/v1/responses"),
            ("https://a.b/", "https://a.b/v1/responses"),
            ("https://a.b/v1", "https://a.b/v1/responses"),
            ("https://a.b/openai/v1/", "https://a.b/openai/v1/responses"),
            (
                "https://a.b/codex?api-version=1",
                "https://a.b/codex/responses?api-version=1",
            ),
        ];
        for (base_url, expected) in cases {
            assert_eq!(responses_url(base_url), expected);
        }
    }
}
