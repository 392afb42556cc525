//! Where a span is, as people count.

use attractor_core::Span;
use attractor_core::dot::LineIndex;
use serde_json::{Map, Value};

/// Lines and columns of a span, from 1; the end is after its last character.
pub(super) fn fields(lines: &LineIndex<'_>, span: Span, names: [&str; 4]) -> Map<String, Value> {
    let (start, end) = (lines.position(span.start), lines.position(span.end));
    let numbers = [start.line, start.column, end.line, end.column];
    names
        .into_iter()
        .zip(numbers)
        .map(|(name, number)| (name.to_owned(), number.into()))
        .collect()
}
