//! `attractor serve` as its users have it: real processes, a real repository, a scripted model.

mod bootstrap;
mod config;
mod faults;
mod pipelines;
mod runs;
mod secrets;
mod start;
