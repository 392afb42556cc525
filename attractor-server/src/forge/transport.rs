//! The only file of the forges that names the HTTP client.

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Method, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::limits::{ANSWER_BYTES, CONNECT_TIME, REDIRECTS, REQUEST_TIME};
use crate::domain::{Error, ErrorKind};
use crate::tls;

/// A request to a forge.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) url: Url,
    /// What signs in, if anything does: a bearer token.
    pub(super) token: Option<SecretString>,
    /// What is posted; it's a GET without.
    pub(super) body: Option<Value>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names are in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Sends requests over connections that are kept.
#[derive(Clone, Debug)]
pub(super) struct Transport(reqwest::Client);

impl Transport {
    /// A transport to a forge; one on this machine is never asked through a proxy.
    pub(super) fn new(base: &Url) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config().map_err(|error| broken(&error))?)
            .redirect(Policy::custom(follow))
            .connect_timeout(CONNECT_TIME)
            .timeout(REQUEST_TIME)
            .user_agent(concat!("attractor/", env!("CARGO_PKG_VERSION")));
        if matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| broken(&error))?;
        Ok(Self(client))
    }

    /// Sends a request once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Upstream`] with the code `forge_unreachable` if no whole answer came.
    pub(super) async fn send(&self, call: &Call) -> Result<Answer, Error> {
        let method = match call.body {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        let mut request = self
            .0
            .request(method, call.url.clone())
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28");
        if let Some(token) = &call.token {
            request = request.bearer_auth(token.expose_secret());
        }
        if let Some(body) = &call.body {
            let text = body.to_string();
            request = request
                .header("content-type", "application/json")
                .body(text);
        }
        let response = request.send().await.map_err(unreachable)?;
        answer(response).await
    }
}

async fn answer(mut response: Response) -> Result<Answer, Error> {
    let status = response.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    };
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_BYTES {
            let message = format!("the forge answers with more than {ANSWER_BYTES} bytes");
            return Err(Error::new(
                ErrorKind::Upstream,
                "forge_answer_too_large",
                message,
            ));
        }
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// Renamed repositories are followed, and nothing to another host.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let is_same_origin = attempt
        .previous()
        .last()
        .is_some_and(|from| from.origin() == attempt.url().origin());
    match is_same_origin && attempt.previous().len() <= REDIRECTS {
        true => attempt.follow(),
        false => attempt.stop(),
    }
}

/// What went wrong, without the address.
fn unreachable(error: reqwest::Error) -> Error {
    let why = match () {
        () if error.is_timeout() => "it takes too long",
        () if error.is_connect() => "there is no connection",
        () => "the connection broke",
    };
    let message = format!("the forge doesn't answer: {why}");
    Error::new(ErrorKind::Upstream, "forge_unreachable", message).caused_by(error.without_url())
}

fn broken(error: &dyn std::error::Error) -> Error {
    Error::internal(format!("the HTTP client can't be made: {error}"))
}
