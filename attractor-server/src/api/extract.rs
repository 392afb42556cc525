//! What handlers are given of a request, with our errors in place of axum's.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::timeout;
use utoipa::IntoParams;

use super::error::Refusal;
use super::limits::{BODY_BYTES, BODY_TIME};
use crate::domain::{Error, ErrorKind, PageRequest, Principal, ProjectId, Run};
use crate::store::LeasedRun;

/// A JSON body: of the right type, within the limits, and of the form that it must have.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            let message = "the body must be JSON, with the content type application/json";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Refusal::with_status(
                status,
                "unsupported_media_type",
                message,
            ));
        }
        let bytes = read(request.into_body(), BODY_BYTES).await?;
        Ok(Self(parse(&bytes)?))
    }
}

/// Whether what is sent is said to be JSON: a page of another site can't say so unasked.
fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = text.unwrap_or_default().split(';').next();
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// A body of at most so many bytes.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let read = timeout(BODY_TIME, to_bytes(body, limit)).await;
    let read = read.map_err(|_| {
        let message = "the body didn't come to its end in time";
        Refusal::with_status(StatusCode::REQUEST_TIMEOUT, "body_timeout", message)
    })?;
    read.map_err(|error| {
        if is_too_long(&error) {
            let message = format!("the body has more than {limit} bytes");
            return Error::new(ErrorKind::TooLarge, "body_too_large", message).into();
        }
        Error::invalid("body_cut_off", "the body broke off").into()
    })
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

/// JSON as a value; the error names the field.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        if !cause.is_data() {
            return Error::invalid("malformed_json", format!("the body isn't JSON: {cause}"));
        }
        let field = match (path.as_str(), missing(&cause.to_string())) {
            (".", Some(missing)) => missing,
            (path, Some(missing)) => format!("{path}.{missing}"),
            (path, None) => path.to_owned(),
        };
        invalid_field(&field, &reason(&cause))
    })?;
    json.end().map_err(|error| {
        Error::invalid("malformed_json", format!("the body isn't JSON: {error}"))
    })?;
    Ok(parsed)
}

/// The field that serde says isn't there: it has no path to it.
fn missing(text: &str) -> Option<String> {
    let rest = text.strip_prefix("missing field `")?;
    Some(rest.split('`').next()?.to_owned())
}

/// serde's text without the place, which the field says better.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    match missing(text) {
        Some(_) => "it is required".to_owned(),
        None => text.to_owned(),
    }
}

/// A field of a body, or a parameter, that isn't as it must be.
pub(crate) fn invalid_field(field: &str, why: &str) -> Error {
    Error::invalid("invalid_field", format!("{field}: {why}")).with_details(json!({"field": field}))
}

/// The parameters behind `?`.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|query| Self(query.0)).map_err(|error| {
            let text = error.body_text();
            let text = text
                .rsplit_once("string: ")
                .map_or(text.as_str(), |(_, it)| it);
            Error::invalid("invalid_query", text).into()
        })
    }
}

/// The parts of a path; what can't be such a part is none of anything.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|path| Self(path.0))
            .map_err(|_| Error::not_found("thing").into())
    }
}

/// Which part of a list a client wants.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many items at most, from 1 to 500.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, example = 100)]
    limit: Option<String>,
    /// Where to go on: the `nextCursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

impl PageQuery {
    /// Whether a page is asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.limit.is_some() || self.cursor.is_some()
    }

    /// The page that is asked for.
    pub(crate) fn request(&self) -> Result<PageRequest, Error> {
        page_request(self.limit.as_deref(), self.cursor.as_deref())
    }
}

/// A page as its parameters say it.
pub(super) fn page_request(
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Result<PageRequest, Error> {
    let limit = limit.map(str::parse).transpose();
    let limit = limit
        .map_err(|_| Error::invalid("invalid_limit", "limit must be a number from 1 to 500"))?;
    PageRequest::new(limit, cursor)
}

/// Something that the gate has found out about a request before its handler is called.
fn found<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Result<T, Refusal> {
    let found = parts.extensions.get::<T>().cloned();
    found.ok_or_else(|| Error::internal("a route is called that the gate doesn't know").into())
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Principal);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        found(parts)
    }
}

/// The project of the path; that there is one isn't said.
#[derive(Clone, Debug)]
pub(crate) struct InProject(pub(crate) ProjectId);

impl<S: Sync> FromRequestParts<S> for InProject {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        found(parts)
    }
}

/// The run of the path.
#[derive(Clone, Debug)]
pub(crate) struct OfRun(pub(crate) Run);

impl<S: Sync> FromRequestParts<S> for OfRun {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        found(parts)
    }
}

/// The attempt at a run that a runner speaks for.
#[derive(Clone, Debug)]
pub(crate) struct OfAttempt(pub(crate) LeasedRun);

impl<S: Sync> FromRequestParts<S> for OfAttempt {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        found(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[expect(dead_code, reason = "read by serde")]
        run_type: crate::domain::RunType,
        #[expect(dead_code, reason = "read by serde")]
        model_config: crate::domain::ModelConfig,
    }

    #[test]
    fn an_error_names_the_field() {
        let table = [
            (r#"{"modelConfig":{}}"#, "modelConfig.provider"),
            (r#"{"runType":"x"}"#, "runType"),
            (r#"{"runType":"task"}"#, "modelConfig"),
            (
                r#"{"runType":"task","modelConfig":{"provider":"a","modelId":7}}"#,
                "modelConfig.modelId",
            ),
        ];
        for (body, field) in table {
            let error = parse::<Body>(body.as_bytes()).unwrap_err();
            assert_eq!(error.details().unwrap()["field"], field, "{error}");
            assert!(!error.to_string().contains("line 1"), "{error}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_from_what_is_of_another_form() {
        let deep = "[".repeat(100_000);
        for body in ["", "{", "nul", "{} {}", "\u{feff}{}", deep.as_str()] {
            let error = parse::<serde_json::Value>(body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "malformed_json", "{error}");
        }
        let error = parse::<Body>(&[b'"', 0xff, b'"']).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}
