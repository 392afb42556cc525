//! What runs ask people.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::check;
use super::error::ErrorBody;
use super::extract::{Caller, Json, OfRun, Path, invalid_field};
use super::limits::{PENDING_QUESTIONS, TEXT_CHARACTERS};
use super::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, NewEvent, QuestionId, RunQuestion, event_type};
use crate::http::checked_answer;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Questions {
    /// Oldest first.
    questions: Vec<RunQuestion>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Answered {
    question: RunQuestion,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = QuestionAnswer)]
pub(crate) struct AnswerBody {
    /// The key or the label of an option, `yes` or `no`, or a text: what the question asks for.
    #[schema(min_length = 1, max_length = 10000, example = "approve")]
    answer: String,
    /// What there is to say besides.
    #[serde(default)]
    #[schema(max_length = 10000)]
    text: Option<String>,
}

/// All questions of a run.
#[utoipa::path(get, path = "/api/runs/{runId}/questions", tag = "questions",
    params(("runId" = String, Path)),
    responses((status = 200, body = Questions), (status = 404, body = ErrorBody)),
)]
pub(super) async fn of_run(State(app): State<App>, OfRun(run): OfRun) -> Answer {
    let questions = app.store().questions(&run.id).await?;
    respond::ok(&Questions { questions })
}

/// Questions that wait for an answer, of all runs that the caller may see; at most 500.
#[utoipa::path(get, path = "/api/questions", tag = "questions",
    responses((status = 200, body = Questions)),
)]
pub(super) async fn pending(State(app): State<App>, Caller(who): Caller) -> Answer {
    let project = who.project_id.as_ref();
    let questions = app
        .store()
        .pending_questions(project, PENDING_QUESTIONS)
        .await?;
    respond::ok(&Questions { questions })
}

/// Answers a question that waits.
#[utoipa::path(post, path = "/api/runs/{runId}/questions/{questionId}/answer", tag = "questions",
    params(("runId" = String, Path), ("questionId" = String, Path)),
    request_body = AnswerBody,
    responses(
        (status = 200, body = Answered),
        (status = 404, body = ErrorBody),
        (status = 409, description = "It was answered, or its time is over", body = ErrorBody),
    ),
)]
pub(crate) async fn answer(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
    Path((_, id)): Path<(String, QuestionId)>,
    Json(body): Json<AnswerBody>,
) -> Answer {
    let question = app.store().question(&run.id, &id).await?;
    let answer = checked(&question, body)?;
    let told = json!({
        "runId": run.id, "questionId": id, "nodeId": question.node_id, "answer": answer, "by": who.name,
    });
    let event = NewEvent::new(event_type::QUESTION_ANSWERED, app.now(), told);
    let question = app
        .store()
        .answer(&run.id, &id, answer, &who.name, event)
        .await?;
    let run = app.store().run(&run.id).await?;
    app.announce(&run).await;
    let details = json!({ "runId": run.id });
    app.audit(
        &who,
        "question.answer",
        Some(&run.project_id),
        id.as_str(),
        details,
    )
    .await;
    respond::ok(&Answered { question })
}

/// The answer in the engine's terms, if the question allows it.
fn checked(question: &RunQuestion, body: AnswerBody) -> Result<Value, Error> {
    let length = body.answer.chars().count();
    if !(1..=TEXT_CHARACTERS).contains(&length) {
        let why = format!("it must have 1 to {TEXT_CHARACTERS} characters");
        return Err(invalid_field("answer", &why));
    }
    let asked = serde_json::from_value(question.question.clone())
        .map_err(|error| Error::internal("a question can't be read").caused_by(error))?;
    let mut answer = attractor_core::Answer::text(body.answer);
    if let Some(text) = body.text {
        check::prose("text", &text)?;
        answer.text = text;
    }
    let answer = checked_answer(&asked, answer)
        .map_err(|error| invalid_field("answer", &error.to_string()))?;
    serde_json::to_value(answer)
        .map_err(|error| Error::internal("an answer can't be written").caused_by(error))
}
