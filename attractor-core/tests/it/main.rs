//! Integration tests of attractor-core, one module an area.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod artifact;
mod back;
mod budget;
mod child;
mod child_resume;
mod condition;
mod damage;
mod dot;
mod dot_format;
mod dot_hostile;
mod dot_properties;
mod edge_oracle;
mod engine;
mod engine_cancel;
mod events;
mod explain;
mod extension;
mod fidelity;
mod fuzzing;
mod git;
mod git_branches;
mod graph;
mod handler_codergen;
mod handler_tool;
mod human;
mod journal;
mod lint;
mod manager_loop;
mod parallel;
mod parallel_properties;
mod replay;
mod resume;
mod resume_failed;
mod run_cases;
mod run_properties;
mod scale;
mod stylesheet;
mod support;
mod transform;
