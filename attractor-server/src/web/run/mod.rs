//! A run's page: how it stands, what was said and done, what it asks, what it leaves.
//!
//! What is stored is put together by pure functions (`story`, `transcript`, `diff`); the page and its parts are
//! the same templates, so that what a script puts in place is what a reload would show.

mod act;
mod artifact;
mod diff;
mod explain;
mod fold;
mod limits;
mod log;
mod moment;
mod page;
mod pipeline;
mod story;
mod transcript;

use axum::Router;
use axum::routing::{get, post};

pub(super) use self::diff::{DiffLine, between};
pub(crate) use self::fold::Folds;
use crate::app::App;

/// The run's page and what belongs to it.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/runs/{runId}", get(page::page))
        .route("/runs/{runId}/part/{name}", get(page::part))
        .route("/runs/{runId}/log", get(log::page))
        .route("/runs/{runId}/explain", get(explain::page))
        .route("/runs/{runId}/artifacts/{artifactId}", get(artifact::page))
        .route("/runs/{runId}/cancel", post(act::cancel))
        .route("/runs/{runId}/pause", post(act::pause))
        .route("/runs/{runId}/resume", post(act::resume))
        .route("/runs/{runId}/rerun", post(act::rerun))
        .route("/runs/{runId}/questions/{questionId}", post(act::answer))
}
