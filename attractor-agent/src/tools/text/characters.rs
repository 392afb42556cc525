//! Characters that look the same to a reader and are written differently.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization as _, char::compose, is_nfc};

/// The ASCII form of a typographic character: dashes, quotes, spaces, the ellipsis.
pub(in crate::tools) fn ascii(character: char) -> Option<&'static str> {
    match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some("-"),
        '\u{2018}'..='\u{201b}' => Some("'"),
        '\u{201c}'..='\u{201f}' => Some("\""),
        '\u{2026}' => Some("..."),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(" "),
        _ => None,
    }
}

/// A text with its typographic characters in their ASCII forms and its accents composed.
pub(in crate::tools) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.nfc() {
        match ascii(character) {
            Some(ascii) => plain.push_str(ascii),
            None => plain.push(character),
        }
    }
    Cow::Owned(plain)
}

/// The first character with what combines with it, in composed form, and how many bytes of the text
/// that is.
pub(in crate::tools) fn composed(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut characters = text.char_indices();
    let mut base = characters.next()?.1;
    let mut end = base.len_utf8();
    for (at, character) in characters {
        match compose(base, character) {
            Some(both) => base = both,
            None if unicode_normalization::char::canonical_combining_class(character) != 0 => {}
            None => break,
        }
        end = at + character.len_utf8();
    }
    let written = &text[..end];
    let composed = if is_nfc(written) {
        Cow::Borrowed(written)
    } else {
        Cow::Owned(written.nfc().collect())
    };
    Some((composed, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_are_the_same_however_they_are_written() {
        assert_eq!(plain("cafe\u{301}"), plain("caf\u{e9}"));
        assert_eq!(composed("e\u{301}s"), Some((Cow::from("\u{e9}"), 3)));
        assert_eq!(composed("es"), Some((Cow::from("e"), 1)));
        assert_eq!(composed(""), None);
    }

    #[test]
    fn typographic_characters_have_an_ascii_form() {
        assert_eq!(
            plain("\u{201c}a\u{201d}\u{a0}\u{2013} b\u{2026}"),
            "\"a\" - b..."
        );
    }
}
