//! The `attractor` command.
fn main() {}
