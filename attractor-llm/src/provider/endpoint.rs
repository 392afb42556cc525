//! Where an adapter sends its requests, and how: what the builders of all adapters share.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::credential::{Authorize, Credential, CredentialSource, KeyHeader};
use super::http::{HttpHeader, HttpRequest, Transport};
use super::protocol::Translated;
use super::timeouts::Timeouts;
use super::transport::PooledTransport;
use crate::error::{Error, ErrorKind};

/// Gathers what an [`Endpoint`] needs; each adapter's builder holds one.
#[derive(Debug)]
pub(crate) struct EndpointBuilder {
    pub(crate) name: String,
    pub(crate) base_url: String,
    pub(crate) headers: Vec<HttpHeader>,
    pub(crate) timeouts: Timeouts,
    pub(crate) transport: Option<Arc<dyn Transport>>,
    pub(crate) key: Credential,
    pub(crate) credentials: Option<Arc<dyn CredentialSource>>,
}

impl EndpointBuilder {
    pub(crate) fn new(
        name: impl Into<String>,
        base_url: impl Into<String>,
        key: impl AsRef<str>,
    ) -> Self {
        Self {
            name: name.into(),
            base_url: base_url.into(),
            headers: Vec::new(),
            timeouts: Timeouts::default(),
            transport: None,
            key: Credential::new(key),
            credentials: None,
        }
    }

    /// An endpoint that sends the key, or what the credential source gives, in a header.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when there is no key or the base URL isn't an HTTP URL.
    pub(crate) fn build(
        mut self,
        header: &'static str,
        prefix: &'static str,
    ) -> Result<Endpoint, Error> {
        let key = std::mem::replace(&mut self.key, Credential::new(""));
        let fixed = self.credentials.is_none().then(|| key.clone());
        let source = match self.credentials.take() {
            Some(source) => source,
            None if key.is_empty() => {
                return Err(Error::new(ErrorKind::Configuration, "the API key is empty")
                    .with_provider(self.name));
            }
            None => Arc::new(key),
        };
        self.build_with(Some(Box::new(KeyHeader {
            name: header,
            prefix,
            source,
            fixed,
        })))
    }

    /// An endpoint with a proof of its own, or with none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the base URL isn't an HTTP URL.
    pub(crate) fn build_with(
        self,
        authorize: Option<Box<dyn Authorize>>,
    ) -> Result<Endpoint, Error> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(
                PooledTransport::new(&self.base_url, self.timeouts)
                    .map_err(|error| error.with_provider(&self.name))?,
            ),
        };
        Ok(Endpoint {
            name: self.name,
            base_url: self.base_url,
            headers: self.headers,
            timeouts: self.timeouts,
            transport,
            authorize,
        })
    }
}

/// The setters that every adapter's builder has; it keeps them in a field `endpoint`.
macro_rules! endpoint_setters {
    () => {
        /// Sets the name that requests are routed by, for another service that speaks this
        /// protocol; it is also the key of its `provider_options`.
        #[must_use]
        pub fn name(mut self, name: impl Into<String>) -> Self {
            self.endpoint.name = name.into();
            self
        }

        /// Takes the key of each request from `source`, in place of one that never changes.
        #[must_use]
        pub fn credentials(mut self, source: impl $crate::provider::CredentialSource) -> Self {
            self.endpoint.credentials = Some(std::sync::Arc::new(source));
            self
        }

        /// Adds a header to every request. It replaces one of the adapter's own with that name,
        /// except that one which lists beta features adds to those a request uses. Its value is
        /// treated as a secret.
        #[must_use]
        pub fn default_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            let header = $crate::provider::http::HttpHeader::sensitive(name, value);
            self.endpoint.headers.push(header);
            self
        }

        /// Sets how long to wait.
        #[must_use]
        pub fn timeouts(mut self, timeouts: $crate::provider::Timeouts) -> Self {
            self.endpoint.timeouts = timeouts;
            self
        }

        /// Sets what exchanges the requests, in place of the adapter's own connections.
        #[must_use]
        pub fn transport(
            mut self,
            transport: std::sync::Arc<dyn $crate::provider::http::Transport>,
        ) -> Self {
            self.endpoint.transport = Some(transport);
            self
        }
    };
}
pub(crate) use endpoint_setters;

