//! The endpoints, one file each.

mod answer;
mod body;
mod cancel;
mod checkpoint;
mod context;
mod events;
mod graph;
mod list;
mod origin;
mod questions;
mod respond;
mod resume;
mod status;
mod steer;
mod submit;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use super::{Error, ErrorKind, PipelineService};

/// The routes of HTTP mode, to be merged or nested into a program's own.
///
/// | method | path | what |
/// |---|---|---|
/// | `POST` | `/pipelines` | submit a pipeline |
/// | `GET` | `/pipelines` | all pipelines, newest first |
/// | `GET` | `/pipelines/{id}` | status and progress |
/// | `GET` | `/pipelines/{id}/events` | its events as they happen (SSE) |
/// | `POST` | `/pipelines/{id}/cancel` | stop it |
/// | `POST` | `/pipelines/{id}/resume` | go on with it |
/// | `POST` | `/pipelines/{id}/steer` | tell the models that work something |
/// | `GET` | `/pipelines/{id}/graph` | a picture (SVG) |
/// | `GET` | `/pipelines/{id}/questions` | questions that wait for an answer |
/// | `POST` | `/pipelines/{id}/questions/{qid}/answer` | answer one |
/// | `GET` | `/pipelines/{id}/checkpoint` | a snapshot of its state |
/// | `GET` | `/pipelines/{id}/context` | its context |
///
/// Errors are problem documents (RFC 9457). Whoever can reach the routes may use them: put
/// authentication in front.
///
/// Source: attractor-spec 9.5.
pub fn router(service: PipelineService) -> Router {
    Router::new()
        .route("/pipelines", get(list::list).post(submit::submit))
        .route("/pipelines/{id}", get(status::status))
        .route("/pipelines/{id}/events", get(events::events))
        .route("/pipelines/{id}/cancel", post(cancel::cancel))
        .route("/pipelines/{id}/resume", post(resume::resume))
        .route("/pipelines/{id}/steer", post(steer::steer))
        .route("/pipelines/{id}/graph", get(graph::graph))
        .route("/pipelines/{id}/questions", get(questions::questions))
        .route(
            "/pipelines/{id}/questions/{qid}/answer",
            post(answer::answer),
        )
        .route("/pipelines/{id}/checkpoint", get(checkpoint::checkpoint))
        .route("/pipelines/{id}/context", get(context::context))
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn(origin::check))
        // Bodies are limited where they are read, each route by its own limit.
        .layer(DefaultBodyLimit::disable())
        .with_state(service)
}

async fn not_allowed() -> Error {
    Error::new(ErrorKind::MethodNotAllowed, "the path has no such method")
}
