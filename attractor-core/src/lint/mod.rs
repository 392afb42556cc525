//! Checks of a graph: what keeps it from running, and what looks wrong.

mod diagnostic;
mod error;
mod render;
mod rule;
mod rules;
mod suggestion;
mod validator;

pub use diagnostic::{Diagnostic, Severity};
pub use error::ValidationError;
pub use render::render_plain;
pub use rule::LintRule;
pub(crate) use suggestion::suggestion;
pub use validator::{Validator, sort_diagnostics, validate, validate_or_error};
