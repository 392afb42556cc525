//! What can be wrong with a condition.

use crate::dot::Span;

/// A text that isn't a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{message} at column {}", .span.start + 1)]
pub struct ConditionError {
    /// What is wrong, as a fragment.
    pub message: String,
    /// Where, in bytes of the condition's own text.
    pub span: Span,
    /// What to write instead, when that is known.
    pub hint: Option<String>,
    /// What to put in place of `span`, where there is one way to mend it.
    pub replacement: Option<&'static str>,
}

impl ConditionError {
    pub(super) fn new(message: impl Into<String>, span: Span) -> Self {
        Self {
            message: message.into(),
            span,
            hint: None,
            replacement: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn write(mut self, replacement: &'static str) -> Self {
        self.replacement = Some(replacement);
        self.hint(format!("write `{replacement}`"))
    }
}
