//! How to reach the API, and what is known of its habits.

use super::OpenAiCompatibleAdapter;
use super::compat::{Compat, Service};
use super::protocol::{Adjust, ChatCompletions};
use crate::error::{Error, ErrorKind};
use crate::provider::Credential;
use crate::provider::adapter::Wire;
use crate::provider::endpoint::{EndpointBuilder, endpoint_setters, with_version};
use crate::provider::latest::Latest;

/// Gathers what an [`OpenAiCompatibleAdapter`] needs.
#[derive(Debug)]
pub struct OpenAiCompatibleBuilder {
    pub(super) endpoint: EndpointBuilder,
    /// The service it was made for; else the base URL tells.
    service: Option<Service>,
    compat: Option<Compat>,
    adjust: Option<Adjust>,
    api_version: Option<String>,
}

impl OpenAiCompatibleBuilder {
    pub(super) fn new(name: String, base_url: String) -> Self {
        Self {
            endpoint: EndpointBuilder::new(name, base_url, ""),
            service: None,
            compat: None,
            adjust: None,
            api_version: None,
        }
    }

    pub(super) fn of(service: Service) -> Self {
        let base_url = service.base_url().unwrap_or_default();
        Self {
            service: Some(service),
            ..Self::new(service.name().to_owned(), base_url.to_owned())
        }
    }

    /// Sets the key.
    #[must_use]
    pub fn api_key(mut self, api_key: impl AsRef<str>) -> Self {
        self.endpoint.key = Credential::new(api_key);
        self
    }

    /// Sets where the API is: all that stands before `/chat/completions`. A host alone stands for its
    /// `/v1`; a query is kept.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.endpoint.base_url = base_url.into();
        self
    }

    /// Sets the service whose habits the server has, where its address doesn't tell.
    ///
    /// ```
    /// use attractor_llm::OpenAiCompatibleAdapter;
    /// use attractor_llm::provider::openai_compatible::Service;
    ///
    /// let adapter = OpenAiCompatibleAdapter::builder("gpu-box", "http://10.0.0.7:9000/v1")
    ///     .habits_of(Service::Vllm)
    ///     .build()?;
    /// # Ok::<(), attractor_llm::Error>(())
    /// ```
    #[must_use]
    pub fn habits_of(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Sets what the service takes, for all models, in place of what the table says.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = Some(compat);
        self
    }

    /// Changes what the service takes from what the table says. It is asked once for a model, not for
    /// each request.
    ///
    /// ```
    /// use attractor_llm::OpenAiCompatibleAdapter;
    ///
    /// let adapter = OpenAiCompatibleAdapter::builder("mine", "https://llm.example.com/v1")
    ///     .adjust_compat(|compat| compat.stream_usage = false)
    ///     .build()?;
    /// # Ok::<(), attractor_llm::Error>(())
    /// ```
    #[must_use]
    pub fn adjust_compat(mut self, adjust: impl Fn(&mut Compat) + Send + Sync + 'static) -> Self {
        self.adjust = Some(Adjust(Box::new(adjust)));
        self
    }

    /// Sets the version of Azure's API; deployments are then part of the address.
    #[must_use]
    pub fn api_version(mut self, api_version: impl Into<String>) -> Self {
        self.api_version = Some(api_version.into());
        self
    }

    endpoint_setters!();

    /// Makes the adapter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the service needs a key and there is none, or the base URL
    /// isn't an HTTP URL.
    pub fn build(mut self) -> Result<OpenAiCompatibleAdapter, Error> {
        let service = self
            .service
            .or_else(|| Service::detect(&self.endpoint.base_url));
        let is_azure = service == Some(Service::Azure);
        let api_version = self.api_version.take().filter(|_| is_azure);
        let by_version = api_version.is_some();
        self.endpoint.base_url = address(&self.endpoint.base_url, is_azure, by_version);
        let needs_key = self.service.is_some_and(|service| !service.is_open());
        let has_key = !self.endpoint.key.is_empty() || self.endpoint.credentials.is_some();
        let endpoint = if has_key {
            // A key of Azure's never changes: what a source gives is a token.
            if is_azure && self.endpoint.credentials.is_none() {
                self.endpoint.build("api-key", "")?
            } else {
                self.endpoint.build("authorization", "Bearer ")?
            }
        } else if needs_key && !self.has_own_proof() {
            let error = Error::new(ErrorKind::Configuration, "the API key is empty");
            return Err(error.with_provider(self.endpoint.name));
        } else {
            self.endpoint.build_with(None)?
        };
        let protocol = ChatCompletions {
            service,
            compat: self.compat,
            adjust: self.adjust,
            api_version,
            latest: Latest::default(),
        };
        Ok(OpenAiCompatibleAdapter(Wire::new(endpoint, protocol)))
    }

    /// Whether a header of the user's proves who asks.
    fn has_own_proof(&self) -> bool {
        let proof = |name: &str| matches!(name, "authorization" | "api-key");
        self.endpoint
            .headers
            .iter()
            .any(|header| proof(&header.name))
    }
}

/// All that stands before `/chat/completions`, or before Azure's `/deployments`.
fn address(base_url: &str, is_azure: bool, by_version: bool) -> String {
    if !is_azure {
        return with_version(base_url, "/v1");
    }
    let (base, query) = base_url.split_once('?').unwrap_or((base_url, ""));
    let base = base.trim_end_matches('/');
    let host = base.split_once("://").map_or(base, |(_, rest)| rest);
    let path = match host.split_once('/') {
        None if by_version => "/openai",
        None => "/openai/v1",
        Some((_, "openai")) if !by_version => "/v1",
        Some(_) => "",
    };
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{base}{path}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azure_has_an_address_with_versions_and_one_without() {
        let cases = [
            (
                "https://a.openai.azure.com/",
                false,
                "https://a.openai.azure.com/openai/v1",
            ),
            (
                "https://a.openai.azure.com/openai",
                false,
                "https://a.openai.azure.com/openai/v1",
            ),
            (
                "https://a.openai.azure.com",
                true,
                "https://a.openai.azure.com/openai",
            ),
            (
                "https://a.b/models?api-version=1",
                false,
                "https://a.b/models?api-version=1",
            ),
        ];
        for (base_url, by_version, expected) in cases {
            assert_eq!(address(base_url, true, by_version), expected);
        }
    }
}
