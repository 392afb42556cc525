//! Reading bodies: of a type that a page can't send unasked, within a limit, within a time.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::http::limits::BODY_TIME;
use crate::http::{Error, ErrorKind};

/// The content type of a request, without its parameters and in lower case.
pub(super) fn content_type(request: &Request) -> String {
    let header = request.headers().get(CONTENT_TYPE);
    let text = header
        .and_then(|header| header.to_str().ok())
        .unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// The body as text.
pub(super) async fn text(body: Body, limit: usize) -> Result<String, Error> {
    let read = timeout(BODY_TIME, to_bytes(body, limit)).await;
    let bytes = read
        .map_err(|_| Error::new(ErrorKind::Timeout, "the body didn't come to its end"))?
        .map_err(|error| {
            // The one error that isn't the connection's.
            if is_too_long(&error) {
                let text = format!("the body has more than {limit} bytes");
                return Error::new(ErrorKind::TooLarge, text);
            }
            Error::new(ErrorKind::InvalidRequest, "the body broke off").caused_by(error)
        })?;
    String::from_utf8(bytes.into())
        .map_err(|_| Error::new(ErrorKind::InvalidRequest, "the body isn't UTF-8"))
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause = Some(error as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The body as JSON of some form.
pub(super) async fn json<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, Error> {
    if content_type(&request) != "application/json" {
        let text = "the body must be application/json";
        return Err(Error::new(ErrorKind::UnsupportedMediaType, text));
    }
    parse(&text(request.into_body(), limit).await?)
}

/// The same; without a body, or with an empty one, what there is by default.
pub(super) async fn optional_json<T: DeserializeOwned + Default>(
    request: Request,
    limit: usize,
) -> Result<T, Error> {
    let kind = content_type(&request);
    let text = text(request.into_body(), limit).await?;
    match kind.as_str() {
        _ if text.is_empty() => Ok(T::default()),
        "application/json" => parse(&text),
        _ => {
            let text = "the body must be application/json";
            Err(Error::new(ErrorKind::UnsupportedMediaType, text))
        }
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        let text = format!("the body isn't as described: {error}");
        Error::new(ErrorKind::InvalidRequest, text)
    })
}
