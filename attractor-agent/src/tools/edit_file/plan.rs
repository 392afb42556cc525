//! Decides what an edit changes; pure, on bytes.

use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use super::{
    indentation,
    normalise::{Level, Normalised},
};
use crate::{
    limits,
    tools::text::lines::{Ending, Lines},
};

/// What to replace by what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    replacements: Vec<(Range<usize>, Vec<u8>)>,
    /// What was overlooked to find the text; nothing when it was there exactly.
    pub(super) overlooked: Option<Level>,
    /// The lines where the matches begin.
    pub(super) lines: Vec<usize>,
}

/// Why there is no plan.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing to look for.
    EmptyOld,
    /// Old and new text are the same.
    NothingToChange,
    /// Found nowhere, whatever is overlooked.
    NotFound,
    /// Found at several lines.
    Ambiguous {
        lines: Vec<usize>,
        overlooked: Option<Level>,
    },
}

impl Plan {
    /// The file after the edit; every byte outside the replaced ranges is as before.
    pub(super) fn apply(&self, content: &[u8]) -> Vec<u8> {
        let mut result = Vec::with_capacity(content.len());
        let mut at = 0;
        for (range, new) in &self.replacements {
            result.extend_from_slice(&content[at..range.start]);
            result.extend_from_slice(new);
            at = range.end;
        }
        result.extend_from_slice(&content[at..]);
        result
    }
}

/// Finds `old` in `content`: exactly, else overlooking as little as possible.
pub(super) fn plan(
    content: &[u8],
    old: &str,
    new: &str,
    replace_all: bool,
) -> Result<Plan, Refusal> {
    if old.is_empty() {
        return Err(Refusal::EmptyOld);
    }
    if old == new {
        return Err(Refusal::NothingToChange);
    }
    let exact: Vec<usize> = memmem::find_iter(content, old).collect();
    if !exact.is_empty() {
        let ranges = exact.into_iter().map(|start| start..start + old.len());
        let replacements = ranges.map(|range| {
            let new = with_ending(new.as_bytes(), ending_at(content, &range));
            (range, new)
        });
        return accept(content, replacements.collect(), None, replace_all);
    }
    if content.len() > limits::EDIT_FUZZY_BYTES {
        return Err(Refusal::NotFound);
    }
    // Without a carriage return anywhere there is nothing to overlook in line endings.
    let is_plain = memchr::memchr(b'\r', content).is_none() && !old.contains('\r');
    for level in &Level::OF_BYTES[usize::from(is_plain)..] {
        let level = *level;
        let replacements = fuzzy(content, old, new, level);
        if !replacements.is_empty() {
            return accept(content, replacements, Some(level), replace_all);
        }
    }
    let replacements = shifted(content, old, new);
    if replacements.is_empty() {
        return Err(Refusal::NotFound);
    }
    accept(content, replacements, Some(Level::Indentation), replace_all)
}

/// The matches with another indentation.
fn shifted(content: &[u8], old: &str, new: &str) -> Vec<(Range<usize>, Vec<u8>)> {
    let found = indentation::matches(content, old, new).into_iter();
    let replacements = found.map(|(range, new)| {
        let new = with_ending(&new, ending_at(content, &range));
        (range, new)
    });
    replacements.collect()
}

fn accept(
    content: &[u8],
    replacements: Vec<(Range<usize>, Vec<u8>)>,
    overlooked: Option<Level>,
    replace_all: bool,
) -> Result<Plan, Refusal> {
    let lines = line_numbers(content, replacements.iter().map(|(range, _)| range.start));
    if lines.len() > 1 && !replace_all {
        return Err(Refusal::Ambiguous { lines, overlooked });
    }
    Ok(Plan {
        replacements,
        overlooked,
        lines,
    })
}

