use axum::extract::State;

use super::limits::LEASE;
use crate::api::check;
use crate::api::error::ErrorBody;
use crate::api::extract::OfAttempt;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, RunType};
use crate::runner_api::Heartbeat;
use crate::store::Fence;

/// Shows that the runner lives, and says what it is asked to do.
#[utoipa::path(post, path = "/api/runner/heartbeat", tag = "runner", responses(
    (status = 200, body = Heartbeat),
    (status = 409, description = "The attempt is over", body = ErrorBody),
))]
pub(crate) async fn heartbeat(State(app): State<App>, OfAttempt(leased): OfAttempt) -> Answer {
    let run = &leased.run;
    let until = app.now().plus(LEASE);
    let leased = app
        .store()
        .heartbeat(&run.id, Fence(run.attempt), until)
        .await?;
    respond::ok(&Heartbeat {
        stop: leased.stop,
        lease_expires_at: leased.expires_at,
    })
}

/// Whether the attempt may push now.
#[utoipa::path(post, path = "/api/runner/fence", tag = "runner", responses(
    (status = 204),
    (status = 400, description = "The target branch isn't one to write to any more", body = ErrorBody),
    (status = 409, description = "It is to stop, or is over", body = ErrorBody),
))]
pub(crate) async fn fence(State(app): State<App>, OfAttempt(leased): OfAttempt) -> Answer {
    let run = &leased.run;
    // A push takes its time: the lease is for all of it.
    let until = app.now().plus(LEASE);
    let leased = app
        .store()
        .heartbeat(&run.id, Fence(run.attempt), until)
        .await?;
    if leased.stop.is_some() {
        let message = "the run is asked to stop: nothing may be pushed any more";
        return Err(Error::conflict("stopping", message).into());
    }
    if run.run_type == RunType::Implementation {
        // It may be protected since the run was created.
        let project = app.store().project(&run.project_id).await?;
        check::writable(&app, &project, &run.target_branch).await?;
    }
    respond::nothing()
}
