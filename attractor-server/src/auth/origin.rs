//! From where a request comes, and to which name: what keeps pages of other sites out, also those
//! whose names suddenly lead to this machine.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::api::Refusal;
use crate::app::App;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses requests to a name that isn't ours, and those that another site's page makes.
pub(crate) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let host = host(&request);
    let config = app.config();
    let public = config.public_host();
    let public = public.as_deref();
    if config.is_local() && !host.as_deref().is_some_and(|it| is_ours(it, public)) {
        let message = "the request is addressed to a name that isn't this server's: use 127.0.0.1, localhost, or set --public-url";
        return Refusal::with_status(StatusCode::MISDIRECTED_REQUEST, "foreign_host", message)
            .into_response();
    }
    if is_foreign(request.headers(), host.as_deref(), public) {
        let message = "pages of other sites may not use this server";
        return Refusal::with_status(StatusCode::FORBIDDEN, "foreign_origin", message)
            .into_response();
    }
    next.run(request).await
}

/// `host:port` that the request is addressed to.
fn host(request: &Request) -> Option<String> {
    let header = request.headers().get(HOST).and_then(|it| it.to_str().ok());
    let in_uri = request.uri().authority().map(|it| it.as_str());
    header.or(in_uri).map(str::to_owned)
}

/// Whether a name can only be this machine, or is the one that was set up.
fn is_ours(host: &str, public: Option<&str>) -> bool {
    let name = without_port(host);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = address.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
    let is_local = name.eq_ignore_ascii_case("localhost");
    let is_public = public.is_some_and(|public| without_port(public).eq_ignore_ascii_case(name));
    is_loopback || is_local || is_public
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a page of another site asks. Programs that are no browsers say nothing of sites.
fn is_foreign(headers: &HeaderMap, host: Option<&str>, public: Option<&str>) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return false;
    };
    let site = origin.to_str().ok().and_then(|it| it.split_once("://"));
    let Some((_, site)) = site else {
        // `null`, and whatever else isn't a site.
        return true;
    };
    let same = |other: Option<&str>| other.is_some_and(|it| it.eq_ignore_ascii_case(site));
    !same(host) && !same(public)
}

/// Whether a browser says, or can be taken to say, that a page of ours asks.
pub(crate) fn is_same_site(headers: &HeaderMap) -> bool {
    // An `Origin` that is another's was refused before.
    let is_ours = headers
        .get(FETCH_SITE)
        .is_none_or(|site| site == "same-origin" || site == "none");
    is_ours && (headers.contains_key(ORIGIN) || headers.contains_key(FETCH_SITE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_mean_this_machine_are_ours() {
        for good in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8080",
            "127.9.9.9",
        ] {
            assert!(is_ours(good, None), "{good}");
        }
        assert!(is_ours("factory.example", Some("factory.example")));
        for bad in [
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "",
            "10.0.0.1",
            "localhost.evil",
        ] {
            assert!(!is_ours(bad, Some("factory.example")), "{bad}");
        }
    }

    #[test]
    fn only_the_site_itself_is_its_own_origin() {
        let foreign = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, origin.parse().unwrap());
            is_foreign(&headers, Some("127.0.0.1:8080"), Some("factory.example"))
        };
        assert!(!foreign("http://127.0.0.1:8080"));
        assert!(!foreign("https://Factory.example"));
        for other in ["http://evil.example", "http://127.0.0.1:8081", "null", ""] {
            assert!(foreign(other), "{other}");
        }
        assert!(!is_foreign(&HeaderMap::new(), None, None));
    }
}
