//! How a subagent's piece of work ends: once, and told before its parent's session is over.

use std::sync::Arc;

use super::{
    SubAgentResult,
    agent::{Agent, Claim},
};
use crate::{event::EventKind, session::Shared};

/// Ends a subagent that may be at work: it has failed then, for this reason.
pub(crate) fn end(parent: &Shared, agent: &Agent, reason: &str) {
    let failed = || {
        let (text, turns) = (agent.activity.last_text(), agent.activity.turns());
        SubAgentResult::failed(reason, text, turns)
    };
    conclude(Some(parent), agent, Then::Closed, failed);
    agent.stop();
}

/// What comes after a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// First the messages that came too late for a request of it.
    LateMessages,
    /// The next input.
    Input,
    /// Nothing: no more input is taken.
    Closed,
}

/// Ends a piece of work with this result, unless somebody has; the messages that it goes on with
/// instead.
///
/// The subscribers are told in the moment of the claim and the guard, which is the host's code, after
/// it: so a thread that closes the parent's session finds either nothing claimed, and claims it, or a
/// subagent whose end was told.
pub(super) fn conclude(
    parent: Option<&Shared>,
    agent: &Agent,
    then: Then,
    result: impl FnOnce() -> SubAgentResult,
) -> Option<String> {
    let tell = || {
        let result = result();
        let told = parent.and_then(|parent| {
            parent.bus.deliver(EventKind::SubagentEnd {
                agent_id: agent.id().to_owned(),
                session_id: agent.session.id().to_owned(),
                status: result.status(),
                result: result.clone(),
            })
        });
        (result, told)
    };
    match agent.claim(then == Then::LateMessages, tell) {
        Claim::GoOn(late) => Some(late),
        Claim::End((result, told)) => {
            if let (Some(parent), Some(event)) = (parent, &told) {
                parent.bus.observe(event);
            }
            agent.finish(Arc::new(result), then == Then::Closed);
            None
        }
        Claim::Nothing => None,
    }
}
