//! Behaviour of the crate through its public interface.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod abort;
mod apply_patch;
mod cassette;
mod environment;
mod environment_wrappers;
mod exec_sessions;
mod kill;
mod limits;
mod matrix;
mod model_change;
mod model_errors;
mod persistence;
mod pipeline;
mod pipeline_models;
mod profile;
mod prompt;
mod provider;
mod search_tools;
mod secrets;
mod session;
mod shell;
mod smoke;
mod steering;
mod subagents;
mod support;
mod sweep;
mod tool_hooks;
mod tools;
mod web_fetch;
mod whole_work;
mod worktrees;
