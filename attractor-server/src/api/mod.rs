//! The control plane over HTTP.
//!
//! [`router`] is all of it; `docs/http-api.md` describes it with examples, and the server itself at
//! `/api/docs`.
//!
//! Source: control-plane contract, sections 1 and 2.

pub(crate) mod artifacts;
pub(crate) mod attractors;
mod audit;
mod bootstrap;
mod bundles;
mod check;
mod error;
mod extract;
pub(crate) mod github;
mod health;
mod limits;
mod list;
mod metrics;
mod models;
mod openapi;
pub(crate) mod projects;
pub(crate) mod questions;
mod request_log;
mod respond;
mod runner;
pub(crate) mod runs;
pub(crate) mod secrets;
mod serve;
pub(crate) mod session;
pub(crate) mod tokens;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::error::{Refusal, Told};
pub(crate) use self::extract::{
    Caller, InProject, Json, OfAttempt, OfRun, Path, Query, invalid_field, parse, read,
};
pub(crate) use self::respond::{Answer, document};
pub use self::serve::serve;
use crate::app::App;
use crate::auth;
use crate::http;
use crate::web;

/// Every route of the API, behind the gate.
pub fn router(app: App) -> Router {
    let (routes, mut document) = routes().split_for_parts();
    openapi::complete(&mut document);
    let text = document.to_json().unwrap_or_default();
    let pipelines = app.pipelines().cloned().map(http::router);
    routes
        .route("/api/docs", get(openapi::page))
        .route("/api/docs/{file}", get(openapi::file))
        .merge(web::routes())
        .with_state(app.clone())
        .merge(pipelines.unwrap_or_default())
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(axum::Extension(openapi::Described(text.into())))
        .layer(from_fn_with_state(app.clone(), auth::gate))
        .layer(from_fn_with_state(app.clone(), auth::check_origin))
        .layer(from_fn_with_state(app, web::explain))
        .layer(from_fn(auth::secure))
        .layer(from_fn(request_log::tell))
        // Bodies are limited where they are read, each route by its own limit.
        .layer(DefaultBodyLimit::disable())
}

/// The routes that the document describes, by resource.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::empty())
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::healthz))
        .routes(routes!(health::version))
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::document))
        .routes(routes!(models::providers))
        .routes(routes!(models::list))
        .routes(routes!(session::read, session::create, session::delete))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::read, projects::change, projects::delete))
        .routes(routes!(projects::connect_github))
        .routes(routes!(bootstrap::bootstrap))
        .routes(routes!(github::repositories))
        .routes(routes!(github::start))
        .routes(routes!(github::callback))
        .routes(routes!(secrets::providers))
        .routes(routes!(secrets::list, secrets::put))
        .routes(routes!(secrets::read, secrets::delete))
        .routes(routes!(attractors::validate))
        .routes(routes!(attractors::sketch))
        .routes(routes!(attractors::list, attractors::create))
        .routes(routes!(
            attractors::read,
            attractors::change,
            attractors::delete
        ))
        .routes(routes!(attractors::graph))
        .routes(routes!(attractors::versions))
        .routes(routes!(attractors::version))
        .routes(routes!(bundles::list))
        .routes(routes!(runs::of_project))
        .routes(routes!(runs::all, runs::create))
        .routes(routes!(runs::read, runs::delete))
        .routes(routes!(runs::events))
        .routes(routes!(runs::history))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::pause))
        .routes(routes!(runs::resume))
        .routes(routes!(runs::rerun))
        .routes(routes!(runs::explain))
        .routes(routes!(runs::graph))
        .routes(routes!(questions::of_run))
        .routes(routes!(questions::answer))
        .routes(routes!(questions::pending))
        .routes(routes!(artifacts::list))
        .routes(routes!(artifacts::read))
        .routes(routes!(artifacts::content))
        .routes(routes!(artifacts::download))
        .merge(runner_routes())
}

/// The routes for the processes of runs.
fn runner_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(runner::claim))
        .routes(routes!(runner::heartbeat))
        .routes(routes!(runner::fence))
        .routes(routes!(runner::append))
        .routes(routes!(runner::journal))
        .routes(routes!(runner::create))
        .routes(routes!(runner::read))
        .routes(routes!(runner::ask))
        .routes(routes!(runner::wait))
        .routes(routes!(runner::credential))
        .routes(routes!(runner::pull_request))
        .routes(routes!(runner::finish))
        .routes(routes!(runner::put))
        .routes(routes!(runner::keep_pipeline))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Routes that the document doesn't describe.
    fn is_apart(path: &str) -> bool {
        path.starts_with("/pipelines") || path.starts_with("/api/docs")
    }

    #[test]
    fn the_table_of_access_has_the_routes_that_there_are() {
        let paths = routes().into_openapi().paths.paths;
        let mut routed = BTreeSet::new();
        for (path, item) in paths {
            let methods = [
                ("GET", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            let methods = methods.into_iter().filter(|(_, has)| *has);
            routed.extend(methods.map(|(method, _)| (method, path.clone())));
        }
        let known = auth::TABLE.iter().filter(|rule| !is_apart(rule.path));
        let known = known.map(|rule| (rule.method, rule.path.to_owned()));
        assert_eq!(routed, known.collect());
    }
}
