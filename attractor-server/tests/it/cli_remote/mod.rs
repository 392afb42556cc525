//! The commands that ask a server, as users type them: the built binary against a server of its own
//! process.

mod attractors;
mod completions;
mod control;
mod desk;
mod errors;
mod names;
mod other;
mod projects;
mod questions;
mod runs;
mod secrets;
mod watch;
