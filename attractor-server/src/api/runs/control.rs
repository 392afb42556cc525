use axum::extract::State;
use axum::http::StatusCode;
use futures::StreamExt as _;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use super::create::QueuedRun;
use super::limits::{CANCEL, CANCEL_LOOK};
use crate::api::error::ErrorBody;
use crate::api::extract::{Caller, OfRun};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, NewEvent, Principal, Run, RunStatus, Transition, event_type};
use crate::store::{Change, Fence, StopRequest};

/// Changes a run's status at somebody's wish, and tells everybody; not if it was given to a runner
/// since it was looked at.
async fn change(
    app: &App,
    who: &Principal,
    run: &Run,
    transition: Transition,
    event: &str,
) -> Result<Run, Error> {
    let payload = json!({ "runId": run.id, "by": who.name });
    let event = NewEvent::new(event, app.now(), payload);
    let change = Change {
        fence: Some(Fence(run.attempt)),
        ..Change::new(transition, event)
    };
    let run = app.store().change_run(&run.id, change).await?;
    app.announce(&run).await;
    // The dispatcher starts those that wait.
    app.wake(&run).await;
    Ok(run)
}

/// Asks the runner of a run to stop, and tells everybody.
async fn request_stop(
    app: &App,
    who: &Principal,
    run: &Run,
    stop: StopRequest,
) -> Result<Run, Error> {
    let payload = json!({ "runId": run.id, "stop": stop, "by": who.name });
    let event = NewEvent::new(event_type::STOP_REQUESTED, app.now(), payload);
    let run = app.store().request_stop(&run.id, stop, event).await?;
    app.announce(&run).await;
    // The dispatcher ends the process of one that is to be cancelled.
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

/// Stops a run for good.
///
/// Of one that is executed, all that does so is ended before it's said that it is cancelled: nothing is
/// pushed afterwards.
#[utoipa::path(post, path = "/api/runs/{runId}/cancel", tag = "runs",
    params(("runId" = String, Path)),
    responses(
        (status = 200, body = QueuedRun),
        (status = 202, description = "Its processes aren't gone yet", body = QueuedRun),
        (status = 404, body = ErrorBody),
        (status = 409, description = "It is over already", body = ErrorBody),
    ),
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
) -> Answer {
    let run = end(&app, &who, run).await?;
    record(&app, &who, "run.cancel", &run).await;
    let code = match run.status {
        RunStatus::Canceled => StatusCode::OK,
        _ => StatusCode::ACCEPTED,
    };
    respond::json(code, &status(run))
}

/// Cancels a run, or asks for it and waits until it is, within a limit: the run as it is then.
async fn end(app: &App, who: &Principal, mut run: Run) -> Result<Run, Error> {
    let deadline = Instant::now() + CANCEL;
    let mut notices = app.bus().subscribe(&run.id).await?;
    let mut asked = None;
    loop {
        let done = match run.status {
            RunStatus::Canceled if asked.is_some() => return Ok(run),
            RunStatus::Running if asked == Some(run.attempt) => Ok(()),
            RunStatus::Running => {
                let requested = request_stop(app, who, &run, StopRequest::Cancel).await;
                requested.map(|run| asked = Some(run.attempt))
            }
            _ => match change(app, who, &run, Transition::Cancel, event_type::CANCELED).await {
                Ok(run) => return Ok(run),
                Err(error) => Err(error),
            },
        };
        let now = app.store().run(&run.id).await?;
        let has_moved = (now.status, now.attempt) != (run.status, run.attempt);
        match done {
            // Something else came first: what is to be done depends on what.
            Err(error) if !has_moved => return Err(error),
            _ => run = now,
        }
        if Instant::now() >= deadline || app.shutdown().is_cancelled() {
            return Ok(run);
        }
        if !has_moved && let Ok(None) = timeout(CANCEL_LOOK, notices.next()).await {
            sleep(CANCEL_LOOK).await;
        }
    }
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
    let paused = match run.status {
        RunStatus::Running => None,
        _ => match change(&app, &who, &run, Transition::Pause, event_type::PAUSED).await {
            // It was given to a runner meanwhile.
            Err(error) if error.code() == "stale_attempt" => None,
            changed => Some(changed?),
        },
    };
    let (code, run) = match paused {
        Some(paused) => (StatusCode::OK, paused),
        None => {
            let asked = request_stop(&app, &who, &run, StopRequest::Pause).await?;
            (StatusCode::ACCEPTED, asked)
        }
    };
    record(&app, &who, "run.pause", &run).await;
    respond::json(code, &status(run))
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
