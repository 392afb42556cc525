//! The only file of the runner that sends bytes to the control plane.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

use super::limits::ANSWER_BYTES;
use crate::runner_api::RunnerAccess;

/// A request to the runner API.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// `GET`, `POST` or `PUT`.
    pub(super) method: &'static str,
    /// What comes after `/api/runner/`.
    pub(super) path: String,
    /// What the body is, and its sum if that is to be checked.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    /// How long it may take with its answer.
    pub(super) limit: Duration,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

impl Answer {
    /// The field of an error's body: `error`, `code`.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}

/// Connections to one control plane, kept open between requests.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    token: crate::runner_api::Confidential,
}

impl Wire {
    pub(super) fn new(access: &RunnerAccess) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            base: format!("{}/api/runner", access.url.trim_end_matches('/')),
            token: access.token.clone(),
        }
    }

    /// Sends a request; an `Err` says in a few words why there is no answer.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, String> {
        match timeout(request.limit, self.exchange(request)).await {
            Ok(done) => done,
            Err(_) => Err("the control plane doesn't answer".to_owned()),
        }
    }

    async fn exchange(&self, request: Request) -> Result<Answer, String> {
        let mut builder = axum::http::Request::builder()
            .method(request.method)
            .uri(format!("{}/{}", self.base, request.path))
            .header("authorization", format!("Bearer {}", self.token.expose()))
            .header("content-length", request.body.len());
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let sent = builder
            .body(Full::new(request.body))
            .map_err(|error| format!("the request can't be sent: {error}"))?;
        let response = self.client.request(sent).await;
        let response = response.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            format!(
                "the control plane can't be reached: {}",
                cause.unwrap_or_else(|| error.to_string())
            )
        })?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES);
        let body = body.collect().await.map_err(|error| error.to_string())?;
        Ok(Answer {
            status,
            body: body.to_bytes(),
        })
    }
}