/// Where an adapter sends its requests, and how.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) timeouts: Timeouts,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) base_url: String,
    headers: Vec<HttpHeader>,
    authorize: Option<Box<dyn Authorize>>,
}

impl Endpoint {
    /// The request ready to be sent, and what of it mustn't show up in an error.
    ///
    /// # Errors
    ///
    /// That of the credential source, or that it took longer than a request may.
    pub(crate) async fn request(
        &self,
        translated: Translated,
    ) -> Result<(HttpRequest, Option<Credential>), Error> {
        let url = join(&self.base_url, &translated.path);
        let headers = self.headers(translated.headers);
        let mut request = HttpRequest::json(url, headers, translated.body);
        let Some(authorize) = &self.authorize else {
            return Ok((request, None));
        };
        if let Some(secret) = authorize.try_authorize(&mut request) {
            return Ok((request, secret));
        }
        let limit = self.timeouts.request;
        let secret = timeout(limit, authorize.authorize(&mut request))
            .await
            .map_err(|_| no_credential(limit))??;
        Ok((request, secret))
    }

    fn headers(&self, of_request: Vec<HttpHeader>) -> Vec<HttpHeader> {
        // One more for the proof of who asks.
        let mut headers = Vec::with_capacity(2 + of_request.len() + self.headers.len());
        headers.push(HttpHeader::new("content-type", "application/json"));
        headers.extend(of_request);
        for own in &self.headers {
            match headers.iter_mut().find(|it| it.name == own.name) {
                Some(features) if own.name.ends_with("-beta") => {
                    features.value = format!("{},{}", own.value, features.value);
                }
                Some(replaced) => *replaced = own.clone(),
                None => headers.push(own.clone()),
            }
        }
        headers
    }
}

fn no_credential(limit: Duration) -> Error {
    let seconds = limit.as_secs_f64();
    Error::new(
        ErrorKind::RequestTimeout,
        format!("the credential source gave nothing after {seconds} s"),
    )
}

/// The address below a base URL; the queries of both are kept.
fn join(base_url: &str, path: &str) -> String {
    let (base, query) = base_url.split_once('?').unwrap_or((base_url, ""));
    let base = base.trim_end_matches('/');
    let separator = match (query.is_empty(), path.contains('?')) {
        (true, _) => "",
        (false, true) => "&",
        (false, false) => "?",
    };
    [base, path, separator, query].concat()
}

/// The base URL; a host alone stands for its first version.
#[cfg(any(feature = "gemini", feature = "openai", feature = "openai-compatible"))]
pub(crate) fn with_version(base_url: &str, version: &str) -> String {
    let (base, query) = base_url.split_once('?').unwrap_or((base_url, ""));
    let base = base.trim_end_matches('/');
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let version = if host.contains('/') { "" } else { version };
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{base}{version}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(any(feature = "gemini", feature = "openai", feature = "openai-compatible"))]
    fn a_host_alone_stands_for_its_first_version() {
        let cases = [
            ("http://127.0.0.1:80", "http://127.0.0.1:80/v1"),
            ("https://a.b/", "https://a.b/v1"),
            ("https://a.b/v1", "https://a.b/v1"),
            ("https://a.b/openai/v1/", "https://a.b/openai/v1"),
            ("https://a.b/codex?v=1", "https://a.b/codex?v=1"),
        ];
        for (base_url, expected) in cases {
            assert_eq!(with_version(base_url, "/v1"), expected);
        }
    }

    #[test]
    fn a_path_goes_before_the_query_of_the_base_url() {
        let cases = [
            ("https://a.b", "/x", "https://a.b/x"),
            ("https://a.b/", "/x?alt=sse", "https://a.b/x?alt=sse"),
            ("https://a.b/c/?v=1", "/x", "https://a.b/c/x?v=1"),
            ("https://a.b?v=1", "/x?alt=sse", "https://a.b/x?alt=sse&v=1"),
        ];
        for (base_url, path, expected) in cases {
            assert_eq!(join(base_url, path), expected);
        }
    }
}
