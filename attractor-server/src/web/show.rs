use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::shell::Shell;
use crate::api::{Answer, document};
use crate::domain::Error;

const HTML: &str = "text/html; charset=utf-8";

/// A page.
pub(crate) fn page(shell: &Shell, template: &impl Template) -> Answer {
    with_status(StatusCode::OK, shell, template)
}

/// A page that isn't what was asked for.
pub(crate) fn with_status(status: StatusCode, shell: &Shell, template: &impl Template) -> Answer {
    let mut response = document(status, HTML, rendered(template)?);
    let policy = HeaderValue::try_from(shell.policy())
        .map_err(|error| Error::internal("a page's policy can't be written").caused_by(error))?;
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// A part of a page, which takes the place of the one that is there.
pub(crate) fn part(template: &impl Template) -> Answer {
    Ok(document(StatusCode::OK, HTML, rendered(template)?))
}

fn rendered(template: &impl Template) -> Result<String, Error> {
    let rendered = template.render();
    rendered.map_err(|error| Error::internal("a page can't be rendered").caused_by(error))
}

/// Leads to another page, after what a form asked for is done.
pub(crate) fn go_to(place: &str) -> Answer {
    let place = HeaderValue::try_from(place)
        .map_err(|error| Error::internal("a place isn't an address").caused_by(error))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, place);
    let keep = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(axum::http::header::CACHE_CONTROL, keep);
    Ok(response)
}
