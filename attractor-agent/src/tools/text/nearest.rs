//! Where lines that weren't found come closest, and what differs there; pure.

use std::{borrow::Cow, fmt::Write as _, ops::Range};

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices};

use super::{characters, lines::Lines};
use crate::limits;

/// How alike two lines must be for the place to be worth quoting.
const ALIKE: f64 = 0.5;
/// The longest of the lines looked for: what their places have in common with the text is compared.
const KEYS: usize = 3;
/// Places compared in full after the keys have been compared everywhere.
const PLACES: usize = 8;
/// Lines that are the same, quoted before and after one that differs.
const AROUND: usize = 2;

/// The lines of the file that are most like those looked for.
pub(in crate::tools) fn nearest(file: &Lines<'_>, wanted: &[Cow<'_, str>]) -> Option<Range<usize>> {
    let compared = file.count().min(limits::EDIT_COMPARED_LINES);
    let mut places: Vec<(usize, f64)> = keys(wanted)
        .into_iter()
        .flat_map(|key| {
            let lines = (0..compared).map(move |line| (line, key));
            lines.filter_map(|(line, key)| {
                let score = alike(file.text(line), wanted[key].as_bytes());
                Some((line.checked_sub(key)?, score)).filter(|_| score >= ALIKE)
            })
        })
        .collect();
    places.sort_by(|(left_line, left), (right_line, right)| {
        right.total_cmp(left).then(left_line.cmp(right_line))
    });
    places.dedup_by_key(|(line, _)| *line);
    places.truncate(PLACES);
    let score = |start: usize| -> f64 {
        let pairs = (start..file.count())
            .zip(wanted)
            .take(limits::EDIT_QUOTED_LINES * 4);
        pairs
            .map(|(line, wanted)| alike(file.text(line), wanted.as_bytes()))
            .sum()
    };
    let best = places.into_iter().map(|(start, _)| (start, score(start)));
    let (start, _) = best.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    Some(start..end(file, start, wanted))
}

/// The place quoted line by line, with what was looked for beside what is there.
pub(in crate::tools) fn quote(
    file: &Lines<'_>,
    place: Range<usize>,
    wanted: &[Cow<'_, str>],
) -> String {
    let found: Vec<Cow<'_, str>> = place.clone().map(|line| file.shown(line)).collect();
    let changes = capture_diff_slices(Algorithm::Myers, wanted, &found);
    let changes: Vec<_> = changes
        .iter()
        .flat_map(|operation: &DiffOp| operation.iter_changes(wanted, &found))
        .collect();
    let differs: Vec<usize> = (0..changes.len())
        .filter(|at| changes[*at].tag() != ChangeTag::Equal)
        .collect();
    let is_near = |at: usize| differs.iter().any(|other| other.abs_diff(at) <= AROUND);
    let mut text = format!(
        "The nearest text begins at line {} (\"-\" is what was looked for, \"+\" what the file has):\n",
        place.start + 1
    );
    let near = changes.iter().enumerate().filter(|(at, _)| is_near(*at));
    for (_, change) in near.take(limits::EDIT_QUOTED_LINES * 2) {
        let number = change
            .new_index()
            .map(|at| (place.start + at + 1).to_string());
        let mark = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        let _ = writeln!(
            text,
            "{:>6} {mark} {}",
            number.unwrap_or_default(),
            change.value()
        );
    }
    if let Some(difference) = invisible(wanted, &found) {
        let _ = writeln!(text, "The lines differ in {difference} only.");
    }
    text
}

/// A difference that a reader doesn't see, where it is the only one.
fn invisible(wanted: &[Cow<'_, str>], found: &[Cow<'_, str>]) -> Option<&'static str> {
    let same = |by: fn(&str) -> String| {
        let pairs = wanted.iter().zip(found);
        wanted.len() == found.len() && pairs.clone().all(|(left, right)| by(left) == by(right))
    };
    if same(|line| line.trim_end().to_owned()) {
        return Some("blanks at their ends");
    }
    if same(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")) {
        return Some("blanks");
    }
    same(|line| {
        characters::plain(line)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    })
    .then_some("blanks and Unicode punctuation")
}

