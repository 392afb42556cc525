//! Cuts tool output to what a model is shown; pure (coding-agent-loop-spec 5).

use std::fmt::Write as _;

/// Which part of a long output stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TruncationMode {
    /// The beginning and the end.
    HeadTail,
    /// The beginning: for results that come best first.
    Head,
    /// The end.
    Tail,
}

/// How much of a tool's output a model is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputLimit {
    /// Characters (Unicode scalar values).
    pub max_chars: usize,
    /// Lines, where they are limited too.
    pub max_lines: Option<usize>,
    /// Which part stays.
    pub mode: TruncationMode,
}

impl OutputLimit {
    /// A limit in characters only.
    #[must_use]
    pub fn new(max_chars: usize, mode: TruncationMode) -> Self {
        Self {
            max_chars,
            max_lines: None,
            mode,
        }
    }

    /// Limits the lines as well.
    #[must_use]
    pub fn max_lines(mut self, max_lines: usize) -> Self {
        self.max_lines = Some(max_lines);
        self
    }

    /// Whether this output is too long.
    #[must_use]
    pub fn is_exceeded_by(&self, output: &str) -> bool {
        chars_exceed(output, self.max_chars)
            || self
                .max_lines
                .is_some_and(|lines| output.lines().nth(lines).is_some())
    }
}

/// The output cut to the limit, characters first, then lines, with a marker that says what is
/// missing and names `file` as the place of the whole.
///
/// ```
/// use attractor_agent::{OutputLimit, TruncationMode, truncate};
///
/// let limit = OutputLimit::new(10, TruncationMode::HeadTail);
/// let shown = truncate("0123456789abcdefghij", limit, Some("/tmp/whole.log"));
/// assert!(shown.starts_with("01234\n") && shown.ends_with("\nfghij"));
/// assert!(shown.contains("10 characters were removed") && shown.contains("/tmp/whole.log"));
/// ```
#[must_use]
pub fn truncate(output: &str, limit: OutputLimit, file: Option<&str>) -> String {
    if !limit.is_exceeded_by(output) {
        return output.to_owned();
    }
    let (head, tail) = cut_chars(output, limit);
    let removed = char_count(output) - char_count(head) - char_count(tail);
    let (head, tail, lines) = cut_lines(head, tail, removed > 0, limit);
    let marker = marker(removed, lines, limit.mode, file);
    let mut shown = String::with_capacity(head.len() + marker.len() + tail.len() + 2);
    shown.push_str(head);
    if !head.is_empty() && !head.ends_with('\n') {
        shown.push('\n');
    }
    shown.push_str(&marker);
    if !tail.is_empty() {
        shown.push('\n');
        shown.push_str(tail);
    }
    shown
}

fn marker(removed: usize, lines: usize, mode: TruncationMode, file: Option<&str>) -> String {
    let place = match mode {
        TruncationMode::HeadTail => "from the middle",
        TruncationMode::Head => "from the end",
        TruncationMode::Tail => "from the beginning",
    };
    let mut text = String::from("[WARNING: Tool output was truncated. ");
    if removed > 0 {
        let _ = write!(text, "{removed} characters were removed {place}. ");
    }
    if lines > 0 {
        let _ = write!(text, "{lines} lines were omitted {place}. ");
    }
    match file {
        Some(file) => {
            let _ = write!(
                text,
                "The full output is in {file}: read the part you need there, "
            );
            text.push_str("or run the tool again with more targeted parameters.]");
        }
        None => text.push_str("Run the tool again with more targeted parameters to see more.]"),
    }
    text
}

/// Head and tail within the characters allowed; all of it is the head when nothing is cut.
fn cut_chars(output: &str, limit: OutputLimit) -> (&str, &str) {
    if !chars_exceed(output, limit.max_chars) {
        return (output, "");
    }
    let (head, tail) = shares(limit.max_chars, limit.mode);
    (first_chars(output, head), last_chars(output, tail))
}

/// Head and tail within the lines allowed, and how many lines were left out.
fn cut_lines<'a>(
    head: &'a str,
    tail: &'a str,
    is_cut: bool,
    limit: OutputLimit,
) -> (&'a str, &'a str, usize) {
    let count = head.lines().count() + tail.lines().count();
    let Some(max) = limit.max_lines.filter(|&max| count > max) else {
        return (head, tail, 0);
    };
    let (from_head, from_tail) = shares(max, limit.mode);
    // Uncut text is all in `head`: its end is the tail to take from.
    let tail = if is_cut { tail } else { head };
    let (head, tail) = (first_lines(head, from_head), last_lines(tail, from_tail));
    (
        head,
        tail,
        count - head.lines().count() - tail.lines().count(),
    )
}

fn shares(max: usize, mode: TruncationMode) -> (usize, usize) {
    match mode {
        TruncationMode::HeadTail => (max / 2, max - max / 2),
        TruncationMode::Head => (max, 0),
        TruncationMode::Tail => (0, max),
    }
}

