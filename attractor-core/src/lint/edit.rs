//! What to write instead, for a program to put in.

use serde::{Deserialize, Serialize};

use super::diagnostic::Diagnostic;
use crate::dot::Span;

/// A piece of a source and what to put in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The bytes to take out; none where something is only put in.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

impl Edit {
    /// `replacement` in place of what is at `span`.
    pub fn new(span: Span, replacement: impl Into<String>) -> Self {
        Self {
            span,
            replacement: replacement.into(),
        }
    }

    /// A value in place of another; it gets quotes where that one had some.
    pub(crate) fn value(span: Span, before: &str, after: &str) -> Self {
        if span.len() == before.len() {
            Self::new(span, after)
        } else {
            Self::new(span, format!("\"{after}\""))
        }
    }
}

/// The source with all edits carried out that the diagnostics bring. Where two would change the
/// same place the first counts.
///
/// ```
/// use attractor_core::{Graph, lint};
///
/// let source = "digraph g { a [pormpt=hi label=Greet] }";
/// let (_, diagnostics) = Graph::parse(source)?;
/// let fixed = lint::apply_edits(source, diagnostics.iter().flat_map(|found| &found.edits));
/// assert_eq!(fixed, "digraph g { a [prompt=hi, label=Greet] }");
/// # Ok::<(), attractor_core::dot::ParseErrors>(())
/// ```
#[must_use]
pub fn apply_edits<'a>(source: &str, edits: impl IntoIterator<Item = &'a Edit>) -> String {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut text = String::with_capacity(source.len());
    let mut at = 0;
    let mut last = None;
    for edit in edits {
        let before = source.get(at..edit.span.start);
        let (Some(before), true) = (before, source.is_char_boundary(edit.span.end)) else {
            continue;
        };
        // Two that put something at one place: the same thing twice, or two ways to mend it.
        if last == Some(edit.span) {
            continue;
        }
        text.push_str(before);
        text.push_str(&edit.replacement);
        at = edit.span.end.max(edit.span.start);
        last = Some(edit.span);
    }
    text.push_str(source.get(at..).unwrap_or_default());
    text
}

impl Diagnostic {
    /// What to write instead of a piece of the source.
    #[must_use]
    pub fn edit(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// The value at `span`, which is `before`, may have been meant to be `after`.
    #[must_use]
    pub(crate) fn meant(self, span: Option<Span>, before: &str, after: &str) -> Self {
        let found = self.fix(format!("did you mean `{after}`?"));
        match span {
            Some(span) => found.edit(Edit::value(span, before, after)),
            None => found,
        }
    }
}
