//! Attributes and their values.

use super::{Mistake, Parsed, Parser};
use crate::dot::ast::{Attr, AttrBlock, Comment, Name, Value};
use crate::dot::span::Span;
use crate::dot::token::TokenKind;
use crate::dot::value::is_bare_value;
use crate::limits::MAX_ATTRIBUTES;

impl<'a> Parser<'a> {
    /// `[ ... ]`, the bracket being the next token.
    pub(super) fn block(&mut self) -> Parsed<AttrBlock<'a>> {
        let open = self.token.span;
        self.advance();
        let mut block = AttrBlock::default();
        loop {
            match self.token.kind {
                TokenKind::CloseBracket => break,
                TokenKind::Semicolon | TokenKind::Comma => {
                    let span = self.token.span;
                    let message = "a separator without an attribute before it";
                    self.error_instead(message, span, "remove it", "");
                    self.advance();
                }
                TokenKind::Word | TokenKind::Quoted => match self.attribute() {
                    Ok(attr) => self.add(&mut block, attr)?,
                    Err(Mistake) if self.begins_statement() => return self.unclosed(open),
                    Err(Mistake) => self.skip_attribute(),
                },
                TokenKind::End | TokenKind::CloseBrace | TokenKind::OpenBrace => {
                    return self.unclosed(open);
                }
                _ => {
                    let _ = self.unexpected::<()>("an attribute", None);
                    self.skip_attribute();
                }
            }
        }
        block.comments = self.comments_in_block();
        block.span = open.to(self.token.span);
        self.advance();
        if self.token.kind == TokenKind::OpenBracket {
            let hint = "put all attributes into one `[...]`";
            self.error("a second block of attributes", self.token.span, Some(hint));
            return Err(Mistake);
        }
        Ok(block)
    }

    /// `key = value` as a statement; the `=` is the next token.
    pub(super) fn graph_attribute(&mut self, name: Name<'a>) -> Parsed<Attr<'a>> {
        let name = self.check_key(name)?;
        let attr = self.assignment(name)?;
        if self.token.kind == TokenKind::Comma {
            let hint = "end a statement with `;` or a new line";
            let span = self.token.span;
            self.error_instead("a comma after a statement", span, hint, ";");
            self.advance();
        }
        Ok(attr)
    }

    fn add(&mut self, block: &mut AttrBlock<'a>, mut attr: Attr<'a>) -> Parsed<()> {
        self.comments_around(&mut attr.comments);
        match self.token.kind {
            TokenKind::Comma | TokenKind::Semicolon => {
                if self.token.kind == TokenKind::Semicolon {
                    block.missing_commas.push(self.token.span);
                }
                self.advance();
                self.comments_on_line(&mut attr.comments);
            }
            TokenKind::CloseBracket | TokenKind::End => {}
            _ => {
                let after = Span::new(attr.value.span.end, attr.value.span.end);
                block.missing_commas.push(after);
            }
        }
        self.count_elements(1);
        if block.attrs.len() == MAX_ATTRIBUTES {
            let message = format!("more than {MAX_ATTRIBUTES} attributes in one block");
            self.error(message, attr.name.span, None);
            self.skip_brackets();
            return Err(Mistake);
        }
        block.attrs.push(attr);
        Ok(())
    }

    /// Comments in brackets; empty lines aren't kept there.
    fn comments_in_block(&mut self) -> Vec<Comment<'a>> {
        let mut comments = self.comments_before();
        comments
            .iter_mut()
            .for_each(|comment| comment.blank_line = false);
        comments
    }

    fn attribute(&mut self) -> Parsed<Attr<'a>> {
        let comments = self.comments_in_block();
        let name = self.key()?;
        if self.token.kind != TokenKind::Equals {
            if self.begins_statement() {
                return Err(Mistake);
            }
            let hint = format!("write `{}=...`", name.text);
            self.error(
                format!("attribute `{}` has no value", name.text),
                name.span,
                Some(&hint),
            );
            return Err(Mistake);
        }
        let attr = self.assignment(name)?;
        Ok(Attr { comments, ..attr })
    }

    fn assignment(&mut self, name: Name<'a>) -> Parsed<Attr<'a>> {
        self.advance_to_value();
        let value = self.value()?;
        Ok(Attr {
            name,
            value,
            comments: Vec::new(),
        })
    }

    fn value(&mut self) -> Parsed<Value<'a>> {
        let span = self.token.span;
        let value = match self.token.kind {
            TokenKind::Quoted => Value {
                raw: self.inside_quotes(span).into(),
                quoted: true,
                span,
            },
            TokenKind::Word if is_bare_value(self.text()) => Value {
                raw: self.text().into(),
                quoted: false,
                span,
            },
            TokenKind::Word => {
                let message = format!("`{}` isn't a value", super::name::shorten(self.text()));
                let replacement = format!("\"{}\"", self.text());
                self.error_instead(message, span, "put it in quotes", replacement);
                self.advance();
                return Err(Mistake);
            }
            TokenKind::Html => {
                self.error(
                    "HTML labels aren't supported",
                    span,
                    Some("write the text in quotes"),
                );
                self.advance();
                return Err(Mistake);
            }
            TokenKind::Other if self.text() == ">" => {
                let arrow = Span::new(span.start - 1, span.end);
                self.error_instead("`=>` isn't an edge", arrow, "write `->`", "->");
                return Err(Mistake);
            }
            _ => return self.unexpected("a value", Some("put text with other signs in quotes")),
        };
        self.advance();
        self.refuse_after_value()?;
        Ok(value)
    }

    /// Reports a `+` or a sign that was meant to be part of the value.
    fn refuse_after_value(&mut self) -> Parsed<()> {
        let span = self.token.span;
        let adjacent = span.start == self.previous_end;
        match self.token.kind {
            TokenKind::Word | TokenKind::Quoted if adjacent => {
                let hint = "a quote inside a text is written `\\\"`; blanks separate attributes";
                self.error("text right after a closing quote", span, Some(hint));
                Err(Mistake)
            }
            TokenKind::Plus => {
                let hint = "write one text; a line may end with a backslash to go on in the next";
                self.error("joining texts with `+` isn't supported", span, Some(hint));
                Err(Mistake)
            }
            TokenKind::Other if adjacent && self.text() != "#" => {
                let message = format!("`{}` can't be in an unquoted value", self.text());
                self.error(message, span, Some("put the value in quotes"));
                Err(Mistake)
            }
            _ => Ok(()),
        }
    }

    /// Whether what follows shows that a statement has begun, so that the block wasn't closed.
    fn begins_statement(&self) -> bool {
        matches!(
            self.token.kind,
            TokenKind::Arrow | TokenKind::Dashes | TokenKind::OpenBracket | TokenKind::End
        )
    }

    fn unclosed<T>(&mut self, open: Span) -> Parsed<T> {
        if !self.cut {
            self.error("this `[` is never closed", open, Some("add `]`"));
        }
        Err(Mistake)
    }
}
