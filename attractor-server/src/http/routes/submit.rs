use axum::extract::{OriginalUri, Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::{body, respond};
use crate::http::{Error, ErrorKind, PipelineId, PipelineService, PipelineState, Submission};

#[derive(Debug, Serialize)]
struct Submitted {
    id: PipelineId,
    status: PipelineState,
    diagnostics: Vec<serde_json::Value>,
}

/// `POST /pipelines`: the pipeline as DOT, or JSON with it and what it's given.
pub(super) async fn submit(
    State(service): State<PipelineService>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Result<Response, Error> {
    let limit = service.0.options.submission_bytes;
    let submission: Submission = match body::content_type(&request).as_str() {
        "application/json" => body::json(request, limit).await?,
        "text/vnd.graphviz" => Submission::new(body::text(request.into_body(), limit).await?),
        _ => {
            let text = "the body must be text/vnd.graphviz or application/json";
            return Err(Error::new(ErrorKind::UnsupportedMediaType, text));
        }
    };
    let (id, diagnostics) = service.submit_diagnosed(submission).await?;
    let place = format!("{}/{id}", uri.path().trim_end_matches('/'));
    let submitted = Submitted {
        id,
        status: PipelineState::Running,
        diagnostics,
    };
    let mut response = respond::json(StatusCode::CREATED, &submitted)?;
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}
