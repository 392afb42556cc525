//! The only file of the client that names the HTTP client.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::limits::{ANSWER_BYTES, CONNECT_TIME, REQUEST_TIME, SILENCE};
use super::route::Method;
use crate::tls;

/// A request to a server.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) token: SecretString,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

/// What came back, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `Retry-After`, if it's a number of seconds.
    pub(super) retry_after: Option<u64>,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back, or not all of it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody listens, the name isn't known, or TLS doesn't come about.
    NoConnection(String),
    /// It takes too long.
    TimedOut,
    /// The connection broke.
    Broken(String),
    /// It's more than is read.
    TooLarge,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        match () {
            () if error.is_timeout() => Self::TimedOut,
            () if error.is_connect() => Self::NoConnection(innermost(&error)),
            () => Self::Broken(innermost(&error)),
        }
    }
}

/// What the system or TLS says; what stands around it says only that there was a request.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Sends requests over connections that are kept.
#[derive(Clone, Debug)]
pub(super) struct Transport(Client);

impl Transport {
    /// A transport to a server. One on this machine is never asked through a proxy, and nobody is
    /// followed elsewhere.
    ///
    /// # Errors
    ///
    /// Why the HTTP client can't be made.
    pub(super) fn new(is_local: bool) -> Result<Self, String> {
        let config = tls::config().map_err(|error| error.to_string())?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(config)
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIME)
            .read_timeout(SILENCE)
            .user_agent(concat!("attractor/", env!("CARGO_PKG_VERSION")));
        if is_local {
            builder = builder.no_proxy();
        }
        builder.build().map(Self).map_err(|error| error.to_string())
    }

    fn request(&self, call: Call) -> RequestBuilder {
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self.0.request(method, call.url);
        request = request.bearer_auth(call.token.expose_secret());
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        match call.body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string()),
            None => request,
        }
    }

    /// Sends a request once and reads the whole answer.
    pub(super) async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let response = self.request(call).timeout(REQUEST_TIME).send().await?;
        Pieces(response).whole().await
    }

    /// Sends a request once; the answer comes in pieces, for as long as it takes.
    pub(super) async fn open(&self, call: Call) -> Result<Pieces, Failure> {
        Ok(Pieces(self.request(call).send().await?))
    }
}

/// An answer that is read as it comes.
#[derive(Debug)]
pub(crate) struct Pieces(Response);

impl Pieces {
    pub(super) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// The next piece; nothing after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        Ok(self.0.chunk().await?)
    }

    /// All of it.
    pub(super) async fn whole(mut self) -> Result<Answer, Failure> {
        let (status, retry_after) = (self.status(), retry_after(self.0.headers()));
        let mut body = Vec::new();
        while let Some(piece) = self.next().await? {
            body.extend_from_slice(&piece);
            if body.len() > ANSWER_BYTES {
                return Err(Failure::TooLarge);
            }
        }
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }
}

fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get("retry-after")?.to_str().ok()?.parse().ok()
}
