//! A subagent's task: its inputs one after the other, each within its limits.

use std::{
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Weak},
};

use attractor_llm::FinishReasonKind;
use futures::FutureExt as _;
use tokio::time::{Instant, sleep_until};

use super::{
    SubAgentResult, SubagentLimits,
    agent::Agent,
    end::{Then, conclude, end},
};
use crate::{
    error::Error,
    session::{Session, SessionState, Shared, StopReason, Submission},
};

/// Works until nobody has more input for it. Whatever happens, a panic included, the parent is
/// told.
pub(super) async fn run(
    parent: Weak<Shared>,
    agent: Arc<Agent>,
    session: Session,
    task: String,
    limits: SubagentLimits,
) {
    let _gone = agent.gone.clone().drop_guard();
    let work = work(&parent, &agent, session, task, &limits);
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    if let (Err(_), Some(parent)) = (ended, parent.upgrade()) {
        end(&parent, &agent, "it ended with an internal error");
    }
}

async fn work(
    parent: &Weak<Shared>,
    agent: &Agent,
    mut session: Session,
    task: String,
    limits: &SubagentLimits,
) {
    let mut next = Some(task);
    while let Some(input) = next.take() {
        let ended = supervise(agent, &mut session, input, limits).await;
        let then = match (session.state(), &ended) {
            (SessionState::Closed, _) => Then::Closed,
            (_, Ok(_)) => Then::LateMessages,
            (_, Err(_)) => Then::Input,
        };
        let parent = parent.upgrade();
        let late = conclude(parent.as_deref(), agent, then, || judge(agent, ended));
        drop(parent);
        next = match late {
            Some(late) => Some(late),
            None => agent.next_input().await,
        };
    }
    session.close();
}

/// How a piece of work ended: by itself, or by a limit of the parent's.
type Ended = Result<Submission, String>;

/// One input, ended when it gives no sign of life for too long or takes too long altogether.
async fn supervise(
    agent: &Agent,
    session: &mut Session,
    input: String,
    limits: &SubagentLimits,
) -> Ended {
    let overdue = Instant::now() + limits.max_wall_time();
    let mut submission = pin!(session.submit(input));
    let reason = loop {
        let silent = agent.activity.last_sign_of_life() + limits.idle_timeout();
        tokio::select! {
            ended = &mut submission => return ended.map_err(|error| why(&error)),
            () = sleep_until(overdue) => {
                break format!("it took longer than {} s", limits.max_wall_time().as_secs_f64());
            }
            () = sleep_until(silent) => {
                if agent.activity.last_sign_of_life() + limits.idle_timeout() <= Instant::now() {
                    break format!(
                        "it gave no sign of life for {} s",
                        limits.idle_timeout().as_secs_f64()
                    );
                }
            }
        }
    };
    agent.session.abort();
    // An abort is bounded by itself.
    let _ = submission.await;
    Err(reason)
}

fn why(error: &Error) -> String {
    format!("its model could not go on: {error}")
}

fn judge(agent: &Agent, ended: Ended) -> SubAgentResult {
    let turns = agent.activity.turns();
    match ended {
        Ok(submission) => match problem(&submission) {
            None => SubAgentResult::completed(submission.text, turns),
            Some(reason) => SubAgentResult::failed(reason, agent.activity.last_text(), turns),
        },
        Err(reason) => SubAgentResult::failed(reason, agent.activity.last_text(), turns),
    }
}

/// Why an input that came to an end has no whole answer, if so.
fn problem(submission: &Submission) -> Option<&'static str> {
    match submission.stop {
        StopReason::Completed => {}
        StopReason::ToolRoundLimit => return Some("its limit of tool rounds is reached"),
        StopReason::TurnLimit => return Some("its limit of turns is reached"),
        StopReason::BudgetLimit => return Some("the budget is used up"),
        StopReason::HostLimit => return Some("a limit of the host is reached"),
        StopReason::InvalidToolCalls => {
            return Some("its tool calls were cut off or malformed again and again");
        }
        StopReason::Aborted => return Some("it was aborted"),
    }
    match submission.finish_reason {
        Some(FinishReasonKind::Length) => Some("its answer was cut off by its token limit"),
        Some(FinishReasonKind::ContentFilter) => Some("its answer was stopped by a content filter"),
        _ if submission.text.trim().is_empty() => Some("it gave an empty answer"),
        _ => None,
    }
}
