use axum::extract::Request;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// What a page of ours may load: what comes from us.
const POLICY: &str = "default-src 'self'; base-uri 'none'; connect-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; img-src 'self' data: blob:; object-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'";

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// Adds to every answer what keeps browsers from making something else of it. A policy that is
/// stricter stays.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    add(headers, CONTENT_SECURITY_POLICY, POLICY);
    add(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(headers, X_FRAME_OPTIONS, "DENY");
    // With `no-referrer` browsers send forms from an origin `null`, which is nobody's.
    add(headers, REFERRER_POLICY, "same-origin");
    add(headers, OPENER, "same-origin");
    add(headers, RESOURCE, "same-origin");
    add(
        headers,
        PERMISSIONS,
        "camera=(), geolocation=(), microphone=()",
    );
    response
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert_with(|| HeaderValue::from_static(value));
}
