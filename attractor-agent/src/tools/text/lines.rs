//! A file as lines that keep their own endings; bytes, whatever their encoding.

use std::{borrow::Cow, ops::Range};

/// The mark that some editors put at the beginning of a file in UTF-8.
pub(in crate::tools) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tools) enum Ending {
    Lf,
    Crlf,
    /// The last line of a file that doesn't end in a line break.
    Missing,
}

impl Ending {
    pub(in crate::tools) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::Crlf => b"\r\n",
            Self::Missing => b"",
        }
    }
}

/// A file's lines by number, from 0.
#[derive(Debug)]
pub(in crate::tools) struct Lines<'a> {
    content: &'a [u8],
    /// Where each line starts, and where the last one ends.
    starts: Vec<u32>,
    is_utf8: bool,
}

impl<'a> Lines<'a> {
    /// `content` must be shorter than 4 GiB; environments read less than that.
    pub(in crate::tools) fn new(content: &'a [u8]) -> Self {
        Self::after(content, 0)
    }

    /// The lines after a byte order mark; it stays outside of every line.
    pub(in crate::tools) fn without_mark(content: &'a [u8]) -> Self {
        let mark = content.starts_with(BYTE_ORDER_MARK.as_bytes());
        Self::after(content, if mark { BYTE_ORDER_MARK.len() } else { 0 })
    }

    fn after(content: &'a [u8], first: usize) -> Self {
        let ends = memchr::memchr_iter(b'\n', &content[first..]).map(|at| first + at + 1);
        let mut starts = vec![first];
        starts.extend(ends);
        if starts.last() != Some(&content.len()) {
            starts.push(content.len());
        }
        #[expect(clippy::cast_possible_truncation, reason = "no file of 4 GiB is read")]
        let starts = starts.into_iter().map(|start| start as u32).collect();
        Self {
            content,
            starts,
            is_utf8: std::str::from_utf8(content).is_ok(),
        }
    }

    pub(in crate::tools) fn count(&self) -> usize {
        self.starts.len() - 1
    }

    pub(in crate::tools) fn is_utf8(&self) -> bool {
        self.is_utf8
    }

    /// What the lines are made of.
    pub(in crate::tools) fn content(&self) -> &'a [u8] {
        self.content
    }

    /// Where a line starts in the content; for the number after the last, where that one ends.
    pub(in crate::tools) fn start(&self, line: usize) -> usize {
        self.starts[line] as usize
    }

    /// The line that has a byte of the content; the byte order mark is in none.
    pub(in crate::tools) fn line_at(&self, byte: usize) -> usize {
        let until = self.starts.partition_point(|start| *start as usize <= byte);
        until.saturating_sub(1)
    }

    /// The bytes of some lines with their endings.
    pub(in crate::tools) fn bytes(&self, lines: Range<usize>) -> &'a [u8] {
        &self.content[self.start(lines.start)..self.start(lines.end)]
    }

    /// A line without its ending.
    pub(in crate::tools) fn text(&self, line: usize) -> &'a [u8] {
        let bytes = self.bytes(line..line + 1);
        &bytes[..bytes.len() - self.ending(line).bytes().len()]
    }

    /// A line as a reader is shown it: bytes that aren't UTF-8 are replaced.
    pub(in crate::tools) fn shown(&self, line: usize) -> Cow<'a, str> {
        String::from_utf8_lossy(self.text(line))
    }

    pub(in crate::tools) fn ending(&self, line: usize) -> Ending {
        match self.bytes(line..line + 1) {
            [.., b'\r', b'\n'] => Ending::Crlf,
            [.., b'\n'] => Ending::Lf,
            _ => Ending::Missing,
        }
    }

    /// Whether the last line lacks its ending.
    pub(in crate::tools) fn lacks_final_newline(&self) -> bool {
        let last = self.count().checked_sub(1);
        last.is_some_and(|last| self.ending(last) == Ending::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(content: &[u8]) -> Vec<(&[u8], Ending)> {
        let lines = Lines::new(content);
        let each = (0..lines.count()).map(|line| (lines.text(line), lines.ending(line)));
        each.collect()
    }

    #[test]
    fn each_line_keeps_its_ending() {
        let lines = split(b"a\r\n\nb\rc\nend");
        let expected: [(&[u8], Ending); 4] = [
            (b"a", Ending::Crlf),
            (b"", Ending::Lf),
            (b"b\rc", Ending::Lf),
            (b"end", Ending::Missing),
        ];
        assert_eq!(lines, expected);
        assert!(split(b"").is_empty());
    }

    #[test]
    fn a_byte_order_mark_is_outside_of_the_lines() {
        let lines = Lines::without_mark(b"\xef\xbb\xbfa\n");
        assert_eq!(
            (lines.count(), lines.text(0), lines.start(0)),
            (1, &b"a"[..], 3)
        );
    }
}
