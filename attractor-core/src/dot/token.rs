//! What the lexer yields.

use super::span::Span;

/// Kind of a token. The text is in the source, at the token's span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Letters, digits, `_`, and dots and dashes between them: an id, a key or a mistake.
    Word,
    /// A quoted text, quotes included.
    Quoted,
    /// A quoted text that the source ends in.
    UnclosedQuoted,
    /// `<...>`, which Graphviz reads as an HTML label.
    Html,
    /// A comment that the source ends in.
    UnclosedComment,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Equals,
    Comma,
    Semicolon,
    Colon,
    Plus,
    /// `->`
    Arrow,
    /// `--`
    Dashes,
    /// Any other character.
    Other,
    End,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// Whether it is the first on its line; a good place to go on after a mistake.
    pub(super) begins_line: bool,
    /// Line ends right before it, since the token or comment before; counted up to 2.
    pub(super) newlines: u8,
}

/// A comment between two tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trivia {
    pub(super) span: Span,
    /// As in [`Token`].
    pub(super) newlines: u8,
}
