//! Matches whole lines whose indentation is off by one rule throughout; pure.

use std::ops::Range;

use crate::tools::text::{indentation::Shift, lines::Lines};

/// Where `old` stands with another indentation, and `new` with that of the file. A place where
/// no one rule leads from the one to the other is no match: which one is meant would be a guess.
pub(super) fn matches(content: &[u8], old: &str, new: &str) -> Vec<(Range<usize>, Vec<u8>)> {
    let file = Lines::new(content);
    let wanted: Vec<&[u8]> = old.lines().map(str::as_bytes).collect();
    if wanted.iter().all(|line| line.trim_ascii().is_empty()) || wanted.len() > file.count() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut first = 0;
    while first + wanted.len() <= file.count() {
        let lines = first..first + wanted.len();
        match replacement(&file, lines.clone(), &wanted, new) {
            Some(new) => {
                found.push((range(&file, lines.clone(), old.ends_with('\n')), new));
                first = lines.end;
            }
            None => first += 1,
        }
    }
    found
}

fn range(file: &Lines<'_>, lines: Range<usize>, with_ending: bool) -> Range<usize> {
    let ending = file.bytes(lines.end - 1..lines.end);
    let blank = ending.len() - ending.trim_ascii_end().len();
    let end = file.start(lines.end) - if with_ending { 0 } else { blank };
    file.start(lines.start)..end
}

/// The new text as it belongs at a place; nothing where the old one isn't there.
fn replacement(
    file: &Lines<'_>,
    lines: Range<usize>,
    wanted: &[&[u8]],
    new: &str,
) -> Option<Vec<u8>> {
    let pairs = lines
        .zip(wanted)
        .map(|(line, wanted)| (file.text(line), *wanted));
    let same = |(found, wanted): (&[u8], &[u8])| found.trim_ascii() == wanted.trim_ascii();
    if !pairs.clone().all(same) {
        return None;
    }
    let shift = Shift::between(pairs)?;
    let shifted = new
        .split_inclusive('\n')
        .map(|line| shift.apply(line.as_bytes()));
    shifted
        .collect::<Option<Vec<_>>>()
        .map(|lines| lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(content: &str, old: &str, new: &str) -> Option<String> {
        let content = content.as_bytes();
        let [(range, replacement)] = &matches(content, old, new)[..] else {
            return None;
        };
        let edited = [&content[..range.start], replacement, &content[range.end..]].concat();
        Some(String::from_utf8(edited).unwrap())
    }

    #[test]
    fn the_replacement_takes_the_indentation_of_the_file() {
        let content = "impl A {\n    fn a() {\n        one();\n    }\n}\n";
        let deeper = edited(
            content,
            "fn a() {\n    one();\n}",
            "fn a() {\n    two();\n\n}",
        );
        let expected = "impl A {\n    fn a() {\n        two();\n\n    }\n}\n";
        assert_eq!(deeper.as_deref(), Some(expected));
        let shallower = edited("a\n  b\n", "    a\n      b\n", "    a\n      c\n");
        assert_eq!(shallower.as_deref(), Some("a\n  c\n"));
        let tabs = edited("if x:\n\ty\n", "if x:\n    y", "if x:\n    z");
        assert_eq!(tabs.as_deref(), Some("if x:\n\tz\n"));
    }

    #[test]
    fn matches_do_not_overlap() {
        let ranges = matches(b"  a\n  a\n  a\n", "a\na", "b");
        assert_eq!(ranges, [(0..7, b"  b".to_vec())]);
    }

    #[test]
    fn lines_that_differ_by_different_amounts_are_no_match() {
        assert_eq!(edited("  if x:\n   y\n", "if x:\n  y", "z"), None);
        assert_eq!(edited("  a\n", "    a", "b"), None);
    }
}
