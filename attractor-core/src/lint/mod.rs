//! Checks of a graph: what keeps it from running, and what looks wrong.

mod diagnostic;
mod rule;

pub use diagnostic::{Diagnostic, Severity};
pub use rule::LintRule;
