//! A text in which unimportant differences are gone, with the way back to the original bytes.

use std::{fmt, ops::Range};

use crate::tools::text::characters;

/// A character and the marks on it: as many as real text has.
const CHARACTER_BYTES: usize = 32;

/// What a comparison overlooks; each level overlooks what the ones before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// CRLF and LF are the same.
    LineEndings,
    /// Blanks at the end of a line don't count.
    TrailingBlanks,
    /// Typographic quotes, dashes and spaces equal their ASCII forms; accents are the same however
    /// they are written.
    Punctuation,
    /// All lines are indented otherwise, by one rule; not a matter of single bytes.
    Indentation,
}

impl Level {
    /// The levels that [`Normalised`] knows.
    pub(super) const OF_BYTES: [Self; 3] =
        [Self::LineEndings, Self::TrailingBlanks, Self::Punctuation];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LineEndings => "line endings",
            Self::TrailingBlanks => "trailing blanks",
            Self::Punctuation => "Unicode punctuation",
            Self::Indentation => "indentation",
        })
    }
}

/// Normalised bytes and where each came from.
#[derive(Debug)]
pub(super) struct Normalised {
    pub(super) bytes: Vec<u8>,
    origins: Vec<Range<u32>>,
}

impl Normalised {
    /// `bytes` must be shorter than 4 GiB; callers bound it far below.
    pub(super) fn new(bytes: &[u8], level: Level) -> Self {
        let mut normalised = Self {
            bytes: Vec::with_capacity(bytes.len()),
            origins: Vec::with_capacity(bytes.len()),
        };
        let mut at = 0;
        while at < bytes.len() {
            at = normalised.step(bytes, at, level);
        }
        normalised
    }

    /// The original bytes of a part; an empty part is the place after what precedes it.
    pub(super) fn original(&self, part: Range<usize>) -> Range<usize> {
        if !part.is_empty() {
            return self.origins[part.start].start as usize
                ..self.origins[part.end - 1].end as usize;
        }
        let place = match part.start.checked_sub(1) {
            Some(before) => self.origins[before].end,
            None => self.origins.first().map_or(0, |first| first.start),
        } as usize;
        place..place
    }

    fn step(&mut self, bytes: &[u8], at: usize, level: Level) -> usize {
        if let Some(end) = line_end(bytes, at) {
            self.push(b"\n", at, end);
            return end;
        }
        match bytes[at] {
            b' ' | b'\t' if level >= Level::TrailingBlanks => self.blanks(bytes, at),
            _ if level >= Level::Punctuation && is_beyond_ascii(bytes, at) => {
                self.character(bytes, at)
            }
            _ => {
                let end = at + plain(&bytes[at..]);
                self.push_plain(bytes, at..end);
                end
            }
        }
    }

    /// Blanks before a line's end become part of that end: they stay when the end isn't touched
    /// and go with it when it is.
    fn blanks(&mut self, bytes: &[u8], at: usize) -> usize {
        let run = bytes[at..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let after = at + run;
        if let Some(end) = line_end(bytes, after) {
            self.push(b"\n", at, end);
            return end;
        }
        if after < bytes.len() {
            let run = &bytes[at..after];
            self.push_plain(bytes, at..at + run.len());
        }
        after
    }

    /// One character with what combines with it. A form of several letters, as the ellipsis has, is
    /// left alone: a match could begin within it.
    fn character(&mut self, bytes: &[u8], at: usize) -> usize {
        let window = &bytes[at..bytes.len().min(at + CHARACTER_BYTES)];
        let valid = match std::str::from_utf8(window) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or(""),
        };
        let Some((character, length)) = characters::composed(valid) else {
            self.push(&bytes[at..=at], at, at + 1);
            return at + 1;
        };
        let mut only = character.chars();
        let ascii = match (only.next(), only.next()) {
            (Some(one), None) => characters::ascii(one).filter(|ascii| ascii.len() == 1),
            _ => None,
        };
        let end = at + length;
        self.push(ascii.unwrap_or(&character).as_bytes(), at, end);
        end
    }

    fn push(&mut self, bytes: &[u8], start: usize, end: usize) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "callers bound the text to a few MiB"
        )]
        let origin = start as u32..end as u32;
        self.bytes.extend_from_slice(bytes);
        self.origins.extend(bytes.iter().map(|_| origin.clone()));
    }

    /// Bytes that stand for themselves.
    fn push_plain(&mut self, bytes: &[u8], range: Range<usize>) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "callers bound the text to a few MiB"
        )]
        let (start, end) = (range.start as u32, range.end as u32);
        self.bytes.extend_from_slice(&bytes[range]);
        self.origins.extend((start..end).map(|at| at..at + 1));
    }
}

/// How many bytes from here on are looked at by nobody: the first, and those after it up to the next
/// blank, line end or character beyond ASCII, or up to the one before that, which may combine with it.
fn plain(bytes: &[u8]) -> usize {
    let is_special = |byte: &u8| !byte.is_ascii() || byte.is_ascii_whitespace();
    let rest = bytes.get(1..).unwrap_or_default();
    match rest.iter().position(is_special) {
        Some(at) if !rest[at].is_ascii() => at.max(1),
        Some(at) => at + 1,
        None => bytes.len(),
    }
}

/// Whether the character that starts at `at` isn't ASCII, or may combine with one that isn't.
fn is_beyond_ascii(bytes: &[u8], at: usize) -> bool {
    [bytes.get(at), bytes.get(at + 1)]
        .into_iter()
        .flatten()
        .any(|byte| !byte.is_ascii())
}

/// Where the line ending that starts at `at` ends.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    }
}
