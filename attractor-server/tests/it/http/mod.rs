//! HTTP mode over real connections on loopback.

mod agents;
pub(crate) mod client;
mod events;
mod hostile;
mod lifecycle;
mod questions;

/// A pipeline `start -> … -> exit` with the statements in between.
fn digraph(statements: &str) -> String {
    format!("digraph test {{ start [shape=Mdiamond]\n exit [shape=Msquare]\n {statements} }}")
}
