//! Errors as problem documents (RFC 9457).

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::limits::DIAGNOSTICS;
use super::{Error, ErrorKind};

/// Where the types of problems are described.
const TYPES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/http.md#");

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let kind = self.kind();
        if kind == ErrorKind::Internal {
            tracing::error!(error = %self, source = ?std::error::Error::source(&self), "request failed");
        }
        let mut problem = json!({
            "type": format!("{TYPES}{}", kind.slug()),
            "title": kind.title(),
            "status": kind.status(),
            "detail": self.to_string(),
        });
        let found = self.diagnostics();
        if !found.is_empty() {
            let shown = found.get(..DIAGNOSTICS).unwrap_or(found);
            problem["diagnostics"] = shown.into();
            if shown.len() < found.len() {
                problem["omitted_diagnostics"] = (found.len() - shown.len()).into();
            }
        }
        let mut response = Response::new(Body::from(problem.to_string()));
        *response.status_mut() =
            StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let document = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, document);
        if self.is_retryable() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
