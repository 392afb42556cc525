//! What the tools that change text share: lines, what a comparison overlooks, how texts differ; pure.

pub(super) mod characters;
pub(super) mod indentation;
pub(super) mod lines;
pub(super) mod nearest;

use std::borrow::Cow;

use crate::limits;

/// Numbers of lines for a sentence: `line 3`, `lines 3, 40`; only the first of many.
pub(super) fn listed(lines: &[usize]) -> String {
    let shown: Vec<String> = lines
        .iter()
        .take(limits::EDIT_CANDIDATES)
        .map(ToString::to_string)
        .collect();
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    let more = lines.len().saturating_sub(limits::EDIT_CANDIDATES);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{noun} {}{rest}", shown.join(", "))
}

/// A name on one line: characters that would end the line, or that steer a terminal, are escaped.
pub(super) fn on_one_line(name: &str) -> Cow<'_, str> {
    if !name.contains(char::is_control) {
        return Cow::Borrowed(name);
    }
    let mut shown = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}
