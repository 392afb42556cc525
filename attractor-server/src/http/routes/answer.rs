use attractor_core::Answer;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body, respond};
use crate::http::limits::ANSWER_BYTES;
use crate::http::{Error, ErrorKind, PipelineId, PipelineService};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    /// The key or the label of an option, yes or no, or any text, as the question asks for.
    #[serde(default)]
    value: Option<Value>,
    /// What the person has to say besides.
    #[serde(default)]
    text: Option<String>,
    /// Whether the person won't answer.
    #[serde(default)]
    skip: bool,
}

impl Given {
    fn answer(self) -> Result<Answer, Error> {
        let mut answer = match (self.value, self.skip) {
            (None | Some(Value::Null), true) => Answer::skipped(),
            (Some(Value::String(value)), false) => Answer::text(value),
            (Some(Value::Bool(yes)), false) => Answer::text(if yes { "yes" } else { "no" }),
            _ => {
                let text = "the body needs either `value`, a text or a boolean, or `skip`";
                return Err(Error::new(ErrorKind::InvalidRequest, text));
            }
        };
        if let Some(text) = self.text {
            answer.text = text;
        }
        Ok(answer)
    }
}

/// `POST /pipelines/{id}/questions/{qid}/answer`: answers a question, once.
pub(super) async fn answer(
    State(service): State<PipelineService>,
    Path((id, question)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let id: PipelineId = id.parse()?;
    let given: Given = body::json(request, ANSWER_BYTES).await?;
    service.answer(&id, &question, given.answer()?)?;
    respond::json(StatusCode::OK, &json!({ "id": question, "answered": true }))
}
