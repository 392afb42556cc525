//! Answers that are JSON.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::error::Refusal;
use crate::domain::Error;

/// What a handler ends with.
pub(crate) type Answer = Result<Response, Refusal>;

/// 200 with a value.
pub(super) fn ok(value: &impl Serialize) -> Answer {
    json(StatusCode::OK, value)
}

/// 201 with what was created, and where it is if it has a place of its own.
pub(super) fn created(value: &impl Serialize, place: Option<String>) -> Answer {
    let mut response = json(StatusCode::CREATED, value)?;
    if let Some(place) = place.and_then(|it| HeaderValue::try_from(it).ok()) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// 204.
pub(super) fn nothing() -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// A value as JSON that nobody may keep.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    let text = serde_json::to_string(value)
        .map_err(|error| Error::internal("an answer can't be written").caused_by(error))?;
    Ok(document(status, "application/json", text))
}

/// A document of some type that nobody may keep.
pub(crate) fn document(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
