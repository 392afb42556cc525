use axum::extract::{Path, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::respond;
use crate::http::service::blocking;
use crate::http::{Error, ErrorKind, PipelineId, PipelineService};
use crate::picture;

/// The picture styles itself and does nothing else.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");

/// `GET /pipelines/{id}/graph`: a picture of the pipeline.
pub(super) async fn graph(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id: PipelineId = id.parse()?;
    let drawn = blocking(move || {
        let directory = service.directory(&id)?;
        let (manifest, source) = (directory.manifest()?, directory.source()?);
        let prepared = service.reader().prepare_stored(&manifest, &source);
        let pipeline = prepared.map_err(|error| {
            let text = "the run's pipeline isn't one that this service could run";
            Error::new(ErrorKind::Internal, text).caused_by(error)
        })?;
        picture::svg(pipeline.graph())
            .map_err(|error| Error::new(ErrorKind::NotDrawable, error.to_string()))
    });
    let mut response = respond::document(StatusCode::OK, "image/svg+xml", drawn.await??);
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, POLICY);
    Ok(response)
}
