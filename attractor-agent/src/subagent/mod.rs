//! Child sessions that a model starts for scoped tasks (coding-agent-loop-spec 7).
//!
//! A subagent is a [`Session`](crate::Session) of its own, with a history of its own, in the
//! parent's execution environment. It runs in a task that its parent session owns: whatever ends
//! the parent ends it, with the commands it runs.

mod activity;
mod agent;
mod child;
mod end;
mod guard;
mod limits;
mod model;
mod place;
mod result;
mod roster;
mod run;
mod texts;

pub(crate) use self::{
    agent::Agent,
    child::{Parent, SpawnRequest},
    end::end,
    roster::Subagents,
};
pub use self::{
    agent::SubAgentHandle,
    limits::SubagentLimits,
    result::{SubAgentResult, SubAgentStatus},
    texts::{SubagentTools, ToolText},
};
