//! What can be wrong with a stylesheet.

use crate::dot::Span;

/// A text that isn't a stylesheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{message}")]
pub struct StylesheetError {
    /// What is wrong, as a fragment.
    pub message: String,
    /// Where, in bytes of the stylesheet's own text.
    pub span: Span,
    /// What to write instead, when that is known.
    pub hint: Option<String>,
    /// What to put in place of `span`, where there is one way to mend it.
    pub replacement: Option<&'static str>,
}
