//! Comments: which are about what.
//!
//! A comment belongs to what it stands before, unless it follows something on the same line and
//! nothing follows it there.

use super::Parser;
use crate::dot::ast::{Comment, CommentPlace};
use crate::dot::token::{TokenKind, Trivia};

impl<'a> Parser<'a> {
    /// The comments since the last token or the last that were taken.
    pub(super) fn comments_before(&mut self) -> Vec<Comment<'a>> {
        let count = self.lexer.comments().len();
        self.take_comments(count, CommentPlace::Before)
    }

    /// Takes the comments of an element that ends before the next token: those inside it come
    /// before it, those on its last line after it. The rest is about what follows.
    pub(super) fn comments_around(&mut self, comments: &mut Vec<Comment<'a>>) {
        let end = self.previous_end;
        let pending = self.lexer.comments();
        let inside = pending.partition_point(|comment| comment.span.start < end);
        let mut inner = self.take_comments(inside, CommentPlace::Before);
        inner
            .iter_mut()
            .for_each(|comment| comment.blank_line = false);
        comments.append(&mut inner);
        self.comments_on_line(comments);
    }

    /// Takes the comments that are on the line where the last token ended, unless the line goes
    /// on after them with something that they may be about.
    pub(super) fn comments_on_line(&mut self, comments: &mut Vec<Comment<'a>>) {
        let closed = comments
            .last()
            .is_some_and(|last| last.place == CommentPlace::After && is_line(&last.text));
        if closed {
            return;
        }
        let source = self.lexer.source();
        let text = |comment: &Trivia| &source[comment.span.start..comment.span.end];
        let pending = self.lexer.comments();
        let on_line = pending.iter().take_while(|comment| comment.newlines == 0);
        // Nothing fits behind a comment that takes the rest of the line.
        let mut count = on_line.clone().count();
        if let Some(line) = on_line.clone().position(|comment| is_line(text(comment))) {
            count = line + 1;
        }
        let goes_on = count == pending.len() && self.token.newlines == 0 && self.begins_element();
        if !goes_on {
            comments.extend(self.take_comments(count, CommentPlace::After));
        }
    }

    fn begins_element(&self) -> bool {
        !matches!(
            self.token.kind,
            TokenKind::End
                | TokenKind::CloseBrace
                | TokenKind::CloseBracket
                | TokenKind::Comma
                | TokenKind::Semicolon
        )
    }

    fn take_comments(&mut self, count: usize, place: CommentPlace) -> Vec<Comment<'a>> {
        if count == 0 {
            return Vec::new();
        }
        let source = self.lexer.source();
        let taken: Vec<Trivia> = self.lexer.comments().drain(..count).collect();
        self.count_elements(taken.len());
        let comment = |Trivia { span, newlines }| Comment {
            text: source[span.start..span.end].trim_end().into(),
            place,
            blank_line: newlines > 1 && place == CommentPlace::Before,
            span,
        };
        taken.into_iter().map(comment).collect()
    }
}

/// Whether a comment ends with its line.
fn is_line(text: &str) -> bool {
    !text.starts_with("/*")
}
