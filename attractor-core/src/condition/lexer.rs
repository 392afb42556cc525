//! Text of a condition to tokens.

use super::error::ConditionError;
use crate::dot::Span;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    And,
    Or,
    Not,
    Open,
    Close,
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`.
    Operator(&'static str),
    /// A key, a bare literal, `contains` or `matches`: the parser knows which.
    Word(&'a str),
    /// A quoted literal without its quotes and escapes.
    Text(String),
    End,
}

/// Signs, the longer first where one begins another.
const SIGNS: &[(&str, Token<'static>)] = &[
    ("&&", Token::And),
    ("||", Token::Or),
    ("!=", Token::Operator("!=")),
    ("<=", Token::Operator("<=")),
    (">=", Token::Operator(">=")),
    ("!", Token::Not),
    ("(", Token::Open),
    (")", Token::Close),
    ("=", Token::Operator("=")),
    ("<", Token::Operator("<")),
    (">", Token::Operator(">")),
];

/// Signs of other languages, with what this one has for them.
const FOREIGN: &[(&str, &str)] = &[
    ("==", "="),
    ("=~", "matches"),
    ("<>", "!="),
    ("&", "&&"),
    ("|", "||"),
];

#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn next(&mut self) -> Result<(Token<'a>, Span), ConditionError> {
        let rest = &self.text[self.at..];
        let start = self.at + (rest.len() - rest.trim_start().len());
        let rest = &self.text[start..];
        self.at = start;
        if rest.is_empty() {
            return Ok((Token::End, Span::new(start, start)));
        }
        if rest.starts_with('"') {
            return self.quoted(start);
        }
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let foreign = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign));
        if let (Some((sign, instead)), true) = (foreign, sign.is_none_or(|(s, _)| s.len() < 2)) {
            let span = Span::new(start, start + sign.len());
            return Err(ConditionError::new(format!("unexpected `{sign}`"), span).write(instead));
        }
        if let Some((sign, token)) = sign {
            self.at = start + sign.len();
            return Ok((token.clone(), Span::new(start, self.at)));
        }
        self.word(start)
    }

    fn word(&mut self, start: usize) -> Result<(Token<'a>, Span), ConditionError> {
        let rest = &self.text[start..];
        let length = rest.bytes().take_while(|byte| is_word_byte(*byte)).count();
        if length == 0 {
            let found = rest.chars().next().unwrap_or_default();
            let span = Span::new(start, start + found.len_utf8());
            return Err(ConditionError::new(
                format!("unexpected `{}`", shown(found)),
                span,
            )
            .hint(if found == '\'' {
                "use double quotes"
            } else {
                "put a literal with other signs than letters, digits and `_.:-` in double quotes"
            }));
        }
        self.at = start + length;
        Ok((Token::Word(&rest[..length]), Span::new(start, self.at)))
    }

    fn quoted(&mut self, start: usize) -> Result<(Token<'a>, Span), ConditionError> {
        let mut text = String::new();
        let mut characters = self.text[start + 1..].char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at = start + 1 + at + 1;
                    return Ok((Token::Text(text), Span::new(start, self.at)));
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(ConditionError::new(
            "the text has no closing quote",
            Span::new(start, self.text.len()),
        ))
    }
}

/// A character as a message shows it.
fn shown(character: char) -> String {
    if character.is_control() {
        character.escape_default().to_string()
    } else {
        character.to_string()
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-')
}
