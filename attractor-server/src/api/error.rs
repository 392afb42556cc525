//! Errors as answers: one envelope, and the kind decides the status.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::{Error, ErrorKind};

/// What a client reads of an error that isn't its business.
const INTERNAL: &str = "the server failed; its log says why";

/// The body of every answer that isn't a success.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// What went wrong, for people.
    #[schema(example = "there is no such project")]
    error: String,
    /// What went wrong in a word, for programs.
    #[schema(example = "not_found")]
    code: String,
    /// What a program can use, if there is more to say: `{"field": …}`, `{"runId": …}`.
    details: Option<Value>,
}

/// Why a request isn't done, as an answer.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Reason>);

#[derive(Debug)]
struct Reason {
    error: Error,
    /// Where HTTP has a status that the kind doesn't know.
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A refusal with a status of HTTP's own.
    pub(crate) fn with_status(status: StatusCode, code: &'static str, message: &str) -> Self {
        let mut refusal = Self::from(Error::invalid(code, message));
        refusal.0.status = Some(status);
        refusal
    }

    /// What is wrong in a word.
    pub(crate) fn code(&self) -> &'static str {
        self.0.error.code()
    }

    /// Adds a header to the answer.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }
}

impl Reason {
    fn status(&self) -> StatusCode {
        let of_kind = StatusCode::from_u16(self.error.kind().status());
        self.status
            .unwrap_or(of_kind.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(Box::new(Reason {
            error,
            status: None,
            headers: Vec::new(),
        }))
    }
}

/// What a refusal says; the answer has it for whoever turns it into a page.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// In a word.
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let Reason {
            error,
            headers: more,
            ..
        } = *self.0;
        let is_internal = error.kind() == ErrorKind::Internal;
        if is_internal {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "request failed");
        }
        let shown = if is_internal {
            INTERNAL.to_owned()
        } else {
            error.to_string()
        };
        let told = Told {
            code: error.code(),
            message: shown.clone(),
        };
        let body = ErrorBody {
            error: shown,
            code: error.code().to_owned(),
            details: error.details().filter(|_| !is_internal).cloned(),
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        response.extensions_mut().insert(told);
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, json);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if error.is_retryable() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"attractor\"");
            headers.insert(WWW_AUTHENTICATE, scheme);
        }
        headers.extend(more.into_iter().map(|(name, value)| (Some(name), value)));
        response
    }
}

/// The answer to a path that there isn't.
pub(super) async fn not_found() -> Refusal {
    Error::new(
        ErrorKind::NotFound,
        "no_such_route",
        "there is no such route",
    )
    .into()
}

/// The answer to a path that there is, with another method; axum adds `Allow`.
pub(super) async fn method_not_allowed() -> Refusal {
    Refusal::with_status(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "the path has no such method: see the header Allow",
    )
}
