//! Names of graphs, nodes and attributes, and why a text isn't one.

use super::{Mistake, Parsed, Parser};
use crate::dot::ast::Name;
use crate::dot::span::Span;
use crate::dot::token::TokenKind;
use crate::dot::value::{is_identifier, is_key, is_keyword, unescape};

/// Characters of a name that are shown in a message.
const SHOWN: usize = 40;

/// What an id that isn't one may have been.
const LABEL: &str = "; a display name goes into `label`";

impl<'a> Parser<'a> {
    /// An identifier, quoted or not; `what` says of what.
    pub(super) fn identifier(&mut self, what: &str) -> Parsed<Name<'a>> {
        let name = self.name(what)?;
        self.check_identifier(name, what)
    }

    fn check_identifier(&mut self, name: Name<'a>, what: &str) -> Parsed<Name<'a>> {
        let quoted = self.slice(name.span).starts_with('"');
        if is_identifier(&name.text) && (quoted || !is_keyword(&name.text)) {
            return Ok(name);
        }
        let shown = shorten(&name.text);
        let (message, suggestion, more) = if is_keyword(&name.text) {
            let message = format!("`{shown}` is a keyword and can't be {what}");
            (message, format!("{shown}_"), "")
        } else if quoted {
            let message =
                format!("{what} in quotes must still be an identifier, and \"{shown}\" isn't");
            (message, suggest(&name.text), LABEL)
        } else if name.text.starts_with(|c: char| c.is_ascii_digit()) {
            let message = format!("{what} can't begin with a digit");
            (message, suggest(&name.text), "")
        } else {
            let message =
                format!("`{shown}` can't be {what}: only letters, digits and `_` are allowed");
            (message, suggest(&name.text), LABEL)
        };
        let hint = format!("write `{suggestion}`{more}");
        self.error_instead(message, name.span, &hint, suggestion);
        Err(Mistake)
    }

    /// The id of a node at one end of an edge, or on its own.
    pub(super) fn node_id(&mut self) -> Parsed<Name<'a>> {
        if self.token.kind == TokenKind::OpenBrace || self.at_word("subgraph") {
            let hint = "write one edge for each node: `a -> b` and `a -> c`";
            self.error(
                "an edge to a group of nodes isn't supported",
                self.token.span,
                Some(hint),
            );
            return Err(Mistake);
        }
        let name = self.name("a node id")?;
        self.check_node_id(name)
    }

    pub(super) fn check_node_id(&mut self, name: Name<'a>) -> Parsed<Name<'a>> {
        let id = self.check_identifier(name, "a node id")?;
        if self.token.kind == TokenKind::Colon {
            let span = self.token.span;
            self.error(
                "ports aren't supported",
                span,
                Some("remove `:` and what follows it"),
            );
            return Err(Mistake);
        }
        Ok(id)
    }

    /// The name of an attribute.
    pub(super) fn key(&mut self) -> Parsed<Name<'a>> {
        let name = self.name("the name of an attribute")?;
        self.check_key(name)
    }

    pub(super) fn check_key(&mut self, name: Name<'a>) -> Parsed<Name<'a>> {
        if is_key(&name.text) {
            return Ok(name);
        }
        let message = format!(
            "`{}` can't be the name of an attribute",
            shorten(&name.text)
        );
        let hint = "names are letters, digits and `_`, and may be joined by dots";
        self.error(message, name.span, Some(hint));
        Err(Mistake)
    }

    /// A word or a text in quotes, not yet looked at.
    pub(super) fn name(&mut self, what: &str) -> Parsed<Name<'a>> {
        let span = self.token.span;
        let text = match self.token.kind {
            TokenKind::Word => self.text().into(),
            TokenKind::Quoted => unescape(self.inside_quotes(span)),
            TokenKind::Html => {
                self.error(
                    "HTML labels aren't supported",
                    span,
                    Some("write the text in quotes"),
                );
                return Err(Mistake);
            }
            _ => return self.unexpected(what, None),
        };
        self.advance();
        Ok(Name { text, span })
    }

    pub(super) fn inside_quotes(&self, span: Span) -> &'a str {
        self.slice(Span::new(span.start + 1, span.end.saturating_sub(1)))
    }
}

/// The beginning of a text, on one line.
pub(super) fn shorten(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown.replace("\\\"", "\"")
}

/// An identifier as near to `text` as can be.
fn suggest(text: &str) -> String {
    let word: String = text
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let word = word.trim_matches('_');
    let prefix = if word.starts_with(|c: char| c.is_ascii_digit()) || word.is_empty() {
        "n"
    } else {
        ""
    };
    format!("{prefix}{word}")
}
