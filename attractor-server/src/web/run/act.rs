//! What the forms of the run's page do: what the API does.

use axum::extract::State;
use serde_json::json;

use crate::api::{Answer, Caller, Json, OfRun, Path, questions, runs};
use crate::app::App;
use crate::domain::{QuestionId, RunId};
use crate::web::form::Form;
use crate::web::show;

fn back(id: &RunId) -> Answer {
    show::go_to(&format!("/runs/{id}"))
}

pub(super) async fn cancel(app: State<App>, who: Caller, run: OfRun, _: Form) -> Answer {
    let id = run.0.id.clone();
    runs::cancel(app, who, run).await?;
    back(&id)
}

pub(super) async fn pause(app: State<App>, who: Caller, run: OfRun, _: Form) -> Answer {
    let id = run.0.id.clone();
    runs::pause(app, who, run).await?;
    back(&id)
}

pub(super) async fn resume(app: State<App>, who: Caller, run: OfRun, _: Form) -> Answer {
    let id = run.0.id.clone();
    runs::resume(app, who, run).await?;
    back(&id)
}

/// Repeats the run and leads to the new one.
pub(super) async fn rerun(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
    form: Form,
) -> Answer {
    let body = Form::body([
        ("node", json!(form.given("node"))),
        ("targetBranch", json!(form.given("targetBranch"))),
        ("force", json!(form.has("force"))),
    ])?;
    let run = runs::repeat(&app, &who, &run, body).await?;
    back(&run.id)
}

pub(super) async fn answer(
    app: State<App>,
    who: Caller,
    run: OfRun,
    path: Path<(String, QuestionId)>,
    form: Form,
) -> Answer {
    let id = run.0.id.clone();
    let body = Form::body([
        ("answer", json!(form.get("answer"))),
        ("text", json!(form.given("text"))),
    ])?;
    questions::answer(app, who, run, path, Json(body)).await?;
    match form.has("overview") {
        true => show::go_to("/"),
        false => back(&id),
    }
}
