//! Whether the server lives, is ready, and which it is.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::respond::{self, Answer};
use crate::app::App;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
    #[schema(example = "factory-api")]
    service: &'static str,
    /// The image that runs are executed in; `local` if they are processes on this machine.
    runner_image: String,
    version: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Status {
    #[schema(example = "ok")]
    status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Version {
    version: &'static str,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Which server this is; says nothing of what it depends on.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health)))]
pub(super) async fn healthz(State(app): State<App>) -> Answer {
    let image = app.config().runner_image.clone();
    respond::ok(&Health {
        status: "ok",
        service: "factory-api",
        runner_image: image.unwrap_or_else(|| "local".to_owned()),
        version: VERSION,
    })
}

/// Whether the process lives.
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, body = Status)))]
pub(super) async fn livez() -> Answer {
    respond::ok(&Status { status: "ok" })
}

/// Whether requests can be answered: the database is there, and the server isn't about to end.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, body = Status),
    (status = 503, body = Status),
))]
pub(super) async fn readyz(State(app): State<App>) -> Answer {
    let status = match app.store().ping().await {
        _ if app.shutdown().is_cancelled() => "shutting down",
        Ok(()) => return respond::ok(&Status { status: "ok" }),
        Err(_) => "the database can't be reached",
    };
    respond::json(StatusCode::SERVICE_UNAVAILABLE, &Status { status })
}

/// The server's version.
#[utoipa::path(get, path = "/api/version", tag = "health", responses((status = 200, body = Version)))]
pub(super) async fn version() -> Answer {
    respond::ok(&Version { version: VERSION })
}
