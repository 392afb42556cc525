//! Checks of a graph: what keeps it from running, and what looks wrong.

mod catalog;
mod diagnostic;
mod edit;
mod error;
mod policy;
mod render;
mod rule;
mod rules;
mod suggestion;
mod validator;

pub use catalog::{RuleInfo, rules};
pub use diagnostic::{Diagnostic, Severity};
pub use edit::{Edit, apply_edits};
pub use error::ValidationError;
pub use policy::RulePolicy;
pub use render::render_plain;
pub use rule::LintRule;
pub use suggestion::suggestion;
pub use validator::{Validator, sort_diagnostics, validate, validate_or_error};