/// The longest lines looked for: the least likely to be alike by chance.
fn keys(wanted: &[Cow<'_, str>]) -> Vec<usize> {
    let mut keys: Vec<usize> = (0..wanted.len().min(limits::EDIT_QUOTED_LINES * 4))
        .filter(|line| !wanted[*line].trim().is_empty())
        .collect();
    keys.sort_by_key(|line| std::cmp::Reverse(wanted[*line].trim().len()));
    keys.truncate(KEYS);
    keys
}

/// Where the place ends: at the last line looked for if it is near, else after as many lines.
fn end(file: &Lines<'_>, start: usize, wanted: &[Cow<'_, str>]) -> usize {
    let expected = (start + wanted.len()).min(file.count());
    let Some(last) = wanted.last().filter(|last| !last.trim().is_empty()) else {
        return expected;
    };
    let farthest = (expected + limits::EDIT_QUOTED_LINES).min(file.count());
    let ends = (start + 1..=farthest)
        .filter(|end| file.text(end - 1).trim_ascii() == last.trim().as_bytes());
    ends.min_by_key(|end| end.abs_diff(expected))
        .unwrap_or(expected)
}

/// The share of two lines that is the same at their beginnings and ends, indentation aside.
fn alike(left: &[u8], right: &[u8]) -> f64 {
    let (left, right) = (left.trim_ascii(), right.trim_ascii());
    if left.is_empty() || right.is_empty() {
        return if left == right { 1.0 } else { 0.0 };
    }
    let shortest = left.len().min(right.len());
    let pairs = left.iter().zip(right);
    let prefix = pairs.take_while(|(l, r)| l == r).count();
    let suffix = left
        .iter()
        .rev()
        .zip(right.iter().rev())
        .take(shortest - prefix)
        .take_while(|(l, r)| l == r)
        .count();
    #[expect(
        clippy::cast_precision_loss,
        reason = "line lengths are far below 2^52"
    )]
    let share = (2 * (prefix + suffix)) as f64 / (left.len() + right.len()) as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(content: &str, wanted: &str) -> Option<String> {
        let file = Lines::new(content.as_bytes());
        let wanted: Vec<Cow<'_, str>> = wanted.lines().map(Cow::from).collect();
        nearest(&file, &wanted).map(|place| quote(&file, place, &wanted))
    }

    #[test]
    fn the_closest_lines_are_quoted_with_what_differs() {
        let content = "fn main() {\n    let total = add(1, 2);\n    print(total);\n}\n";
        let quoted = quoted(content, "    let total = add(1, 3);\n    print(total);").unwrap();
        assert_eq!(
            quoted.lines().collect::<Vec<_>>(),
            [
                "The nearest text begins at line 2 (\"-\" is what was looked for, \"+\" what the file has):",
                "       -     let total = add(1, 3);",
                "     2 +     let total = add(1, 2);",
                "     3       print(total);",
            ]
        );
    }

    #[test]
    fn a_first_line_that_is_wrong_does_not_hide_the_others() {
        let content = "alpha\nbeta\n\n# Ours\nthe long line that is there\nomega\n";
        let quoted = quoted(content, "zzz\nthe long line that is there\nomega").unwrap();
        assert!(
            quoted.contains("       - zzz\n     4 + # Ours\n"),
            "{quoted}"
        );
    }

    #[test]
    fn a_difference_that_cannot_be_seen_is_named() {
        let blanks = quoted("a = 1\n\tb = 2\n", "a = 1\n    b = 2").unwrap();
        assert!(blanks.contains("differ in blanks only"), "{blanks}");
        let dash = quoted("a \u{2013} b and more\n", "a - b and more").unwrap();
        assert!(dash.contains("Unicode punctuation"), "{dash}");
        assert_eq!(quoted("some text\n", "different entirely"), None);
    }
}
