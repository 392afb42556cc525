use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::create::QueuedRun;
use crate::api::error::ErrorBody;
use crate::api::extract::{Caller, OfRun};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, NewEvent, Principal, Run, RunStatus, Transition, event_type};
use crate::store::{Change, StopRequest};

/// Changes a run's status at somebody's wish, and tells everybody.
async fn change(
    app: &App,
    who: &Principal,
    run: &Run,
    transition: Transition,
    event: &str,
) -> Result<Run, Error> {
    let payload = json!({ "runId": run.id, "by": who.name });
    let event = NewEvent::new(event, app.now(), payload);
    let run = app
        .store()
        .change_run(&run.id, Change::new(transition, event))
        .await?;
    app.announce(&run).await;
    // The dispatcher ends the processes of runs that are over, and starts those that wait.
    app.wake(&run).await;
    Ok(run)
}

async fn record(app: &App, who: &Principal, action: &str, run: &Run) {
    let details = json!({ "status": run.status });
    app.audit(who, action, Some(&run.project_id), run.id.as_str(), details)
        .await;
}

fn status(run: Run) -> QueuedRun {
    QueuedRun {
        run_id: run.id,
        status: run.status,
    }
}

/// Stops a run for good: from now on nothing that its process does counts.
#[utoipa::path(post, path = "/api/runs/{runId}/cancel", tag = "runs",
    params(("runId" = String, Path)),
    responses(
        (status = 200, body = QueuedRun),
        (status = 404, body = ErrorBody),
        (status = 409, description = "It is over already", body = ErrorBody),
    ),
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
) -> Answer {
    let run = change(&app, &who, &run, Transition::Cancel, event_type::CANCELED).await?;
    record(&app, &who, "run.cancel", &run).await;
    respond::ok(&status(run))
}

/// Lets a run stop after what it's doing; it can go on later.
#[utoipa::path(post, path = "/api/runs/{runId}/pause", tag = "runs",
    params(("runId" = String, Path)),
    responses(
        (status = 200, description = "It is paused", body = QueuedRun),
        (status = 202, description = "Its runner is asked to stop", body = QueuedRun),
        (status = 404, body = ErrorBody),
        (status = 409, description = "It neither waits nor runs", body = ErrorBody),
    ),
)]
pub(crate) async fn pause(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
) -> Answer {
    let run = if run.status == RunStatus::Running {
        app.store()
            .request_stop(&run.id, StopRequest::Pause)
            .await?;
        record(&app, &who, "run.pause", &run).await;
        return respond::json(StatusCode::ACCEPTED, &status(run));
    } else {
        change(&app, &who, &run, Transition::Pause, event_type::PAUSED).await?
    };
    record(&app, &who, "run.pause", &run).await;
    respond::ok(&status(run))
}

/// Lets a run go on that is paused, has failed or ran out of time: where it stopped.
#[utoipa::path(post, path = "/api/runs/{runId}/resume", tag = "runs",
    params(("runId" = String, Path)),
    responses(
        (status = 200, body = QueuedRun),
        (status = 404, body = ErrorBody),
        (status = 409, description = "It isn't in a state to go on from, or another works on its branch", body = ErrorBody),
    ),
)]
pub(crate) async fn resume(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
) -> Answer {
    let run = change(&app, &who, &run, Transition::Resume, event_type::RESUMED).await?;
    record(&app, &who, "run.resume", &run).await;
    respond::ok(&status(run))
}

/// Deletes a run that is over, with its events, artifacts and bundle.
#[utoipa::path(delete, path = "/api/runs/{runId}", tag = "runs",
    params(("runId" = String, Path)),
    responses(
        (status = 204),
        (status = 404, body = ErrorBody),
        (status = 409, description = "It isn't over, or a run works from its bundle", body = ErrorBody),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
) -> Answer {
    app.delete_run(&run).await?;
    record(&app, &who, "run.delete", &run).await;
    respond::nothing()
}
