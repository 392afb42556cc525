use axum::extract::State;
use serde_json::{Value, json};

use crate::api::error::ErrorBody;
use crate::api::extract::{Json, OfAttempt, invalid_field};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{BundleId, Error, NewEvent, Run, RunType, Transition, event_type};
use crate::runner_api::{Finish, RunOutcome};
use crate::store::{Change, Fence, LeasedRun, StopRequest};

/// Says how the attempt ended; its token isn't good any more.
#[utoipa::path(post, path = "/api/runner/finish", tag = "runner", request_body = Finish, responses(
    (status = 200, body = Run),
    (status = 409, description = "The attempt is over, or the run was cancelled", body = ErrorBody),
))]
pub(crate) async fn finish(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    Json(mut body): Json<Finish>,
) -> Answer {
    let run = &leased.run;
    if body.outcome == RunOutcome::Canceled {
        return has_stopped(&app, &leased).await;
    }
    if let Some(error) = &mut body.error {
        let scrubber = app.scrubber(&run.project_id).await?;
        *error = scrubber.text(error).into_owned();
    }
    let bundle = bundle(&app, run, &body).await?;
    let (transition, kind) = match body.outcome {
        RunOutcome::Succeeded => (Transition::Succeed, event_type::COMPLETED),
        RunOutcome::Failed => (Transition::Fail, event_type::FAILED),
        // Answered above.
        RunOutcome::Canceled => (Transition::Cancel, event_type::CANCELED),
        RunOutcome::Paused => (Transition::Pause, event_type::PAUSED),
        RunOutcome::Timeout => (Transition::Expire, event_type::TIMED_OUT),
    };
    let told = told(run, &body, bundle.as_ref().map(|(_, path)| path.as_str()));
    let mut change = Change::new(transition, NewEvent::new(kind, app.now(), told));
    change.error = body.error;
    change.pr_url = body.pr_url;
    change.spec_bundle_id = bundle.map(|(id, _)| id);
    change.fence = Some(Fence(run.attempt));
    let run = app.store().change_run(&run.id, change).await?;
    tracing::info!(run = %run.id, attempt = run.attempt, status = run.status.as_str(), "run ended");
    app.announce(&run).await;
    // Another run may have waited for this one's place or branch.
    app.wake(&run).await;
    respond::ok(&run)
}

/// A runner has stopped because the run is to be cancelled. That it is, is told by whoever has ended what
/// the runner may have left behind.
async fn has_stopped(app: &App, leased: &LeasedRun) -> Answer {
    let run = match leased.stop {
        Some(StopRequest::Cancel) => leased.run.clone(),
        _ => {
            let told = json!({ "runId": leased.run.id, "stop": StopRequest::Cancel });
            let event = NewEvent::new(event_type::STOP_REQUESTED, app.now(), told);
            let stop = StopRequest::Cancel;
            let run = app
                .store()
                .request_stop(&leased.run.id, stop, event)
                .await?;
            app.announce(&run).await;
            run
        }
    };
    app.wake(&run).await;
    respond::ok(&run)
}

/// The bundle that a planning run must have written when it succeeds, and where its manifest is.
async fn bundle(app: &App, run: &Run, body: &Finish) -> Result<Option<(BundleId, String)>, Error> {
    if run.run_type != RunType::Planning || body.outcome != RunOutcome::Succeeded {
        return Ok(None);
    }
    let Some(bundle) = app.store().bundle_of(&run.id).await? else {
        let message = "a planning run has to write its bundle before it succeeds";
        return Err(Error::conflict("bundle_missing", message));
    };
    if body
        .spec_bundle_id
        .as_ref()
        .is_some_and(|id| *id != bundle.id)
    {
        return Err(invalid_field(
            "specBundleId",
            "it isn't the bundle of this run",
        ));
    }
    Ok(Some((bundle.id, bundle.manifest_path)))
}

/// What the event says (contract 2.1).
fn told(run: &Run, body: &Finish, manifest: Option<&str>) -> Value {
    match body.outcome {
        RunOutcome::Succeeded => {
            let mut told = json!({ "runId": run.id, "status": "SUCCEEDED" });
            if let Some(path) = manifest {
                told["manifestPath"] = path.into();
            }
            if run.run_type == RunType::Implementation {
                told["prUrl"] = json!(body.pr_url);
            }
            told
        }
        RunOutcome::Canceled => json!({ "runId": run.id }),
        _ => json!({ "runId": run.id, "message": body.error }),
    }
}
