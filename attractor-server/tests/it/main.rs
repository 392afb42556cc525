//! The tests of the command `attractor` and of the library behind it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests fail by panicking, and say what they skip"
)]

#[cfg(feature = "serve")]
mod api;
mod child;
#[cfg(all(feature = "serve", target_os = "linux"))]
mod cli_remote;
mod demo;
mod disk;
mod environment;
mod explain;
#[cfg(all(feature = "serve", target_os = "linux"))]
mod faults;
mod fmt;
#[cfg(feature = "serve")]
mod forge;
mod git;
mod graph;
#[cfg(feature = "dot-parser")]
mod graphviz;
mod harness;
#[cfg(feature = "http")]
mod http;
mod interrupt;
mod kill;
mod migrate;
mod misuse;
mod picture;
#[cfg(all(feature = "serve", target_os = "linux"))]
mod plant;
mod process;
mod repository;
mod run;
#[cfg(all(feature = "serve", target_os = "linux"))]
mod runner;
#[cfg(all(feature = "serve", target_os = "linux"))]
mod serve;
mod services;
mod smoke;
mod store;
mod terminal;
mod validate;
mod web;
