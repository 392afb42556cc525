//! Byte ranges of a source text, and their lines and columns.

use serde::{Deserialize, Serialize};

/// A range of bytes in a source text: `start` is in it, `end` is not.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A place in a text as people count it: both numbers start at 1.
///
/// The column counts characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
}

/// Bytes between two entries of the table of character counts.
const BLOCK: usize = 1024;

/// Turns byte offsets of one text into lines and columns.
///
/// Built once in linear time; a look-up doesn't depend on the length of the line, so that a
/// text with everything on one line is no trap.
///
/// ```
/// use attractor_core::dot::LineIndex;
///
/// let lines = LineIndex::new("one\ntwo");
/// let place = lines.position(5);
/// assert_eq!((place.line, place.column), (2, 2));
/// assert_eq!(lines.line_text(2), "two");
/// ```
#[derive(Clone, Debug)]
pub struct LineIndex<'a> {
    source: &'a str,
    line_starts: Vec<usize>,
    /// Characters before byte `i * BLOCK`.
    characters: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    /// Reads `source` once.
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(source.match_indices('\n').map(|(at, _)| at + 1));
        let mut characters = vec![0];
        let mut total = 0;
        for block in source.as_bytes().chunks(BLOCK) {
            total += count_characters(block);
            characters.push(total);
        }
        Self {
            source,
            line_starts,
            characters,
        }
    }

    /// Line and column of a byte offset; one after the end counts as the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.source.len());
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        Position {
            line,
            column: self.characters_before(offset) - self.characters_before(start) + 1,
        }
    }

    /// The text of a line, counted from 1, without its line end; empty when there is none.
    #[must_use]
    pub fn line_text(&self, line: usize) -> &'a str {
        let Some(&start) = line
            .checked_sub(1)
            .and_then(|index| self.line_starts.get(index))
        else {
            return "";
        };
        let end = self
            .line_starts
            .get(line)
            .map_or(self.source.len(), |&next| next - 1);
        self.source[start..end].trim_end_matches('\r')
    }

    /// Bytes between the beginning of its line and `offset`.
    pub(crate) fn offset_in_line(&self, offset: usize) -> usize {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        offset - self.line_starts.get(line - 1).copied().unwrap_or(0)
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        self.characters[block] + count_characters(&self.source.as_bytes()[block * BLOCK..offset])
    }
}

fn count_characters(bytes: &[u8]) -> usize {
    // Continuation bytes of UTF-8 are 0b10xx_xxxx; every other byte starts a character.
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}
