//! An attractor's page: its text with what is wrong with it, its graph, its settings, its versions.

mod limits;
mod page;
mod save;
mod versions;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// The editor and the versions of what it edits.
pub(super) fn routes() -> Router<App> {
    let new = "/projects/{projectId}/attractors/new";
    let one = "/projects/{projectId}/attractors/{attractorId}";
    Router::new()
        .route(new, get(page::new).post(save::create))
        .route(one, get(page::page).post(save::change))
        .route(&format!("{one}/delete"), post(save::delete))
        .route(&format!("{one}/versions"), get(versions::list))
        .route(&format!("{one}/versions/{{version}}"), get(versions::page))
}
