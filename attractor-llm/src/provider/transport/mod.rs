//! The only place that names the HTTP client (docs/adr/0025-requests-are-sent-by-hyper.md).

mod connector;
#[cfg(test)]
mod tests;
mod tls;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use http_body_util::{BodyDataStream, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use url::Url;

use self::connector::{Connector, Reach};
#[cfg(feature = "vertex")]
pub(crate) use self::tls::install_cryptography;
use super::http::{Headers, HttpGet, HttpHeader, HttpReply, HttpRequest, Transport};
use super::latest::Latest;
use super::timeouts::Timeouts;
use crate::error::{Error, ErrorKind};
use crate::limits::{CONNECT_TIMEOUT, POOL_IDLE};

/// Headers that are added: what is accepted, who asks, who asks the proxy, the host and the length.
/// Making room for them later would cost more than they do.
const OWN_HEADERS: usize = 5;

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("attractor-llm/", env!("CARGO_PKG_VERSION")));
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// Posts over connections of its own, kept open between requests.
#[derive(Debug)]
pub(crate) struct PooledTransport {
    client: Client<Connector, Full<Bytes>>,
    /// None: no request goes over a proxy.
    proxies: Option<Arc<Matcher>>,
    /// The latest address: as a rule every request goes there, and parsing takes longer than looking.
    latest: Latest<Target>,
}

/// Where a request goes, and what is said to the proxy that reads it on its way.
#[derive(Clone, Debug)]
struct Target {
    uri: Uri,
    proxy_authorization: Option<HeaderValue>,
}

impl PooledTransport {
    /// A transport for requests to `base_url`, over the proxies that the environment names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when `base_url` isn't an HTTP URL.
    pub(crate) fn new(base_url: &str, timeouts: Timeouts) -> Result<Self, Error> {
        Self::with_proxies(base_url, timeouts, Matcher::from_system)
    }

    fn with_proxies(
        base_url: &str,
        timeouts: Timeouts,
        proxies: impl FnOnce() -> Matcher,
    ) -> Result<Self, Error> {
        let url = http_url(base_url)?;
        if !url.username().is_empty() || url.password().is_some() {
            // It would show up wherever the address does.
            let message = "the base URL holds a password; send it as a default header instead";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        // A proxy can't reach this machine's own servers.
        let local = url.host_str().is_some_and(is_loopback);
        let proxies = (!local).then(|| Arc::new(proxies()));
        let reach = match &proxies {
            Some(proxies) => Reach::Proxies(Arc::clone(proxies)),
            None => Reach::Direct,
        };
        Ok(Self {
            client: client(reach, timeouts.connect)?,
            proxies,
            latest: Latest::default(),
        })
    }

    fn target(&self, url: &str) -> Result<Target, Error> {
        self.latest.get_or_try(url, || {
            // The address may hold a key: it doesn't go into the error.
            let bad = |error: &dyn std::fmt::Display| {
                Error::new(ErrorKind::Configuration, format!("bad URL: {error}"))
            };
            let url = Url::parse(url).map_err(|error| bad(&error))?;
            let uri = Uri::try_from(url.as_str()).map_err(|error| bad(&error))?;
            // To others, a tunnel through the proxy is opened with it.
            let read_by_proxy = self
                .proxies
                .as_ref()
                .filter(|_| url.scheme() == "http")
                .and_then(|them| them.intercept(&uri));
            Ok(Target {
                proxy_authorization: read_by_proxy.and_then(|it| it.basic_auth().cloned()),
                uri,
            })
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
    let url = http_url(&page.url)?;
    let uri = Uri::try_from(url.as_str()).map_err(|error| bad_base_url(&page.url, &error))?;
    let client = client(Reach::Addresses(page.addresses), CONNECT_TIMEOUT)?;
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.uri_mut() = uri;
    *request.headers_mut() = header_map(&page.headers)?;
    let sent = client.request(request).await;
    Ok(reply(sent.map_err(not_sent)?))
}

fn client(reach: Reach, connect: Duration) -> Result<Client<Connector, Full<Bytes>>, Error> {
    let connector = Connector::new(tls::config()?, reach, connect);
    Ok(Client::builder(TokioExecutor::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .build(connector))
}

fn http_url(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| bad_base_url(text, &error))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad_base_url(text, &"it isn't an HTTP URL"));
    }
    Ok(url)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[async_trait]
impl Transport for PooledTransport {
    async fn post(&self, request: HttpRequest) -> Result<HttpReply, Error> {
        let target = self.target(&request.url)?;
        let mut headers = header_map(&request.headers)?;
        headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
        if let Some(authorization) = target.proxy_authorization {
            headers.insert(header::PROXY_AUTHORIZATION, authorization);
        }
        let mut sent = Request::new(Full::new(request.body));
        *sent.method_mut() = Method::POST;
        *sent.uri_mut() = target.uri;
        *sent.headers_mut() = headers;
        let reply = self.client.request(sent).await.map_err(not_sent)?;
        Ok(self::reply(reply))
    }
}

fn reply(reply: Response<Incoming>) -> HttpReply {
    let status = reply.status().as_u16();
    let headers = headers(reply.headers());
    let body = BodyDataStream::new(reply.into_body());
    HttpReply::new(status, headers, body.map_err(broken).boxed())
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
    map.entry(header::ACCEPT).or_insert(ANYTHING);
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

fn not_sent(error: hyper_util::client::legacy::Error) -> Error {
    if error.is_connect() {
        network("connection failed", error)
    } else {
        network("connection broke", error)
    }
}

fn broken(error: hyper::Error) -> Error {
    network("connection broke", error)
}

fn network(what: &str, error: impl StdError + Send + Sync + 'static) -> Error {
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
