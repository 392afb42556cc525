use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use sha2::{Digest as _, Sha256};

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

/// A part of a page, which takes the place of the one that is there; nothing, if the browser has it already.
pub(crate) fn part(shell: &Shell, template: &impl Template) -> Answer {
    let text = rendered(template)?;
    let tag = tag(&text);
    let is_known = shell.known.as_deref() == Some(&*tag);
    let mut response = match is_known {
        true => document(StatusCode::NOT_MODIFIED, HTML, Body::empty()),
        false => document(StatusCode::OK, HTML, text),
    };
    let tag = HeaderValue::try_from(tag)
        .map_err(|error| Error::internal("a part's tag can't be written").caused_by(error))?;
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// What a part is known by. How long ago something was is left out: the page counts on by itself.
fn tag(text: &str) -> String {
    let mut sum = Sha256::new();
    for (place, piece) in text.split("<time ").enumerate() {
        let (of_time, rest) = piece.split_once("</time>").unwrap_or(("", piece));
        if place > 0 {
            sum.update(of_time.split('>').next().unwrap_or_default());
            sum.update(b"\0");
        }
        sum.update(rest);
    }
    let sum = sum.finalize();
    let digits: String = sum.iter().take(8).map(|it| format!("{it:02x}")).collect();
    format!("W/\"{digits}\"")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_the_same_while_only_time_goes_by() {
        let part = |since: &str, ago: &str, rest: &str| {
            tag(&format!(
                "<p>a <time datetime=\"{since}\">{ago}</time> {rest}</p>"
            ))
        };
        assert_eq!(part("1", "2 s ago", "b"), part("1", "3 s ago", "b"));
        assert_ne!(part("1", "2 s ago", "b"), part("2", "2 s ago", "b"));
        assert_ne!(part("1", "2 s ago", "b"), part("1", "2 s ago", "c"));
        assert_ne!(tag("<p>a</p>"), tag("<p>b</p>"));
    }
}
