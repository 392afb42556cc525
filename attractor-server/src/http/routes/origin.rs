//! Pages of other sites, open in the browser of somebody who may use the service, may not.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, uri::Uri};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::{Error, ErrorKind};

/// Refuses requests that another site's page makes. Programs that are no browsers name no origin.
pub(super) async fn check(request: Request, next: Next) -> Result<Response, Error> {
    if is_foreign(request.headers(), request.uri()) {
        let text = "the request's origin isn't the site that it's addressed to";
        return Err(Error::new(ErrorKind::ForeignOrigin, text));
    }
    Ok(next.run(request).await)
}

fn is_foreign(headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return false;
    };
    let origin = origin.to_str().unwrap_or_default();
    let site = origin.split_once("://").map(|(_, site)| site);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(|authority| authority.as_str()));
    match (site, host) {
        (Some(site), Some(host)) => !site.eq_ignore_ascii_case(host),
        // `null`, and whatever else isn't a site.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_site_itself_is_its_own_origin() {
        let foreign = |origin: &str, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, origin.parse().unwrap());
            headers.insert(HOST, host.parse().unwrap());
            is_foreign(&headers, &Uri::from_static("/pipelines"))
        };
        assert!(!foreign("http://127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(!foreign("https://Factory.example", "factory.example"));
        for other in [
            "http://evil.example",
            "http://127.0.0.1:8081",
            "http://127.0.0.1",
            "null",
            "",
        ] {
            assert!(foreign(other, "127.0.0.1:8080"), "{other}");
        }
        assert!(!is_foreign(&HeaderMap::new(), &Uri::from_static("/")));
    }
}
