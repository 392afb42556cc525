//! Requests and replies as values, and the trait that exchanges them.

use std::fmt;
use std::iter;
use std::net::IpAddr;
use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures::Stream;

pub use super::reply::reported_error;
pub use super::shared::HttpTransport;
pub use super::transport::get;
use crate::error::Error;

/// A reply's body as it arrives.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// Sends one HTTP request.
///
/// Adapters bring their own; another one is for hosts that route all traffic through a client of
/// theirs, and for tests.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Posts the request and returns as soon as the reply's headers are there.
    ///
    /// # Behavior
    ///
    /// - Any status is an `Ok`; an `Err` is a failure below HTTP, of the kind
    ///   [`Network`](crate::ErrorKind::Network).
    /// - Time is kept by the adapter: only connecting has a limit here.
    /// - Redirects aren't followed: they could carry the key to another host.
    /// - Dropping the future or the reply's body closes the connection.
    async fn post(&self, request: HttpRequest) -> Result<HttpReply, Error>;
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn Transport> = None;

/// A request to be posted; its secrets don't show in `Debug`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpRequest {
    /// Where to.
    pub url: String,
    /// The headers.
    pub headers: Vec<HttpHeader>,
    /// The body.
    pub body: Bytes,
}

impl HttpRequest {
    /// A request of JSON.
    #[must_use]
    pub fn json(url: impl Into<String>, headers: Vec<HttpHeader>, body: impl Into<Bytes>) -> Self {
        Self {
            url: url.into(),
            headers,
            body: body.into(),
        }
    }
}

/// A page to be fetched by [`get`]; what a tool needs that reads the web for a model.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpGet {
    /// Where it is.
    pub url: String,
    /// The headers.
    pub headers: Vec<HttpHeader>,
    /// The addresses of its host, as the caller has found and checked them: a connection goes
    /// nowhere else.
    pub addresses: Vec<IpAddr>,
}

impl HttpGet {
    /// A page at one of these addresses.
    #[must_use]
    pub fn new(url: impl Into<String>, addresses: Vec<IpAddr>) -> Self {
        Self {
            url: url.into(),
            headers: Vec::new(),
            addresses,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, header: HttpHeader) -> Self {
        self.headers.push(header);
        self
    }
}

/// A request's header.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpHeader {
    /// The name, in lower case.
    pub name: String,
    /// The value.
    pub value: String,
    /// Whether the value is a secret.
    pub sensitive: bool,
}

impl HttpHeader {
    /// A header that anyone may see.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        let mut name = name.into();
        name.make_ascii_lowercase();
        Self {
            name,
            value: value.into(),
            sensitive: false,
        }
    }

    /// A header whose value is a secret.
    #[must_use]
    pub fn sensitive(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            sensitive: true,
            ..Self::new(name, value)
        }
    }
}

impl fmt::Debug for HttpHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.sensitive {
            "[redacted]"
        } else {
            &self.value
        };
        write!(f, "{}: {value}", self.name)
    }
}

/// A reply, with its body still to be read.
#[non_exhaustive]
pub struct HttpReply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body as it arrives.
    pub body: ByteStream,
}

impl HttpReply {
    /// A reply.
    #[must_use]
    pub fn new(status: u16, headers: Headers, body: ByteStream) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }
}

impl fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpReply")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// The name and the value of a header of a reply, as providers' are on average.
const USUAL_HEADER_BYTES: usize = 40;

/// The headers of a reply; names compare without regard to case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// All names and values, one after the other: a reply has dozens, of which few are looked at.
    text: String,
    /// Where each name and each value ends.
    ends: Vec<(usize, usize)>,
}

impl Headers {
    /// The first value of the header.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let starts = iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        starts
            .zip(&self.ends)
            .map(|(start, &(name, value))| (&self.text[start..name], &self.text[name..value]))
    }
}

impl Headers {
    /// Whether there is a header whose name begins so.
    #[cfg(any(
        feature = "anthropic",
        feature = "openai",
        feature = "openai-compatible"
    ))]
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        self.iter().any(|(name, _)| {
            let start = name.as_bytes().get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        })
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let headers = headers.into_iter();
        let (count, _) = headers.size_hint();
        let mut all = Self {
            text: String::with_capacity(count * USUAL_HEADER_BYTES),
            ends: Vec::with_capacity(count),
        };
        for (name, value) in headers {
            all.text.push_str(name.as_ref());
            let end_of_name = all.text.len();
            all.text.push_str(value.as_ref());
            all.ends.push((end_of_name, all.text.len()));
        }
        all
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