fn char_count(text: &str) -> usize {
    text.chars().count()
}

fn chars_exceed(text: &str, max: usize) -> bool {
    text.len() > max && text.chars().nth(max).is_some()
}

fn first_chars(text: &str, count: usize) -> &str {
    text.char_indices()
        .nth(count)
        .map_or(text, |(end, _)| &text[..end])
}

fn last_chars(text: &str, count: usize) -> &str {
    match count.checked_sub(1) {
        Some(back) => text
            .char_indices()
            .nth_back(back)
            .map_or(text, |(start, _)| &text[start..]),
        None => "",
    }
}

fn first_lines(text: &str, count: usize) -> &str {
    let end: usize = text.split_inclusive('\n').take(count).map(str::len).sum();
    &text[..end]
}

fn last_lines(text: &str, count: usize) -> &str {
    let length: usize = text
        .split_inclusive('\n')
        .rev()
        .take(count)
        .map(str::len)
        .sum();
    &text[text.len() - length..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARKER_CHARS: usize = 400;

    #[test]
    fn lines_are_cut_after_characters_and_the_marker_stays() {
        let output: String = (0..1000).map(|n| format!("line {n}\n")).collect();
        let limit = OutputLimit::new(3_000, TruncationMode::HeadTail).max_lines(10);
        let shown = truncate(&output, limit, None);
        assert!(
            shown.starts_with("line 0\n") && shown.ends_with("line 999\n"),
            "{shown}"
        );
        assert!(shown.contains("characters were removed") && shown.contains("lines were omitted"));
        assert_eq!(shown.lines().count(), 11);
    }

    #[test]
    fn one_endless_line_is_cut_by_characters() {
        let shown = truncate(
            &"é".repeat(1_000_000),
            OutputLimit::new(100, TruncationMode::HeadTail).max_lines(5),
            None,
        );
        assert!(char_count(&shown) < 100 + MARKER_CHARS);
        assert!(shown.contains("999900 characters were removed"));
    }

    #[test]
    fn only_lines_too_many_keeps_both_ends() {
        let limit = OutputLimit::new(1_000, TruncationMode::HeadTail).max_lines(2);
        assert_eq!(
            truncate("a\nb\nc\nd", limit, None)
                .lines()
                .collect::<Vec<_>>(),
            [
                "a",
                "[WARNING: Tool output was truncated. 2 lines were omitted from the middle. Run the tool again with more targeted parameters to see more.]",
                "d"
            ]
        );
    }

    proptest! {
        #[test]
        fn the_limit_holds_for_any_text(
            text in "(\\PC|\n){0,300}",
            max_chars in 1_usize..200,
            max_lines in proptest::option::of(1_usize..20),
            mode in prop_oneof![
                Just(TruncationMode::HeadTail), Just(TruncationMode::Head), Just(TruncationMode::Tail)
            ],
        ) {
            let limit = OutputLimit { max_chars, max_lines, mode };
            let shown = truncate(&text, limit, None);
            if !limit.is_exceeded_by(&text) {
                prop_assert_eq!(shown, text);
                return Ok(());
            }
            prop_assert!(char_count(&shown) <= max_chars + MARKER_CHARS);
            if let Some(lines) = max_lines {
                prop_assert!(shown.lines().count() <= lines + 1);
            }
            let (head, marker, tail) = parts(&shown);
            let removed = number_before(marker, " characters were removed");
            let omitted = number_before(marker, " lines were omitted");
            let (cut_head, cut_tail) = cut_chars(&text, limit);
            let kept = char_count(cut_head) + char_count(cut_tail);
            prop_assert_eq!(removed, char_count(&text) - kept);
            let lines_kept = cut_head.lines().count() + cut_tail.lines().count();
            prop_assert_eq!(omitted, lines_kept - head.lines().count() - tail.lines().count());
            if omitted == 0 {
                // A head that ends within a line gets an end for the marker's sake.
                let whole = head == cut_head || head.strip_suffix('\n') == Some(cut_head);
                prop_assert!(whole && tail == cut_tail, "{shown:?}");
            }
        }
    }

    /// What stands before the marker, the marker, and what stands after it.
    fn parts(shown: &str) -> (&str, &str, &str) {
        let start = shown.find("[WARNING: Tool output was truncated. ").unwrap();
        let end = start + shown[start..].find("to see more.]").unwrap() + "to see more.]".len();
        let tail = shown[end..].strip_prefix('\n').unwrap_or_default();
        (&shown[..start], &shown[start..end], tail)
    }

    fn number_before(marker: &str, words: &str) -> usize {
        let Some(end) = marker.find(words) else {
            return 0;
        };
        let digits = marker[..end].rsplit(' ').next().unwrap();
        digits.parse().unwrap()
    }
}
