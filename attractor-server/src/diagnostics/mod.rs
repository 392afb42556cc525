//! Diagnostics for people: the source line, a caret, and what to do. For programs there are
//! siblings.

mod json;
mod region;
pub(crate) mod sarif;

use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use attractor_core::{Diagnostic, Severity};
pub(crate) use json::to_json;

/// Diagnostics beyond this many are counted, not shown.
const MAX_SHOWN: usize = 100;

/// Renders diagnostics of the pipeline `source` found at `path`, most of them with their line.
pub(crate) fn render(path: &Path, source: &str, diagnostics: &[Diagnostic]) -> String {
    let path = path.display().to_string();
    let renderer = Renderer::styled();
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        text += &renderer
            .render(&[group(&path, source, diagnostic)])
            .to_string();
        text.push_str("\n\n");
    }
    if let Some(more) = diagnostics
        .len()
        .checked_sub(MAX_SHOWN)
        .filter(|more| *more > 0)
    {
        text += &format!("… and {more} more\n\n");
    }
    text
}

fn group<'a>(path: &'a str, source: &'a str, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        _ => Level::INFO,
    };
    let mut group = Group::with_title(
        level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.rule.as_str()),
    );
    if let Some(span) = diagnostic.span {
        let annotation = AnnotationKind::Primary.span(visible(source, span.start, span.end));
        group = group.element(Snippet::source(source).path(path).annotation(annotation));
    }
    if let Some(fix) = &diagnostic.fix {
        group = group.element(Level::HELP.message(fix.as_str()));
    }
    group
}

/// The part of a span that is worth underlining: its first line, and within the text.
fn visible(source: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let start = floor(source, start);
    let end = floor(source, end.max(start));
    let line = source
        .get(start..end)
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default();
    start..start + line.len()
}

fn floor(source: &str, index: usize) -> usize {
    let mut index = index.min(source.len());
    while !source.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// `2 errors, 1 warning`, or an empty text where there is nothing to count.
pub(crate) fn count(diagnostics: &[Diagnostic]) -> String {
    let mut parts = Vec::new();
    for (severity, noun) in [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Info, "note"),
    ] {
        let count = diagnostics
            .iter()
            .filter(|found| found.severity == severity)
            .count();
        if count > 0 {
            parts.push(format!(
                "{count} {noun}{}",
                if count == 1 { "" } else { "s" }
            ));
        }
    }
    parts.join(", ")
}
