//! Where to go on after a mistake.

use super::Parser;
use crate::dot::token::TokenKind;

impl Parser<'_> {
    /// Skips to the next statement: past a semicolon, before the `}` of the block, or before a
    /// word that begins a line. Braces and brackets that open on the way are skipped whole.
    pub(super) fn skip_statement(&mut self) {
        loop {
            match self.token.kind {
                TokenKind::End | TokenKind::CloseBrace => return,
                TokenKind::Semicolon => return self.advance(),
                TokenKind::Word | TokenKind::Quoted if self.token.begins_line => return,
                TokenKind::OpenBrace => {
                    self.skip_group(TokenKind::OpenBrace, TokenKind::CloseBrace)
                }
                TokenKind::OpenBracket => self.skip_brackets(),
                _ => self.advance(),
            }
        }
    }

    /// Skips to the next attribute of a block: past a separator, or before what ends the block
    /// or begins a line.
    pub(super) fn skip_attribute(&mut self) {
        loop {
            match self.token.kind {
                TokenKind::End
                | TokenKind::CloseBracket
                | TokenKind::CloseBrace
                | TokenKind::OpenBrace => return,
                TokenKind::Comma | TokenKind::Semicolon => return self.advance(),
                TokenKind::Word if self.token.begins_line => return,
                _ => self.advance(),
            }
        }
    }

    /// Skips a `{ ... }` whatever is nested in it, without recursion.
    pub(super) fn skip_group(&mut self, open: TokenKind, close: TokenKind) {
        let mut depth = 0usize;
        loop {
            match self.token.kind {
                TokenKind::End => return,
                kind if kind == open => depth += 1,
                kind if kind == close => depth -= 1,
                _ => {}
            }
            self.advance();
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips to the end of a `[ ... ]`, but not past a brace: then the bracket is never closed.
    pub(super) fn skip_brackets(&mut self) {
        loop {
            match self.token.kind {
                TokenKind::End | TokenKind::OpenBrace | TokenKind::CloseBrace => return,
                TokenKind::CloseBracket => return self.advance(),
                _ => self.advance(),
            }
        }
    }
}
