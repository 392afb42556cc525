//! The handler of fan-ins: what the branches came to, and which of them is the best.

mod candidate;
mod choice;

use std::sync::Arc;

use async_trait::async_trait;

use self::candidate::{Candidate, best, candidates, describe, reasons};
use super::codergen::{CodergenBackend, CodergenResult, ask, prompt};
use super::status::reported;
use super::{Handler, StageContext, StageProgress};
use crate::Error;
use crate::state::{FailureKind, Outcome, StageStatus};

/// Chooses the best result of the branches of the parallel node before it.
///
/// - Candidates are the branches that have succeeded, at least partly. Without any, the stage
///   fails.
/// - The best one is that of the best status, then of the highest `score`, then of the first id in
///   the alphabet. Where the node has a prompt and there are several, the backend is asked, and its
///   choice counts if it names a candidate: in the outcome it returns, in a `status.json` in the
///   stage directory, or in its answer.
/// - The context gets what the winner's stages changed there, and `parallel.fan_in.best_id` and
///   `parallel.fan_in.best_outcome`.
///
/// Source: attractor-spec 4.9.
#[derive(Clone, Debug, Default)]
pub struct FanInHandler {
    backend: Option<Arc<dyn CodergenBackend>>,
}

impl FanInHandler {
    /// A handler that asks this backend; without one, it goes by status and score.
    pub fn new(backend: Option<Arc<dyn CodergenBackend>>) -> Self {
        Self { backend }
    }
}

#[async_trait]
impl Handler for FanInHandler {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let all = candidates(stage.context());
        if all.is_empty() {
            let outcome = Outcome::fail("no parallel results to evaluate");
            return Ok(outcome.with_failure_kind(FailureKind::Terminal));
        }
        let (mut good, bad): (Vec<_>, Vec<_>) = all.into_iter().partition(Candidate::is_good);
        let Some(first) = best(&good) else {
            let outcome = Outcome::fail(format!("all candidates failed: {}", reasons(&bad)));
            return Ok(outcome.with_failure_kind(FailureKind::Terminal));
        };
        let mut chosen = first;
        let mut notes = String::new();
        if let Some(backend) = &self.backend
            && !stage.node().prompt.is_empty()
            && good.len() > 1
        {
            match chosen_by_model(stage, backend.as_ref(), &good).await? {
                Verdict::Choice(place) => chosen = place,
                Verdict::Failure(outcome) => return Ok(outcome),
                Verdict::None => {
                    notes.push_str(" (by status and score: the model named no candidate)");
                    let message = "the model's answer names no candidate".to_owned();
                    stage.progress().send(StageProgress::Warning { message });
                }
            }
        }
        let winner = good.swap_remove(chosen);
        let mut outcome = Outcome::success();
        outcome.context_updates = winner.updates;
        outcome.notes = format!("Selected best candidate: {}{notes}", winner.id);
        Ok(outcome
            .with_update("parallel.fan_in.best_id", winner.id)
            .with_update("parallel.fan_in.best_outcome", winner.outcome))
    }
}

/// What a model says about the candidates.
enum Verdict {
    /// It names the one at this place.
    Choice(usize),
    /// It names none.
    None,
    /// It says nothing, or that it failed.
    Failure(Outcome),
}

async fn chosen_by_model(
    stage: &StageContext,
    backend: &dyn CodergenBackend,
    good: &[Candidate],
) -> Result<Verdict, Error> {
    let task = format!("{}\n\n{}", prompt::task(stage), describe(good));
    let (said, response) = match ask(backend, stage, &task).await? {
        CodergenResult::Outcome { outcome, response } => (Some(outcome), response),
        CodergenResult::Text(response) => (reported(stage), response),
    };
    if let Some(outcome) = &said
        && matches!(outcome.status, StageStatus::Fail | StageStatus::Retry)
    {
        return Ok(Verdict::Failure(outcome.clone()));
    }
    if said.is_none() && response.trim().is_empty() {
        let outcome = Outcome::fail("the model's answer is empty");
        return Ok(Verdict::Failure(
            outcome.with_failure_kind(FailureKind::Retryable),
        ));
    }
    let ids: Vec<&str> = good.iter().map(|candidate| candidate.id.as_str()).collect();
    let choice = choice::find(&ids, said.as_ref(), &response);
    Ok(choice.map_or(Verdict::None, Verdict::Choice))
}
