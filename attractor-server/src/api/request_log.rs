//! A line of the log for each request, at the level `debug`.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// Tells which request had which answer, and how long it took until its headers.
///
/// Of an address only the path is told: a query may hold what signs somebody in.
pub(super) async fn tell(request: Request, next: Next) -> Response {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return next.run(request).await;
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let took = begun.elapsed();
    tracing::debug!(%method, path, status, ?took, "request");
    response
}
