//! `attractor serve` as its users have it: real processes, a real repository, a scripted model.

mod bootstrap;
mod config;
mod faults;
mod pipelines;
pub(crate) mod plant;
mod runs;
mod secrets;
pub(crate) mod served;
mod start;
