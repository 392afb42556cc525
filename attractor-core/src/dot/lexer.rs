//! Text to tokens, on demand: a value may hold signs that a name may not.

use super::span::Span;
use super::token::{Token, TokenKind, Trivia};
use crate::limits::MAX_ELEMENTS;

#[derive(Debug)]
pub(super) struct Lexer<'a> {
    source: &'a str,
    at: usize,
    /// A `<` that nothing closes was seen, so no later one is closed either.
    html_unclosed: bool,
    /// Comments that nobody has taken yet.
    comments: Vec<Trivia>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let byte_order_mark = if source.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        Self {
            source,
            at: byte_order_mark,
            html_unclosed: false,
            comments: Vec::new(),
        }
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// Drops the rest of the source: the parser has seen enough.
    pub(super) fn stop(&mut self) {
        self.at = self.source.len();
    }

    /// Drops the rest of the line.
    pub(super) fn skip_line(&mut self) {
        self.at = self.line_end(self.at);
    }

    /// The comments since the last that was taken, up to the next token.
    pub(super) fn comments(&mut self) -> &mut Vec<Trivia> {
        &mut self.comments
    }

    /// The next token of a statement.
    pub(super) fn next(&mut self) -> Token {
        self.token(word_length, false)
    }

    /// The next token, where a value is wanted.
    pub(super) fn next_value(&mut self) -> Token {
        self.token(value_length, true)
    }

    fn token(&mut self, length: fn(&[u8]) -> usize, html: bool) -> Token {
        let (begins_line, newlines, unclosed) = self.skip_blank();
        let start = self.at;
        if let Some(kind) = unclosed {
            self.stop();
            return Token {
                kind,
                span: Span::new(start, self.at),
                begins_line,
                newlines,
            };
        }
        let rest = &self.source.as_bytes()[start..];
        let word = length(rest);
        let (kind, taken) = if word > 0 {
            (TokenKind::Word, word)
        } else {
            match rest {
                [] => (TokenKind::End, 0),
                [b'"', ..] => quoted(rest),
                [b'<', ..] if html => self.html(rest),
                [b'-', b'>', ..] => (TokenKind::Arrow, 2),
                [b'-', b'-', ..] => (TokenKind::Dashes, 2),
                [first, ..] => (sign(*first), self.character_length()),
            }
        };
        self.at = start + taken;
        Token {
            kind,
            span: Span::new(start, self.at),
            begins_line,
            newlines,
        }
    }

    /// Skips blanks and comments. Says whether a line begins, how many line ends are after the
    /// last comment, and whether a comment doesn't end.
    fn skip_blank(&mut self) -> (bool, u8, Option<TokenKind>) {
        let bytes = self.source.as_bytes();
        let mut begins_line = self.at == 0;
        let mut newlines = 0;
        loop {
            let start = self.at;
            match &bytes[self.at..] {
                [b'\n', ..] => {
                    begins_line = true;
                    newlines = 2.min(newlines + 1);
                    self.at += 1;
                    continue;
                }
                [b' ' | b'\t' | b'\r' | 0x0c, ..] => {
                    self.at += 1;
                    continue;
                }
                [b'/', b'/', ..] => self.skip_line(),
                [b'#', ..] if begins_line => self.skip_line(),
                [b'/', b'*', ..] => match self.source[self.at + 2..].find("*/") {
                    Some(length) => self.at += 2 + length + 2,
                    None => return (begins_line, newlines, Some(TokenKind::UnclosedComment)),
                },
                _ => return (begins_line, newlines, None),
            }
            // The parser refuses a source with more; here only memory counts.
            if self.comments.len() <= MAX_ELEMENTS {
                let span = Span::new(start, self.at);
                self.comments.push(Trivia { span, newlines });
            }
            newlines = 0;
        }
    }

    fn html(&mut self, rest: &[u8]) -> (TokenKind, usize) {
        let mut open = 0usize;
        let ends = |byte: &u8| {
            match byte {
                b'<' => open += 1,
                b'>' => open -= 1,
                _ => {}
            }
            open == 0
        };
        let end = if self.html_unclosed {
            None
        } else {
            rest.iter().position(ends)
        };
        self.html_unclosed |= end.is_none();
        (TokenKind::Html, end.map_or(1, |at| at + 1))
    }

    fn line_end(&self, from: usize) -> usize {
        self.source[from..]
            .find('\n')
            .map_or(self.source.len(), |length| from + length)
    }

    fn character_length(&self) -> usize {
        self.source[self.at..]
            .chars()
            .next()
            .map_or(1, char::len_utf8)
    }
}

fn sign(byte: u8) -> TokenKind {
    match byte {
        b'{' => TokenKind::OpenBrace,
        b'}' => TokenKind::CloseBrace,
        b'[' => TokenKind::OpenBracket,
        b']' => TokenKind::CloseBracket,
        b'=' => TokenKind::Equals,
        b',' => TokenKind::Comma,
        b';' => TokenKind::Semicolon,
        b':' => TokenKind::Colon,
        b'+' => TokenKind::Plus,
        _ => TokenKind::Other,
    }
}

fn quoted(rest: &[u8]) -> (TokenKind, usize) {
    let mut at = 1;
    while let Some(length) = rest[at..]
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\'))
    {
        at += length;
        if rest[at] == b'"' {
            return (TokenKind::Quoted, at + 1);
        }
        at = (at + 2).min(rest.len());
    }
    (TokenKind::UnclosedQuoted, rest.len())
}

/// Length of a word in a statement: letters, digits and `_`; a dot or a dash only between them.
/// Letters beyond ASCII are taken in, so that the parser can show the whole word.
fn word_length(rest: &[u8]) -> usize {
    length(rest, |at| {
        is_letter(rest[at])
            || (at > 0
                && matches!(rest[at], b'.' | b'-')
                && rest.get(at + 1).is_some_and(|&b| is_letter(b)))
    })
}

/// Length of an unquoted value: also `.`, `:` and `-` anywhere, but not the `-` of an arrow.
fn value_length(rest: &[u8]) -> usize {
    length(rest, |at| {
        is_letter(rest[at])
            || matches!(rest[at], b'.' | b':')
            || (rest[at] == b'-' && rest.get(at + 1) != Some(&b'>'))
    })
}

fn length(rest: &[u8], belongs: impl Fn(usize) -> bool) -> usize {
    (0..rest.len())
        .position(|at| !belongs(at))
        .unwrap_or(rest.len())
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}
