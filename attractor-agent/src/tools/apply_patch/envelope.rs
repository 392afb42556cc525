//! Finds the patch in what was sent: models wrap it in JSON, in a heredoc, in fences, in prose; pure.

use std::borrow::Cow;

use serde_json::Value;

use super::parse::Malformed;
use crate::tools::text::lines::BYTE_ORDER_MARK;

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";

/// A line of the patch with its number in what was sent, from 1.
pub(super) type Numbered<'a> = (usize, &'a str);

/// The text itself where it came as a string in JSON.
pub(super) fn unwrap(sent: &str) -> Cow<'_, str> {
    if sent.trim_start().starts_with(['{', '[', '"'])
        && let Ok(value) = serde_json::from_str::<Value>(sent)
        && let Some(patch) = find(&value)
    {
        return Cow::Owned(patch.to_owned());
    }
    Cow::Borrowed(sent)
}

fn find(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => text.contains(BEGIN).then_some(text),
        Value::Array(values) => values.iter().find_map(find),
        Value::Object(fields) => fields.values().find_map(find),
        _ => None,
    }
}

/// The lines between the markers; those of all patches where there are several.
pub(super) fn lines(text: &str) -> Result<Vec<Numbered<'_>>, Malformed> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let all: Vec<Numbered<'_>> = (1..).zip(text.split('\n')).collect();
    let mut rest = &all[..];
    let mut inside = Vec::new();
    let mut is_first = true;
    while let Some(begin) = rest.iter().position(|(_, line)| line.trim() == BEGIN) {
        let after = &rest[begin + 1..];
        let end = end(after).ok_or_else(|| {
            Malformed::new(
                all.len(),
                format!("the patch doesn't end in `{END}`, so a part of it may be missing"),
            )
        })?;
        inside.extend(plain(rest[begin].1, &after[..end]));
        rest = &after[end + 1..];
        is_first = false;
    }
    if is_first {
        return Err(Malformed::new(1, without_begin(text)));
    }
    Ok(inside)
}

/// Where the patch ends: a line in a hunk that reads like the marker has a mark before it.
fn end(lines: &[Numbered<'_>]) -> Option<usize> {
    lines
        .iter()
        .position(|(_, line)| line.trim_end() == END)
        .or_else(|| lines.iter().rposition(|(_, line)| line.trim() == END))
}

/// The lines without what they all have in common with the marker: its indentation, and carriage
/// returns that came with the transport.
fn plain<'a>(begin: &'a str, lines: &[Numbered<'a>]) -> Vec<Numbered<'a>> {
    let has_returns = begin.ends_with('\r');
    let indentation = &begin[..begin.len() - begin.trim_start().len()];
    let is_indented = !indentation.is_empty()
        && lines
            .iter()
            .all(|(_, line)| line.trim().is_empty() || line.starts_with(indentation));
    let each = lines.iter().map(|&(number, line)| {
        let line = if is_indented {
            line.strip_prefix(indentation).unwrap_or("")
        } else {
            line
        };
        let line = if has_returns {
            line.strip_suffix('\r').unwrap_or(line)
        } else {
            line
        };
        (number, line)
    });
    each.collect()
}

fn without_begin(text: &str) -> String {
    let is_unified = text.lines().any(|line| line.starts_with("--- "))
        && text.lines().any(|line| line.starts_with("+++ "));
    let seen = if is_unified {
        "this is a unified diff, which is another format"
    } else {
        "no line reads like that"
    };
    format!(
        "a patch begins with the line `{BEGIN}`; {seen}. Then come `*** Add File: <path>`, \
         `*** Update File: <path>` or `*** Delete File: <path>` with their lines, and `{END}`"
    )
}
