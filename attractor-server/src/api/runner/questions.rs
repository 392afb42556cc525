use std::time::Duration;

use axum::extract::State;
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use utoipa::IntoParams;

use super::limits::{LOOK, WAIT};
use crate::api::error::ErrorBody;
use crate::api::extract::{Json, OfAttempt, Path, Query};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{
    Error, NewEvent, NewQuestion, QuestionId, QuestionStatus, RunId, RunQuestion, event_type,
};
use crate::secrets::Scrubber;
use crate::store::Fence;

/// Asks a person something; the same question again, if it was asked with that key.
#[utoipa::path(post, path = "/api/runner/questions", tag = "runner", request_body = NewQuestion, responses(
    (status = 200, body = RunQuestion),
    (status = 409, description = "The attempt is over", body = ErrorBody),
))]
pub(crate) async fn ask(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    Json(mut new): Json<NewQuestion>,
) -> Answer {
    let run = &leased.run;
    scrub(&app.scrubber(&run.project_id).await?, &mut new);
    let told = json!({
        "runId": run.id, "nodeId": new.node_id, "key": new.key, "prompt": new.prompt,
        "options": new.options, "expiresAt": new.expires_at,
    });
    let event = NewEvent::new(event_type::QUESTION_PENDING, app.now(), told);
    let fence = Fence(run.attempt);
    let question = app.store().ask(&run.id, fence, new, event).await?;
    app.announce(&app.store().run(&run.id).await?).await;
    respond::ok(&question)
}

/// Takes the values of secrets out of what a person is asked.
fn scrub(scrubber: &Scrubber, new: &mut NewQuestion) {
    new.prompt = scrubber.text(&new.prompt).into_owned();
    scrubber.json(&mut new.question);
    if let Some(options) = &mut new.options {
        scrubber.json(options);
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct HowLong {
    /// How long to wait for an answer; 25 s at most.
    #[serde(default)]
    wait_ms: u64,
}

/// A question, as soon as it doesn't wait any more, at the latest when the time is up.
#[utoipa::path(get, path = "/api/runner/questions/{questionId}", tag = "runner",
    params(("questionId" = String, Path), HowLong),
    responses((status = 200, body = RunQuestion), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn wait(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    Path(id): Path<QuestionId>,
    Query(query): Query<HowLong>,
) -> Answer {
    let run = &leased.run.id;
    let deadline = Instant::now() + Duration::from_millis(query.wait_ms).min(WAIT);
    let mut notices = app.bus().subscribe(run).await?;
    loop {
        let question = current(&app, run, &id).await?;
        let is_over = Instant::now() >= deadline || app.shutdown().is_cancelled();
        if question.status != QuestionStatus::Pending || is_over {
            return respond::ok(&question);
        }
        let left = deadline.saturating_duration_since(Instant::now()).min(LOOK);
        // A notice is a reason to look at once; that there is none isn't.
        if let Ok(None) = timeout(left, notices.next()).await {
            sleep(left).await;
        }
    }
}

/// A question; its time may just be over.
async fn current(app: &App, run: &RunId, id: &QuestionId) -> Result<RunQuestion, Error> {
    let question = app.store().question(run, id).await?;
    let now = app.now();
    let is_late = question.expires_at.is_some_and(|end| end <= now);
    if question.status != QuestionStatus::Pending || !is_late {
        return Ok(question);
    }
    let told = json!({ "runId": run, "questionId": id, "nodeId": question.node_id });
    let event = NewEvent::new(event_type::QUESTION_TIMED_OUT, now, told);
    if app.store().expire_question(run, id, now, event).await? {
        app.announce(&app.store().run(run).await?).await;
    }
    app.store().question(run, id).await
}
