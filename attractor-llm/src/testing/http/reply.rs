//! Responses from values.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::{self, Body};

pub(in crate::testing) const JSON: &str = "application/json";
pub(in crate::testing) const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// A response whose body is sent whole.
pub(in crate::testing) fn whole(
    status: u16,
    content_type: &'static str,
    bytes: impl Into<Bytes>,
) -> Response<Body> {
    respond(status, content_type, body::full(bytes))
}

pub(in crate::testing) fn respond(
    status: u16,
    content_type: &'static str,
    body: Body,
) -> Response<Body> {
    let mut response = Response::new(body);
    // A status that HTTP can't carry is a mistake in the script.
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

pub(in crate::testing) fn with_headers<'a>(
    mut response: Response<Body>,
    headers: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Response<Body> {
    for (name, value) in headers {
        let name = HeaderName::try_from(name.as_str());
        let value = HeaderValue::try_from(value.as_str());
        match (name, value) {
            (Ok(name), Ok(value)) => {
                response.headers_mut().insert(name, value);
            }
            (name, value) => tracing::warn!(?name, ?value, "header left out"),
        }
    }
    response
}
