//! Recorded exchanges with real providers, over HTTP and through the real adapters.
//!
//! The recordings aren't part of the repository; without them each test says so.

mod anthropic;
mod chat;
mod cut;
mod exceptions;
mod expected;
mod facts;
mod gemini;
pub(crate) mod recordings;
mod replay;
mod requests;
mod responses;
mod whole;
