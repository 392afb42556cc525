//! One stage in its session: prepared, run, watched, judged.

use std::{pin::pin, sync::Arc};

use attractor_core::{
    CodergenRequest, CodergenResult, Error as CoreError, FailureKind, Outcome, StageContext,
};
use attractor_llm::FinishReasonKind;

use super::{failure, guard::StageGuard, instructions, report_outcome::Reported};
use crate::session::{Budget, Session, SessionConfig, StopReason, Submission};

/// The spec's default of the node attribute `reasoning_effort` (attractor-spec 2.6).
const REASONING_EFFORT: &str = "high";

/// A session and what its model reports about the stage.
#[derive(Debug)]
pub(super) struct StageSession {
    pub(super) session: Session,
    pub(super) reported: Reported,
}

/// Sets what differs from stage to stage in a session that may have had another stage before.
pub(super) fn prepare(
    current: &mut StageSession,
    request: &CodergenRequest<'_>,
    base: &SessionConfig,
) {
    let stage = request.stage;
    current.reported.clear();
    let effort = (stage.node().reasoning_effort.clone())
        .or_else(|| stage.graph().attrs().reasoning_effort.clone())
        .or_else(|| base.reasoning_effort.clone())
        .or_else(|| {
            current
                .session
                .supports_reasoning()
                .then(|| REASONING_EFFORT.to_owned())
        });
    let mut variables = base.variables.clone();
    variables.extend(instructions::variables(stage));
    current.session.configure(|config| {
        config.variables = variables;
        config.reasoning_effort = effort;
        config.budget = Budget::new(base.budget.limits());
    });
}

/// Runs the prompt, reports what happens to the stage, and says how it went. A cancel of the
/// stage aborts the session, which ends what it is doing.
pub(super) async fn run(
    current: &mut StageSession,
    stage: &StageContext,
    prompt: &str,
) -> Result<CodergenResult, CoreError> {
    let guard = Arc::new(StageGuard::new(stage));
    current.session.set_guard(Some(Arc::clone(&guard) as _));
    let handle = current.session.handle();
    let result = {
        let mut inbox = stage.steering();
        let mut submission = pin!(current.session.submit(prompt));
        let result = loop {
            tokio::select! {
                biased;
                () = stage.cancel().cancelled() => {
                    handle.abort();
                    break submission.await;
                }
                result = &mut submission => break result,
                message = inbox.next() => {
                    if handle.steer(&*message).is_err() {
                        inbox.give_back(message);
                    }
                }
            }
        };
        // What came too late waits for the next stage.
        handle
            .take_back_steering()
            .for_each(|message| inbox.give_back(message));
        result
    };
    // What is still at work when the stage has its result would change files under the next one.
    current.session.close_subagents().await;
    current.session.set_guard(None);
    let submission = result.map_err(|error| failure::to_core(&error))?;
    if let Some(reached) = guard
        .met()
        .filter(|_| submission.stop == StopReason::HostLimit)
    {
        return Err(reached.into());
    }
    Ok(judge(
        submission,
        current.reported.take(),
        left_status_file(stage),
    ))
}

/// Whether a command of the agent wrote how the stage went; the engine reads it.
fn left_status_file(stage: &StageContext) -> bool {
    stage
        .stage_dir()
        .is_some_and(|directory| directory.join("status.json").exists())
}

/// What the model reported decides, through the tool or in a file; else how the loop ended. An
/// empty answer is for the engine to judge, which knows the node's `auto_status`.
fn judge(
    submission: Submission,
    reported: Option<Outcome>,
    left_status_file: bool,
) -> CodergenResult {
    let response = submission.text.clone();
    if let Some(outcome) = reported {
        let response = if response.is_empty() {
            outcome.notes.clone()
        } else {
            response
        };
        return CodergenResult::Outcome { outcome, response };
    }
    match problem(&submission).filter(|_| !left_status_file) {
        Some((reason, kind)) => CodergenResult::Outcome {
            outcome: Outcome::fail(reason).with_failure_kind(kind),
            response,
        },
        None => CodergenResult::Text(response),
    }
}

/// Why a stage without a report has failed, if it has.
fn problem(submission: &Submission) -> Option<(&'static str, FailureKind)> {
    use FailureKind::{Retryable, Terminal};
    match submission.stop {
        StopReason::ToolRoundLimit => {
            return Some(("the agent reached its limit of tool rounds", Retryable));
        }
        StopReason::TurnLimit => return Some(("the agent reached its limit of turns", Retryable)),
        StopReason::BudgetLimit => return Some(("the budget of the stage is used up", Terminal)),
        StopReason::HostLimit => return Some(("a limit of the run is reached", Terminal)),
        StopReason::InvalidToolCalls => {
            let reason = "the model's tool calls were cut off or malformed again and again";
            return Some((reason, Retryable));
        }
        StopReason::Aborted => return Some(("the agent was aborted", Retryable)),
        StopReason::Completed => {}
    }
    match submission.finish_reason {
        Some(FinishReasonKind::Length) => Some((
            "the model's answer was cut off by its token limit",
            Retryable,
        )),
        Some(FinishReasonKind::ContentFilter) => Some((
            "the model's answer was stopped by a content filter",
            Terminal,
        )),
        _ => None,
    }
}
