//! The agent as the codergen backend of an `attractor-core` pipeline; feature `pipeline`.

mod backend;
mod excerpt;
mod failure;
mod guard;
mod instructions;
mod model;
mod places;
mod progress;
mod report_outcome;
mod stage_session;
mod threads;
mod tool_hooks;

pub use self::backend::{AgentBackend, AgentBackendBuilder};