/// The matches of one level. Only what differs between old and new text is replaced, so that what
/// was overlooked (CRLF, trailing blanks, typographic quotes) stays as the file has it.
fn fuzzy(content: &[u8], old: &str, new: &str, level: Level) -> Vec<(Range<usize>, Vec<u8>)> {
    let text = Normalised::new(content, level);
    let wanted = Normalised::new(old.as_bytes(), level);
    let replacement = Normalised::new(new.as_bytes(), level);
    if wanted.bytes.trim_ascii().is_empty() {
        return Vec::new();
    }
    // Blanks dropped from the end of `old` matched nothing: the line must end there too.
    let to_line_end = level >= Level::TrailingBlanks && old.ends_with([' ', '\t']);
    let (prefix, suffix) = common_ends(&wanted.bytes, &replacement.bytes);
    let changed = replacement.original(prefix..replacement.bytes.len() - suffix);
    memmem::find_iter(&text.bytes, &wanted.bytes)
        .map(|start| start..start + wanted.bytes.len())
        .filter(|found| !to_line_end || matches!(text.bytes.get(found.end), None | Some(b'\n')))
        .map(|found| {
            let ending = ending_at(content, &text.original(found.clone()));
            let range = text.original(found.start + prefix..found.end - suffix);
            let plain = new[changed.clone()].replace("\r\n", "\n");
            (range, with_ending(plain.as_bytes(), ending))
        })
        .collect()
}

/// How many bytes two texts share at their beginnings and at their ends, in whole characters.
fn common_ends(left: &[u8], right: &[u8]) -> (usize, usize) {
    let is_inside = |byte: u8| byte & 0xc0 == 0x80;
    let mut prefix = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    while [left, right]
        .iter()
        .any(|text| text.get(prefix).copied().is_some_and(is_inside))
    {
        prefix -= 1;
    }
    let (left, right) = (&left[prefix..], &right[prefix..]);
    let mut suffix = left
        .iter()
        .rev()
        .zip(right.iter().rev())
        .take_while(|(l, r)| l == r)
        .count();
    while suffix > 0 && is_inside(left[left.len() - suffix]) {
        suffix -= 1;
    }
    (prefix, suffix)
}

/// The line ending in use at a place: that of the line, else that of the line before.
fn ending_at(content: &[u8], range: &Range<usize>) -> Ending {
    let newline = memchr(b'\n', &content[range.start..])
        .map(|offset| range.start + offset)
        .or_else(|| memrchr(b'\n', &content[..range.start]));
    match newline {
        Some(at) if at > 0 && content[at - 1] == b'\r' => Ending::Crlf,
        _ => Ending::Lf,
    }
}

/// The text with CRLF at the end of each of its lines, where that is the ending in use.
fn with_ending(text: &[u8], ending: Ending) -> Vec<u8> {
    if ending != Ending::Crlf {
        return text.into();
    }
    let lines = Lines::new(text);
    let each = (0..lines.count()).flat_map(|line| {
        let ending = match lines.ending(line) {
            Ending::Missing => Ending::Missing,
            _ => Ending::Crlf,
        };
        [lines.text(line), ending.bytes()]
    });
    each.collect::<Vec<_>>().concat()
}

