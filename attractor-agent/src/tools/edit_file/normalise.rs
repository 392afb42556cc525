//! A text in which unimportant differences are gone, with the way back to the original bytes.

use std::{fmt, ops::Range};

/// What a comparison overlooks; each level overlooks what the ones before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// CRLF and LF are the same.
    LineEndings,
    /// Blanks at the end of a line don't count.
    TrailingBlanks,
    /// Typographic quotes, dashes and spaces equal their ASCII forms.
    Punctuation,
    /// All lines are indented by the same amount more or less; not a matter of single bytes.
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
#[derive(Debug, Default)]
pub(super) struct Normalised {
    pub(super) bytes: Vec<u8>,
    origins: Vec<Range<u32>>,
}

impl Normalised {
    /// `bytes` must be shorter than 4 GiB; callers bound it far below.
    pub(super) fn new(bytes: &[u8], level: Level) -> Self {
        let mut normalised = Self::default();
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
            0x80.. if level >= Level::Punctuation => self.character(bytes, at),
            byte => {
                self.push(&[byte], at, at + 1);
                at + 1
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
            run.iter()
                .enumerate()
                .for_each(|(i, byte)| self.push(&[*byte], at + i, at + i + 1));
        }
        after
    }

    fn character(&mut self, bytes: &[u8], at: usize) -> usize {
        let window = &bytes[at..bytes.len().min(at + 4)];
        let valid = match std::str::from_utf8(window) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or(""),
        };
        let Some(character) = valid.chars().next() else {
            self.push(&bytes[at..=at], at, at + 1);
            return at + 1;
        };
        let end = at + character.len_utf8();
        match ascii(character) {
            Some(ascii) => self.push(&[ascii], at, end),
            None => self.push(&bytes[at..end], at, end),
        }
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
}

/// Where the line ending that starts at `at` ends.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    }
}

/// The ASCII form of a typographic character.
fn ascii(character: char) -> Option<u8> {
    match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(b'-'),
        '\u{2018}'..='\u{201b}' => Some(b'\''),
        '\u{201c}'..='\u{201f}' => Some(b'"'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(b' '),
        _ => None,
    }
}
