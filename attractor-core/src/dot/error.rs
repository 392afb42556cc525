//! Everything that is wrong with a source text.

use std::fmt;

use super::snippet::{Snippet, write_message};
use super::span::{LineIndex, Position, Span};
use crate::lint::{Diagnostic, Edit};

/// One mistake in a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseError {
    /// What is wrong, as a fragment.
    pub message: String,
    /// Where, in bytes.
    pub span: Span,
    /// What to write instead, when that is known.
    pub hint: Option<String>,
    /// The same for a program to carry out, where there is one way to do it.
    pub edit: Option<Edit>,
    snippet: Snippet,
}

impl ParseError {
    /// Line and column.
    #[must_use]
    pub fn position(&self) -> Position {
        self.snippet.position
    }
}

/// All mistakes of a source text, in its order; never empty.
///
/// `Display` shows each with its line, a caret and a hint.
///
/// ```
/// let errors = attractor_core::dot::parse("digraph { a -- b }").unwrap_err();
/// assert_eq!(errors.iter().count(), 1);
/// assert!(errors.to_string().contains("1:13"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseErrors(Vec<ParseError>);

/// A mistake before its line has been looked up.
#[derive(Debug)]
pub(super) struct RawError {
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) hint: Option<String>,
    pub(super) edit: Option<Edit>,
}

impl ParseErrors {
    pub(super) fn new(source: &str, mut errors: Vec<RawError>) -> Self {
        errors.sort_by_key(|error| error.span.start);
        let lines = LineIndex::new(source);
        let locate = |RawError {
                          message,
                          span,
                          hint,
                          edit,
                      }: RawError| {
            let snippet = Snippet::new(&lines, span);
            ParseError {
                message,
                span,
                hint,
                edit,
                snippet,
            }
        };
        Self(errors.into_iter().map(locate).collect())
    }

    /// The mistakes in source order.
    pub fn iter(&self) -> std::slice::Iter<'_, ParseError> {
        self.0.iter()
    }

    /// The mistakes as diagnostics of the rule `syntax`, to show them as all others are shown.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let convert = |error: &ParseError| {
            let mut diagnostic = Diagnostic::error("syntax", &error.message).at(Some(error.span));
            diagnostic.fix.clone_from(&error.hint);
            diagnostic.edits.extend(error.edit.clone());
            diagnostic
        };
        self.0.iter().map(convert).collect()
    }

    /// The mistakes as text, with the name of the file in front of each place.
    #[must_use]
    pub fn render_plain(&self, file: &str) -> String {
        let mut text = String::new();
        // Writing into a `String` can't fail.
        let _ = self.write(&mut text, file);
        text
    }

    fn write(&self, out: &mut impl fmt::Write, file: &str) -> fmt::Result {
        for error in &self.0 {
            let headline = format_args!("error: {}", error.message);
            write_message(
                out,
                headline,
                file,
                Some(&error.snippet),
                error.hint.as_deref(),
            )?;
        }
        Ok(())
    }
}

impl<'a> IntoIterator for &'a ParseErrors {
    type Item = &'a ParseError;
    type IntoIter = std::slice::Iter<'a, ParseError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "source")
    }
}

impl std::error::Error for ParseErrors {}
