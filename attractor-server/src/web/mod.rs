//! The web UI: pages that the server renders, and what they are made of.
//!
//! Pages call the functions that the API calls; what they show is what the API answers with. A page that
//! is alive asks for its parts again, which the same templates render (ADR 0023).

mod address;
mod assets;
mod attractors;
mod dashboard;
mod editor;
mod form;
mod limits;
mod model;
mod models;
mod moment;
mod new_run;
mod projects;
mod question;
mod refusal;
mod run;
mod runs;
mod secrets;
mod settings;
mod shell;
mod show;
mod sign_in;
mod tokens;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use self::refusal::{explain, wants_html};
pub(crate) use self::run::Folds;
pub(crate) use self::show::go_to;
use crate::app::App;

/// Every page; what it takes to see one is said in [`PAGES`](crate::auth::PAGES).
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/assets/{version}/{*name}", get(assets::asset))
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/", get(dashboard::page))
        .route("/part/overview", get(dashboard::part))
        .route("/projects", get(projects::list))
        .route("/projects/new", get(projects::new).post(projects::create))
        .merge(of_project())
        .route("/runs", get(runs::page))
        .route("/part/runs", get(runs::part))
        .route("/models", get(models::page))
        .route("/tokens", get(tokens::page).post(tokens::create))
        .route("/tokens/{tokenId}/revoke", post(tokens::revoke))
        .route("/settings", get(settings::page))
        .merge(run::routes())
}

/// The pages of one project.
fn of_project() -> Router<App> {
    Router::new()
        .route("/projects/{projectId}", get(projects::runs))
        .route("/projects/{projectId}/part/runs", get(projects::runs_part))
        .route(
            "/projects/{projectId}/settings",
            get(projects::settings).post(projects::change),
        )
        .route(
            "/projects/{projectId}/github",
            get(projects::install).post(projects::connect),
        )
        .route(
            "/projects/{projectId}/github/disconnect",
            post(projects::disconnect),
        )
        .route("/projects/{projectId}/delete", post(projects::delete))
        .route("/projects/{projectId}/attractors", get(attractors::list))
        .merge(editor::routes())
        .route("/projects/{projectId}/secrets", get(secrets::list))
        .route(
            "/projects/{projectId}/secrets/new",
            get(secrets::new).post(secrets::put),
        )
        .route(
            "/projects/{projectId}/secrets/{secretId}/delete",
            post(secrets::delete),
        )
        .route(
            "/projects/{projectId}/runs/new",
            get(new_run::page).post(new_run::create),
        )
}