/// The 1-based lines of ascending offsets, in one pass.
fn line_numbers(content: &[u8], offsets: impl Iterator<Item = usize>) -> Vec<usize> {
    let (mut line, mut at) = (1, 0);
    offsets
        .map(|offset| {
            line += memchr::memchr_iter(b'\n', &content[at..offset]).count();
            at = offset;
            line
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edited(content: &str, old: &str, new: &str) -> Result<String, Refusal> {
        let plan = plan(content.as_bytes(), old, new, false)?;
        Ok(String::from_utf8(plan.apply(content.as_bytes())).unwrap())
    }

    #[test]
    fn the_file_keeps_what_was_overlooked() {
        let cases = [
            ("a\r\nb\r\nc\r\n", "a\nb", "a\nx\nb", "a\r\nx\r\nb\r\nc\r\n"),
            (
                "one  \ntwo\t\nthree\n",
                "one\ntwo",
                "one\n2",
                "one  \n2\t\nthree\n",
            ),
            (
                "say \u{201c}hi\u{201d} now",
                "say \"hi\" now",
                "say \"hi\" then",
                "say \u{201c}hi\u{201d} then",
            ),
            ("a\u{a0}\u{2013} b", "a - b", "a - c", "a\u{a0}\u{2013} c"),
            ("\u{feff}first\nlast", "first", "1st", "\u{feff}1st\nlast"),
            (
                "no newline",
                "newline",
                "$& \\1 newline",
                "no $& \\1 newline",
            ),
            ("a\nb\n", "a\r\nb", "a\r\nc", "a\nc\n"),
            ("end  \nnext", "end   ", "done", "done  \nnext"),
            ("foo  \nbar", "foo\nbar", "foobar", "foobar"),
            (
                "cafe\u{301} au lait",
                "caf\u{e9} au",
                "caf\u{e9} con",
                "cafe\u{301} con lait",
            ),
            (
                "caf\u{e9} au lait",
                "cafe\u{301} au",
                "tea au",
                "tea au lait",
            ),
        ];
        for (content, old, new, expected) in cases {
            assert_eq!(
                edited(content, old, new).as_deref(),
                Ok(expected),
                "{old:?} in {content:?}"
            );
        }
    }

    #[test]
    fn several_matches_are_refused_with_their_lines() {
        let refusal = edited("x = 1\ny = 2\nx = 1\n", "x = 1", "x = 3");
        assert_eq!(
            refusal,
            Err(Refusal::Ambiguous {
                lines: vec![1, 3],
                overlooked: None
            })
        );
    }

    #[test]
    fn blanks_alone_never_match_something_else() {
        assert_eq!(edited("a\n\nb", "  ", "x"), Err(Refusal::NotFound));
        assert_eq!(edited("x =1", "x = ", "y"), Err(Refusal::NotFound));
    }

    /// Mostly what a match could be made of, sometimes any byte.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            5 => "[\"'a \r\n\u{2013}\u{201c}e\u{301}é-]".prop_map(String::into_bytes),
            1 => any::<u8>().prop_map(|byte| vec![byte]),
        ]
    }

    proptest! {
        #[test]
        fn bytes_outside_the_match_stay(
            before in proptest::collection::vec(any::<u8>(), 0..200),
            after in proptest::collection::vec(any::<u8>(), 0..200),
            new in "[a-z\n]{0,20}",
        ) {
            let content = [&before[..], b"UNIQUE-MARK", &after[..]].concat();
            prop_assume!(memmem::find_iter(&content, b"UNIQUE-MARK").count() == 1);
            let result = plan(&content, "UNIQUE-MARK", &new, false).unwrap().apply(&content);
            prop_assert!(result.starts_with(&before) && result.ends_with(&after));
        }

        #[test]
        fn bytes_outside_every_match_stay_whatever_is_overlooked(
            content in proptest::collection::vec(piece(), 0..60),
            old in "[\"'a \r\n\u{2013}\u{201c}e\u{301}é-]{1,6}",
            new in "[\"'a \r\n\u{2013}\u{201c}e\u{301}é-]{0,6}",
        ) {
            let content = content.concat();
            if let Ok(plan) = plan(&content, &old, &new, true) {
                let result = plan.apply(&content);
                let mut rest = &result[..];
                let mut at = 0;
                for (range, new) in &plan.replacements {
                    let outside = &content[at..range.start];
                    prop_assert!(rest.starts_with(outside));
                    rest = &rest[outside.len()..];
                    prop_assert!(rest.starts_with(new));
                    rest = &rest[new.len()..];
                    at = range.end;
                }
                prop_assert_eq!(rest, &content[at..]);
            }
        }
    }
}
