//! The line of the source that a message is about, with a caret under the place.

use std::fmt;

use super::span::{LineIndex, Position, Span};

/// Bytes of the line that are shown before and after the beginning of the place.
const BEFORE: usize = 110;
const AFTER: usize = 90;

/// A piece of a source line and what to underline in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snippet {
    pub(crate) position: Position,
    text: String,
    /// Blanks, and tabs where the text has them, that put the carets under the place.
    indent: String,
    width: usize,
}

impl Snippet {
    pub(crate) fn new(lines: &LineIndex<'_>, span: Span) -> Self {
        let position = lines.position(span.start);
        let line = lines.line_text(position.line);
        let at = lines.offset_in_line(span.start).min(line.len());
        let from = boundary_before(line, at.saturating_sub(BEFORE));
        let to = boundary_before(line, (at + AFTER).min(line.len()));
        let cut = if from > 0 { "…" } else { "" };
        let indent = cut
            .chars()
            .chain(line[from..at].chars())
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let end = boundary_before(line, (at + span.len()).min(to));
        let width = line[at..end.max(at)].chars().count().max(1);
        Self {
            position,
            text: format!("{cut}{}", &line[from..to]),
            indent,
            width,
        }
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.position.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {}", self.text)?;
        writeln!(f, "{margin} | {}{}", self.indent, "^".repeat(self.width))
    }
}

/// A whole message: what, where, the line, and what to do.
pub(crate) fn write_message(
    out: &mut impl fmt::Write,
    headline: impl fmt::Display,
    file: &str,
    snippet: Option<&Snippet>,
    hint: Option<&str>,
) -> fmt::Result {
    writeln!(out, "{headline}")?;
    if let Some(snippet) = snippet {
        let Position { line, column } = snippet.position;
        writeln!(out, " --> {file}:{line}:{column}")?;
        write!(out, "{snippet}")?;
    } else if !file.is_empty() {
        writeln!(out, " --> {file}")?;
    }
    hint.map_or(Ok(()), |hint| writeln!(out, "  = help: {hint}"))
}

fn boundary_before(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
