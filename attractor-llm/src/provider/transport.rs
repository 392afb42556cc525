//! The only file that names the HTTP client.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Method, Url, retry};
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::Verifier;

use super::http::{Headers, HttpGet, HttpHeader, HttpReply, HttpRequest, Transport};
use super::latest::Latest;
use super::timeouts::Timeouts;
use crate::error::{Error, ErrorKind};
use crate::limits::CONNECT_TIMEOUT;

/// Headers that the HTTP client adds: what it accepts, who it is, the host and the length. Making room
/// for them later would cost more than they do.
const OWN_HEADERS: usize = 4;

/// Posts over connections of its own, kept open between requests.
#[derive(Debug)]
pub(crate) struct PooledTransport {
    client: reqwest::Client,
    /// The latest address: as a rule every request goes there, and parsing takes longer than looking.
    latest: Latest<Url>,
}

impl PooledTransport {
    /// A transport for requests to `base_url`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when `base_url` isn't an HTTP URL.
    pub(crate) fn new(base_url: &str, timeouts: Timeouts) -> Result<Self, Error> {
        let url = Url::parse(base_url).map_err(|error| bad_base_url(base_url, &error))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(bad_base_url(base_url, &"it isn't an HTTP URL"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // It would show up wherever the address does.
            let message = "the base URL holds a password; send it as a default header instead";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let mut builder = builder()?
            .connect_timeout(timeouts.connect)
            .user_agent(concat!("attractor-llm/", env!("CARGO_PKG_VERSION")));
        if url.host_str().is_some_and(is_loopback) {
            // A proxy can't reach this machine's own servers.
            builder = builder.no_proxy();
        }
        let client = builder
            .build()
            .map_err(|error| configuration("HTTP client", error))?;
        Ok(Self {
            client,
            latest: Latest::default(),
        })
    }

    fn parse(&self, url: &str) -> Result<Url, Error> {
        self.latest.get_or_try(url, || {
            // The address may hold a key: it doesn't go into the error.
            Url::parse(url)
                .map_err(|error| Error::new(ErrorKind::Configuration, format!("bad URL: {error}")))
        })
    }
}

/// Gets a page over a connection of its own, with the same TLS as the adapters' requests.
///
/// Redirects aren't followed and no proxy is used: it is for the caller to say where to connect.
///
/// ```no_run
/// # async fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::provider::http::{self, HttpGet};
///
/// let page = HttpGet::new("http://127.0.0.1:8080/", vec![[127, 0, 0, 1].into()]);
/// let reply = http::get(page).await?;
/// println!("{}", reply.status);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorKind::Configuration`] for what isn't an HTTP URL, [`ErrorKind::Network`] when the
/// connection fails. Only connecting has a time limit.
pub async fn get(page: HttpGet) -> Result<HttpReply, Error> {
    let url = Url::parse(&page.url).map_err(|error| bad_base_url(&page.url, &error))?;
    let host = url.host_str().unwrap_or_default();
    // The port is the URL's.
    let addresses = page
        .addresses
        .iter()
        .map(|address| SocketAddr::new(*address, 0));
    let client = builder()?
        .connect_timeout(CONNECT_TIMEOUT)
        .no_proxy()
        .resolve_to_addrs(host, &addresses.collect::<Vec<_>>())
        .build()
        .map_err(|error| configuration("HTTP client", error))?;
    let sent = client.get(url).headers(header_map(&page.headers)?).send();
    Ok(reply(sent.await.map_err(network)?))
}

/// What all connections have in common, whatever features of the HTTP client others switch on.
fn builder() -> Result<ClientBuilder, Error> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .redirect(Policy::none())
        // It would keep a copy of each request, for the retries of HTTP/2, which isn't spoken here.
        .retry(retry::never().max_retries_per_request(0))
        // Who compresses a stream may hold its events back until there is enough of them.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// TLS with its cryptography named here, so that nothing depends on a process-wide default.
fn tls() -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| configuration("TLS", error))?;
    let mut config = match verifier(provider) {
        Some(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        // A machine without certificates may still talk to its own servers in the clear; to any
        // other the handshake fails and says so.
        None => builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Gives the process the cryptography of these connections, unless it has another: for a crate that
/// takes what it finds there.
#[cfg(feature = "vertex")]
pub(crate) fn install_cryptography() {
    if CryptoProvider::get_default().is_none() {
        // An `Err` means that someone else was quicker.
        drop(ring::default_provider().install_default());
    }
}

fn verifier(provider: Arc<CryptoProvider>) -> Option<Verifier> {
    Verifier::new(provider)
        .inspect_err(|error| tracing::warn!(%error, "no system certificates: HTTPS will fail"))
        .ok()
}

#[async_trait]
impl Transport for PooledTransport {
    async fn post(&self, request: HttpRequest) -> Result<HttpReply, Error> {
        // By hand: the builder goes over all headers once more.
        let mut sent = reqwest::Request::new(Method::POST, self.parse(&request.url)?);
        *sent.headers_mut() = header_map(&request.headers)?;
        *sent.body_mut() = Some(request.body.into());
        let reply = self.client.execute(sent).await.map_err(network)?;
        Ok(self::reply(reply))
    }
}

fn reply(reply: reqwest::Response) -> HttpReply {
    let status = reply.status().as_u16();
    let headers = headers(reply.headers());
    let body = reply.bytes_stream().map_err(network).boxed();
    HttpReply::new(status, headers, body)
}

fn header_map(headers: &[HttpHeader]) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::with_capacity(headers.len() + OWN_HEADERS);
    for header in headers {
        // The value may be a key: it doesn't go into the error.
        let invalid = || {
            let name = &header.name;
            let message = format!("header {name} has characters that HTTP doesn't allow");
            Error::new(ErrorKind::Configuration, message)
        };
        let name = HeaderName::try_from(header.name.as_str()).map_err(|_| invalid())?;
        let mut value = HeaderValue::try_from(header.value.as_str()).map_err(|_| invalid())?;
        value.set_sensitive(header.sensitive);
        map.append(name, value);
    }
    Ok(map)
}

fn headers(map: &HeaderMap) -> Headers {
    map.iter()
        .map(|(name, value)| match value.to_str() {
            Ok(value) => (name.as_str(), Cow::Borrowed(value)),
            Err(_) => (name.as_str(), String::from_utf8_lossy(value.as_bytes())),
        })
        .collect()
}

fn network(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let what = if error.is_connect() {
        "connection failed"
    } else {
        "connection broke"
    };
    let cause = innermost(&error).to_string();
    Error::new(ErrorKind::Network, format!("{what}: {cause}")).with_source(error)
}

fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}

fn bad_base_url(base_url: &str, reason: &dyn std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!("bad base URL {base_url:?}: {reason}"),
    )
}

fn configuration(what: &str, error: impl StdError + Send + Sync + 'static) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!("{what} can't be set up: {error}"),
    )
    .with_source(error)
}
