//! Git's diffs in the v4a format.

use std::fmt;

use crate::history::Change;

/// What stands after `@@`.
#[derive(Clone, Copy)]
pub(crate) enum Headers {
    /// Nothing.
    None,
    /// What git shows: the last line before the hunk that looks like a definition.
    Git,
    /// The last line before the hunk that is indented less: what a model would name.
    Enclosing,
}

impl fmt::Display for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Git => "git's",
            Self::Enclosing => "enclosing",
        })
    }
}

/// The changes as one patch.
pub(crate) fn patch(files: &[Change], headers: Headers) -> String {
    let mut text = "*** Begin Patch\n".to_owned();
    for file in files {
        match (&file.before, &file.after) {
            (None, Some(after)) => {
                text.push_str(&format!("*** Add File: {}\n", file.path));
                text.push_str(&added(&String::from_utf8_lossy(after)));
            }
            (Some(_), None) => text.push_str(&format!("*** Delete File: {}\n", file.old_path)),
            (before, _) => {
                text.push_str(&format!("*** Update File: {}\n", file.old_path));
                if file.path != file.old_path {
                    text.push_str(&format!("*** Move to: {}\n", file.path));
                }
                let before = before.as_deref().unwrap_or_default();
                text.push_str(&hunks(
                    &file.diff,
                    &String::from_utf8_lossy(before),
                    headers,
                ));
            }
        }
    }
    text.push_str("*** End Patch\n");
    text
}

fn added(content: &str) -> String {
    let mut text = String::new();
    for line in content.split_inclusive('\n') {
        text.push('+');
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
    text
}

/// The hunks with their `@@` lines replaced; all other lines are the same in both formats.
fn hunks(diff: &str, before: &str, headers: Headers) -> String {
    let old: Vec<&str> = before.split('\n').collect();
    let mut text = String::new();
    for line in diff.split_inclusive('\n') {
        let Some(rest) = line.strip_prefix("@@ ") else {
            text.push_str(line);
            continue;
        };
        let (numbers, section) = rest.split_once(" @@").unwrap_or((rest, ""));
        let header = match headers {
            Headers::None => "",
            Headers::Git => section.trim(),
            Headers::Enclosing => enclosing(&old, first_line(numbers)),
        };
        text.push_str(format!("@@ {header}").trim_end());
        text.push('\n');
    }
    text
}

/// The first old line of a hunk, from 0.
fn first_line(numbers: &str) -> usize {
    let digits = numbers.trim_start_matches('-').split([',', ' ']).next();
    let line: usize = digits.and_then(|digits| digits.parse().ok()).unwrap_or(1);
    line.saturating_sub(1)
}

fn enclosing<'a>(old: &[&'a str], line: usize) -> &'a str {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let here = old[line..].iter().find(|line| !line.trim().is_empty());
    let here = here.map_or(0, |line| depth(line));
    let is_outer = |line: &&&str| {
        let first = line.trim_start().chars().next();
        first.is_some_and(char::is_alphabetic) && depth(line) < here
    };
    let outer = old[..line].iter().rev().find(is_outer);
    outer.map_or("", |line| line.trim())
}
