//! Diagnostics as plain text, for those who have no renderer of their own.

use super::diagnostic::Diagnostic;
use crate::dot::{LineIndex, Snippet, write_message};

/// Diagnostics with the source line and a caret, one after the other.
///
/// ```
/// use attractor_core::{Graph, lint};
///
/// let source = "digraph g { a [pormpt=hi] }";
/// let (_, diagnostics) = Graph::parse(source)?;
/// let text = lint::render_plain(&diagnostics, "g.dot", source);
/// assert!(text.starts_with("warning[attribute_unknown]: `pormpt` isn't an attribute of a node"));
/// assert!(text.contains("g.dot:1:16"));
/// # Ok::<(), attractor_core::dot::ParseErrors>(())
/// ```
#[must_use]
pub fn render_plain(diagnostics: &[Diagnostic], file: &str, source: &str) -> String {
    let lines = LineIndex::new(source);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let known = diagnostic
            .span
            .filter(|span| source.is_char_boundary(span.start));
        let snippet = known.map(|span| Snippet::new(&lines, span));
        // Writing into a `String` can't fail.
        let _ = write_message(
            &mut text,
            diagnostic,
            file,
            snippet.as_ref(),
            diagnostic.fix.as_deref(),
        );
    }
    text
}

impl Diagnostic {
    /// This diagnostic with its source line and a caret; see [`render_plain`] for several.
    #[must_use]
    pub fn render_plain(&self, file: &str, source: &str) -> String {
        render_plain(std::slice::from_ref(self), file, source)
    }
}
