//! Suites and checkers for those who implement this crate's traits; feature `testing`.

pub mod environment_suite;
mod memory_environment;
mod requests;

pub use self::{memory_environment::MemoryEnvironment, requests::check_requests};
