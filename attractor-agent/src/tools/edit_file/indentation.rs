//! Matches whole lines whose indentation is off by the same amount throughout; pure.

use std::ops::Range;

/// How a file's indentation differs from that of the text looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shift<'a> {
    /// The file has this in front of every line.
    Deeper(&'a str),
    /// The text looked for has this in front of every line.
    Shallower(&'a str),
}

/// Where `old` stands with another indentation, and `new` with that of the file. A place where
/// the lines differ by different amounts is no match: which one is meant would be a guess.
pub(super) fn matches(content: &str, old: &str, new: &str) -> Vec<(Range<usize>, String)> {
    let wanted: Vec<&str> = old.lines().collect();
    let lines = line_ranges(content);
    if wanted.iter().all(|line| line.trim().is_empty()) {
        return Vec::new();
    }
    let mut free = 0;
    let places = lines.windows(wanted.len()).filter_map(|window| {
        let (first, last) = (window.first()?, window.last()?);
        let found = window
            .iter()
            .map(|range| content[range.clone()].trim_end_matches(['\r', '\n']));
        let shift = shift(found, &wanted).filter(|_| first.start >= free)?;
        let ending = content[last.clone()].len() - content[last.clone()].trim_end().len();
        let end = if old.ends_with('\n') {
            last.end
        } else {
            last.end - ending
        };
        let new = indented(new, shift)?;
        free = end;
        Some((first.start..end, new))
    });
    places.collect()
}

fn line_ranges(content: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let ranges = content.split_inclusive('\n').map(|line| {
        let range = start..start + line.len();
        start = range.end;
        range
    });
    ranges.collect()
}

/// The shift that all lines share; nothing when the texts differ in more than that.
fn shift<'a>(found: impl Iterator<Item = &'a str>, wanted: &[&'a str]) -> Option<Shift<'a>> {
    let mut common = None;
    for (line, wanted) in found.zip(wanted) {
        if line.trim() != wanted.trim() {
            return None;
        }
        if line.trim().is_empty() {
            continue;
        }
        let (has, asked) = (indentation(line), indentation(wanted));
        let shift = match (has.strip_suffix(asked), asked.strip_suffix(has)) {
            (Some(more), _) => Shift::Deeper(more),
            (None, Some(more)) => Shift::Shallower(more),
            (None, None) => return None,
        };
        if *common.get_or_insert(shift) != shift {
            return None;
        }
    }
    common
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// The text shifted as the file is; nothing when one of its lines can't be.
fn indented(text: &str, shift: Shift<'_>) -> Option<String> {
    let lines = text.split_inclusive('\n').map(|line| match shift {
        _ if line.trim().is_empty() => Some(line.to_owned()),
        Shift::Deeper(more) => Some(format!("{more}{line}")),
        Shift::Shallower(more) => line.strip_prefix(more).map(str::to_owned),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(content: &str, old: &str, new: &str) -> Option<String> {
        let [(range, replacement)] = &matches(content, old, new)[..] else {
            return None;
        };
        Some([&content[..range.start], replacement, &content[range.end..]].concat())
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
    }

    #[test]
    fn matches_do_not_overlap() {
        let ranges = matches("  a\n  a\n  a\n", "a\na", "b");
        assert_eq!(ranges, [(0..7, "  b".to_owned())]);
    }

    #[test]
    fn lines_that_differ_by_different_amounts_are_no_match() {
        assert_eq!(edited("if x:\n    y\n", "if x:\n  y", "z"), None);
        assert_eq!(edited("\ta\n", "    a", "b"), None);
        assert_eq!(edited("  a\n", "    a", "b"), None);
    }
}
