//! Import of general Graphviz files, with feature `dot-parser`.
//!
//! **Licence.** `dot-parser` is GPL-2.0-or-later: whoever passes on a binary that has this feature
//! does so under the GPL (docs/adr/0001-dot-parser.md). It is off by default.
//!
//! The parser is exponential in the nesting of subgraphs, and recurses over lists. So a source is
//! bounded before it is handed over ([`prepare`]), its work is bounded while it reads, and it reads
//! on a stack of its own.

mod convert;
mod prepare;

use std::num::NonZeroUsize;

use attractor_core::dot;
use attractor_core::{Diagnostic, Span};
use dot_parser::ast::{Graphs, ID, PestError};
use pest::error::{ErrorVariant, LineColLocation};

/// Bytes of stack for the parser, which recurses once for each attribute of a list.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Steps of the parser for one source: a second or two.
const MAX_STEPS: NonZeroUsize = NonZeroUsize::new(20_000_000).expect("not zero");

/// A pipeline made of a Graphviz file.
pub(crate) struct Imported {
    pub(crate) text: String,
    /// What has no counterpart and was left out or changed.
    pub(crate) notes: Vec<Diagnostic>,
}

/// Reads a Graphviz file into the graph language: ids become identifiers and their texts labels,
/// nodes that only edges name are declared, edges to groups become edges to each node. Comments
/// and ports are gone.
pub(crate) fn import(source: &str) -> Result<Imported, Vec<Diagnostic>> {
    let prepared = prepare::prepare(source)?;
    let read = move || {
        let graphs: Graphs<(ID<'_>, ID<'_>)> = Graphs::try_from(prepared.text.trim_start())
            .map_err(|error| vec![refused(source, prepared.blank_lines(), &error)])?;
        let mut imported = convert::convert(&graphs)?;
        imported.notes.splice(0..0, prepared.notes);
        Ok(imported)
    };
    // The limit is the process's, and nothing else here reads with this parser.
    pest::set_call_limit(Some(MAX_STEPS));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let reading = thread.spawn_scoped(scope, read);
        let failed = |what: &str| vec![Diagnostic::error("syntax", format!("the import {what}"))];
        let reading = reading.map_err(|error| failed(&format!("can't start: {error}")))?;
        reading.join().map_err(|_| failed("gave up"))?
    })
}

/// What the parser refused, at its place in the source, which has lines before what it read.
fn refused(source: &str, before: usize, error: &PestError) -> Diagnostic {
    let message = match &error.variant {
        ErrorVariant::CustomError { message } => message.clone(),
        ErrorVariant::ParsingError { .. } => "not in Graphviz's language".to_owned(),
    };
    let (line, column) = match error.line_col {
        LineColLocation::Pos(place) | LineColLocation::Span(place, _) => place,
    };
    let start = source
        .split_inclusive('\n')
        .take(before + line.saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let text = source[start..].lines().next().unwrap_or_default();
    let before = text.chars().take(column.saturating_sub(1));
    let at = start + before.map(char::len_utf8).sum::<usize>();
    Diagnostic::error("syntax", message).at(Some(Span::new(at, at)))
}

fn note(message: impl Into<String>) -> Diagnostic {
    Diagnostic::info("graphviz", message)
}

/// An identifier as near to a text as can be.
fn identifier(text: &str) -> String {
    let mut id: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    id.truncate(40);
    let id = id.trim_matches('_');
    match id.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => id.to_owned(),
        _ => format!("n{id}"),
    }
}

/// Whether a text is an identifier of the graph language as it stands.
fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(word)
}

/// Text between quotes, with a backslash at the end made harmless.
fn raw(text: &str) -> String {
    let backslashes = text.len() - text.trim_end_matches('\\').len();
    let odd = if backslashes % 2 == 1 { "\\" } else { "" };
    format!("{text}{odd}")
}

fn value(text: &str) -> dot::Value<'static> {
    dot::Value {
        raw: raw(text).into(),
        quoted: true,
        span: Span::default(),
    }
}
