//! [`Fetch`]: the one place where a page is asked for, and its implementation over HTTP.

use std::{fmt::Debug, net::IpAddr};

use async_trait::async_trait;
use attractor_llm::provider::http::{self, HttpGet, HttpHeader};
use bytes::BytesMut;
use futures::StreamExt as _;

use crate::error::{Error, ErrorKind};

const USER_AGENT: &str = concat!("attractor-agent/", env!("CARGO_PKG_VERSION"));

/// A page that has been found to be allowed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FetchRequest {
    /// Where it is.
    pub url: String,
    /// The addresses of its host that may be connected to.
    pub addresses: Vec<IpAddr>,
    /// The bytes of the body that are wanted at most.
    pub max_bytes: usize,
}

/// What the server says.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FetchReply {
    /// The HTTP status.
    pub status: u16,
    /// The header `content-type`, empty without one.
    pub content_type: String,
    /// The header `location` of a redirect.
    pub location: Option<String>,
    /// The body, as far as it was wanted.
    pub body: Vec<u8>,
    /// Whether the body goes on.
    pub is_cut: bool,
}

impl FetchReply {
    /// A reply with this status, type and body.
    #[must_use]
    pub fn new(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content_type: content_type.into(),
            body: body.into(),
            ..Self::default()
        }
    }
}

/// Gets pages for [`WebFetchTool`](super::WebFetchTool). The tool decides what may be fetched; an
/// implementation only does it. Implement it for hosts whose traffic goes another way.
#[async_trait]
pub trait Fetch: Debug + Send + Sync + 'static {
    /// The addresses of a host.
    ///
    /// # Behavior
    /// - A host that is an address itself has that one.
    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<IpAddr>, Error>;

    /// Gets one page.
    ///
    /// # Behavior
    /// - Connects to no other address than those of the request.
    /// - Doesn't follow a redirect: its reply tells where to.
    /// - Reads no more of the body than is wanted. The tool keeps the time.
    async fn get(&self, request: FetchRequest) -> Result<FetchReply, Error>;
}

const _: Option<&dyn Fetch> = None;

/// Gets pages over HTTP and HTTPS, without a proxy and without cookies.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpFetch;

#[async_trait]
impl Fetch for HttpFetch {
    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<IpAddr>, Error> {
        let host = host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((host, port)).await;
        let found = found.map_err(|error| {
            Error::new(
                ErrorKind::NotFound,
                format!("the host {host} isn't found: {error}"),
            )
        })?;
        Ok(found.map(|address| address.ip()).collect())
    }

    async fn get(&self, request: FetchRequest) -> Result<FetchReply, Error> {
        let page = HttpGet::new(request.url, request.addresses)
            .header(HttpHeader::new("user-agent", USER_AGENT))
            .header(HttpHeader::new(
                "accept",
                "text/markdown, text/html, text/*;q=0.9, */*;q=0.5",
            ));
        let failed = |error: attractor_llm::Error| Error::new(ErrorKind::Io, error.to_string());
        let reply = http::get(page).await.map_err(failed)?;
        let header = |name| reply.headers.get(name).map(str::to_owned);
        let (content_type, location) = (header("content-type"), header("location"));
        let mut body = BytesMut::new();
        let mut chunks = reply.body;
        while body.len() <= request.max_bytes {
            let Some(chunk) = chunks.next().await else {
                break;
            };
            body.extend_from_slice(&chunk.map_err(failed)?);
        }
        let is_cut = body.len() > request.max_bytes;
        body.truncate(request.max_bytes);
        Ok(FetchReply {
            status: reply.status,
            content_type: content_type.unwrap_or_default(),
            location,
            body: body.to_vec(),
            is_cut,
        })
    }
}
