//! The handler of model stages and the backend it hands the prompt to.

mod backend;
pub(super) mod prompt;

use std::sync::Arc;

use async_trait::async_trait;

pub use self::backend::{CodergenBackend, CodergenRequest, CodergenResult};

use super::status::reported;
use super::{Handler, StageContext};
use crate::Error;
use crate::fidelity::{Fidelity, preamble, resolve_fidelity, resolve_thread};
use crate::journal::write_new;
use crate::run::Limit;
use crate::run::limits::LAST_RESPONSE_CHARACTERS;
use crate::state::{FailureKind, Outcome};
use crate::text::truncate;

/// Gives a node's prompt to the backend, and keeps prompt and answer in the stage directory.
///
/// - The prompt is the node's, or its label. Unless the fidelity is `full`, what happened before
///   is put in front of it.
/// - An outcome that the backend returns counts. Else a `status.json` that the agent left in the
///   stage directory decides. Else an answer is a success, and an empty one a failure unless the
///   node has `auto_status`.
/// - Without a backend the stage is simulated.
///
/// Source: attractor-spec 4.5.
#[derive(Clone, Debug, Default)]
pub struct CodergenHandler {
    backend: Option<Arc<dyn CodergenBackend>>,
}

impl CodergenHandler {
    /// A handler with this backend, or for simulation.
    pub fn new(backend: Option<Arc<dyn CodergenBackend>>) -> Self {
        Self { backend }
    }
}

#[async_trait]
impl Handler for CodergenHandler {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let task = prompt::task(stage);
        let result = match &self.backend {
            Some(backend) => ask(backend.as_ref(), stage, &task).await?,
            None => {
                let (_, fidelity) = fidelities(stage);
                keep(stage, "prompt.md", &render(stage, fidelity, &task))?;
                let response = simulated(stage);
                keep(stage, "response.md", &response)?;
                CodergenResult::Text(response)
            }
        };
        let (outcome, response) = match result {
            CodergenResult::Outcome { outcome, response } => (outcome, response),
            CodergenResult::Text(response) => {
                let outcome = reported(stage).unwrap_or_else(|| judged(stage, &response));
                (outcome, response)
            }
        };
        Ok(with_last_response(stage, outcome, &response))
    }
}

/// Gives a task to the backend, and keeps prompt and answer.
pub(super) async fn ask(
    backend: &dyn CodergenBackend,
    stage: &StageContext,
    task: &str,
) -> Result<CodergenResult, Error> {
    let (configured, fidelity) = fidelities(stage);
    let prompt = render(stage, fidelity, task);
    keep(stage, "prompt.md", &prompt)?;
    stage.budget().check(Limit::OF_MODEL_CALLS)?;
    // A thread's session lives on under `full`; the first stage after a resume opens it anew,
    // with a summary in front, and so does the first stage of a branch.
    let thread = (configured == Fidelity::Full).then(|| stage.session(resolve_thread(stage)));
    let request = CodergenRequest::new(stage, &prompt)
        .with_fidelity(fidelity)
        .with_thread(thread);
    let result = backend.run(request).await?;
    let response = match &result {
        CodergenResult::Outcome { response, .. } | CodergenResult::Text(response) => response,
    };
    keep(stage, "response.md", response)?;
    Ok(result)
}

/// The mode that the pipeline asks for, and the one that is possible now.
fn fidelities(stage: &StageContext) -> (Fidelity, Fidelity) {
    let configured = resolve_fidelity(stage);
    if stage.is_resumed() {
        return (configured, configured.after_resume());
    }
    (configured, configured)
}

/// The task as the model gets it.
fn render(stage: &StageContext, fidelity: Fidelity, task: &str) -> String {
    let before = preamble(fidelity, stage);
    if before.is_empty() {
        task.to_owned()
    } else {
        format!("{before}\n\n{task}")
    }
}

fn simulated(stage: &StageContext) -> String {
    format!("[Simulated] Response for stage: {}", stage.node().id())
}

/// What an answer alone says about its stage.
fn judged(stage: &StageContext, response: &str) -> Outcome {
    let node = stage.node();
    if !response.trim().is_empty() {
        return Outcome::success().with_notes(format!("Stage completed: {}", node.id()));
    }
    if node.auto_status {
        let notes = "auto-status: handler completed without writing status";
        return Outcome::success().with_notes(notes);
    }
    Outcome::fail("the model's answer is empty").with_failure_kind(FailureKind::Retryable)
}

fn with_last_response(stage: &StageContext, mut outcome: Outcome, response: &str) -> Outcome {
    let updates = &mut outcome.context_updates;
    updates
        .entry("last_stage".to_owned())
        .or_insert_with(|| stage.node().id().as_str().into());
    updates
        .entry("last_response".to_owned())
        .or_insert_with(|| {
            truncate(response, LAST_RESPONSE_CHARACTERS)
                .into_owned()
                .into()
        });
    outcome
}

fn keep(stage: &StageContext, name: &str, text: &str) -> Result<(), Error> {
    stage.stage_dir().map_or(Ok(()), |directory| {
        write_new(&directory.join(name), text.as_bytes())
    })
}
