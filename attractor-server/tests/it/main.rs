//! The tests of the command `attractor` and of the library behind it.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests"
)]

mod demo;
mod graph;
mod harness;
mod interrupt;
mod kill;
mod misuse;
mod picture;
mod run;
mod validate;
