//! The example programs of the Attractor crates; `README.md` beside this file lists them.

/// The Rust blocks of the project's README, compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
