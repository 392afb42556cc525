//! When two lines are the same: exactly, else overlooking more and more; pure.

use std::{borrow::Cow, fmt};

use crate::tools::text::{characters, lines::Lines};

/// What a comparison overlooks; each level overlooks what the ones before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Exact,
    /// Blanks at the end of a line don't count.
    TrailingBlanks,
    /// Indentation doesn't count, and a run of blanks is one.
    Blanks,
    /// Typographic characters equal their ASCII forms, accents are the same however written.
    Punctuation,
}

impl Level {
    pub(super) const ALL: [Self; 4] = [
        Self::Exact,
        Self::TrailingBlanks,
        Self::Blanks,
        Self::Punctuation,
    ];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "nothing",
            Self::TrailingBlanks => "blanks at the ends of lines",
            Self::Blanks => "blanks",
            Self::Punctuation => "blanks and Unicode punctuation",
        })
    }
}

/// A line as it is compared.
pub(super) type Key<'a> = Cow<'a, [u8]>;

/// The key of a line of a patch.
pub(super) fn key(text: &str, level: Level) -> Key<'_> {
    normalised(Cow::Borrowed(text.as_bytes()), level)
}

/// The key of a line of a file. A patch is text, so bytes that no text has are compared as a reader
/// is shown them.
pub(super) fn key_of<'a>(file: &Lines<'a>, line: usize, level: Level) -> Key<'a> {
    if file.is_utf8() {
        return normalised(Cow::Borrowed(file.text(line)), level);
    }
    let shown = match file.shown(line) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    normalised(shown, level)
}

/// Whether a line of a file has this key.
pub(super) fn has_key(file: &Lines<'_>, line: usize, key: &[u8], level: Level) -> bool {
    may_have_key(file, line, key) && key_of(file, line, level) == key
}

/// Says no for most lines, by their first letter: working a key out takes far longer.
pub(super) fn may_have_key(file: &Lines<'_>, line: usize, key: &[u8]) -> bool {
    if !file.is_utf8() {
        return true;
    }
    match (file.text(line).trim_ascii_start(), key.trim_ascii_start()) {
        // What follows a letter may be an accent on it.
        ([first, next, ..], [wanted, ..])
            if [first, next, wanted].iter().all(|it| it.is_ascii()) =>
        {
            first == wanted
        }
        _ => true,
    }
}

fn normalised(text: Key<'_>, level: Level) -> Key<'_> {
    match level {
        Level::Exact => text,
        Level::TrailingBlanks => each(text, |text| Cow::Borrowed(text.trim_ascii_end())),
        Level::Blanks => each(text, single_blanks),
        Level::Punctuation => each(each(text, plain), single_blanks),
    }
}

fn each(text: Key<'_>, change: fn(&[u8]) -> Key<'_>) -> Key<'_> {
    match text {
        Cow::Borrowed(text) => change(text),
        Cow::Owned(text) => Cow::Owned(change(&text).into_owned()),
    }
}

fn plain(text: &[u8]) -> Key<'_> {
    match std::str::from_utf8(text).map(characters::plain) {
        Ok(Cow::Owned(plain)) => Cow::Owned(plain.into_bytes()),
        _ => Cow::Borrowed(text),
    }
}

/// Without blanks at both ends, and with one for each run of them.
fn single_blanks(text: &[u8]) -> Key<'_> {
    let text = text.trim_ascii();
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t');
    let runs = text
        .windows(2)
        .any(|pair| is_blank(pair[0]) && is_blank(pair[1]));
    if !runs && !text.contains(&b'\t') {
        return Cow::Borrowed(text);
    }
    let words = text
        .split(|byte| is_blank(*byte))
        .filter(|word| !word.is_empty());
    Cow::Owned(words.collect::<Vec<_>>().join(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_overlooks_more() {
        let file = "\u{201c}a\u{201d}\t =  caf\u{e9}  ";
        let cases = [
            ("\u{201c}a\u{201d}\t =  caf\u{e9}  ", Level::Exact),
            ("\u{201c}a\u{201d}\t =  caf\u{e9}", Level::TrailingBlanks),
            ("    \u{201c}a\u{201d} = caf\u{e9}", Level::Blanks),
            ("\"a\" = cafe\u{301}", Level::Punctuation),
        ];
        let content = [file.as_bytes(), b"\n"].concat();
        let lines = Lines::new(&content);
        for (line, expected) in cases {
            let same = Level::ALL
                .iter()
                .find(|level| key(line, **level) == key_of(&lines, 0, **level));
            assert_eq!(same, Some(&expected), "{line:?}");
        }
    }
}
