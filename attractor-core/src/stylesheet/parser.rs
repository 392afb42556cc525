//! Text of a stylesheet to rules.

use super::cascade::{PROPERTIES, Property, Rule, Selector};
use super::error::StylesheetError;
use crate::dot::{Span, is_identifier, unescape};
use crate::lint::suggestion;

pub(super) fn parse(source: &str) -> Result<Vec<Rule>, StylesheetError> {
    let mut parser = Parser { source, at: 0 };
    let mut rules = Vec::new();
    loop {
        parser.skip_blank()?;
        if parser.rest().is_empty() {
            return Ok(rules);
        }
        rules.push(parser.rule()?);
    }
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rule(&mut self) -> Result<Rule, StylesheetError> {
        let selector = self.selector()?;
        self.skip_blank()?;
        if self.rest().starts_with(',') {
            let hint = "write one rule for each selector";
            return Err(self.error("lists of selectors aren't supported", 1, Some(hint)));
        }
        self.expect('{', "after a selector")?;
        let mut declarations = vec![self.declaration()?];
        loop {
            self.skip_blank()?;
            let separated = self.eat(';');
            self.skip_blank()?;
            if self.eat('}') {
                return Ok(Rule {
                    selector,
                    declarations,
                });
            }
            if !separated {
                return Err(self.unexpected("`;` or `}`", "after a declaration"));
            }
            declarations.push(self.declaration()?);
        }
    }

    fn selector(&mut self) -> Result<Selector, StylesheetError> {
        if self.eat('*') {
            return Ok(Selector::Universal);
        }
        let sigil = self
            .rest()
            .chars()
            .next()
            .filter(|c| matches!(c, '#' | '.'));
        if sigil.is_some() {
            self.at += 1;
        }
        let name = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        match sigil {
            Some('.') if !name.is_empty() => Ok(Selector::Class(name.to_owned())),
            Some('#') if is_identifier(name) => Ok(Selector::Id(name.to_owned())),
            None if is_identifier(name) => Ok(Selector::Shape(name.to_owned())),
            _ => {
                self.at -= name.len();
                Err(self.unexpected("a selector", "that is `*`, a shape, `.class` or `#node_id`"))
            }
        }
    }

    fn declaration(&mut self) -> Result<(Property, String), StylesheetError> {
        self.skip_blank()?;
        let name = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let Some((_, property)) = PROPERTIES.iter().find(|(known, _)| *known == name) else {
            if name.is_empty() {
                return Err(self.unexpected("a property", "such as `llm_model`"));
            }
            self.at -= name.len();
            let known = suggestion(name, PROPERTIES.iter().map(|(known, _)| *known));
            let hint = match known {
                Some(known) => format!("did you mean `{known}`?"),
                None => {
                    "properties are `llm_model`, `llm_provider` and `reasoning_effort`".to_owned()
                }
            };
            let message = format!("unknown property `{name}`");
            let error = self.error(message, name.len(), Some(&hint));
            return Err(StylesheetError {
                replacement: known,
                ..error
            });
        };
        self.skip_blank()?;
        self.expect(':', "after a property")?;
        self.skip_blank()?;
        Ok((*property, self.value()?))
    }

    fn value(&mut self) -> Result<String, StylesheetError> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let word = self.word(|c| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-' | '/' | '@' | '+')
        });
        if word.is_empty() {
            return Err(self.unexpected("a value", "such as `claude-opus-4-6`"));
        }
        Ok(word.to_owned())
    }

    fn quoted(&mut self) -> Result<String, StylesheetError> {
        let mut escaped = false;
        let closing = self.rest().char_indices().skip(1).find(|(_, character)| {
            let closes = *character == '"' && !escaped;
            escaped = *character == '\\' && !escaped;
            closes
        });
        let Some((length, _)) = closing else {
            return Err(self.error("this text has no closing quote", 1, None));
        };
        let text = unescape(&self.rest()[1..length]).into_owned();
        self.at += length + 1;
        Ok(text)
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let word = &rest[..rest.find(|c: char| !belongs(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// Skips blanks and `/* ... */`.
    fn skip_blank(&mut self) -> Result<(), StylesheetError> {
        loop {
            self.at += self.rest().len() - self.rest().trim_start().len();
            let Some(comment) = self.rest().strip_prefix("/*") else {
                return Ok(());
            };
            match comment.find("*/") {
                Some(length) => self.at += length + 4,
                None => return Err(self.error("this comment is never closed", 2, None)),
            }
        }
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn expect(&mut self, sign: char, place: &str) -> Result<(), StylesheetError> {
        if self.eat(sign) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{sign}`"), place))
        }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn unexpected(&self, wanted: &str, place: &str) -> StylesheetError {
        match self.rest().chars().next() {
            Some(found) => {
                let message = format!(
                    "found `{}` where {wanted} is wanted",
                    found.to_string().replace(char::is_control, "?")
                );
                self.error(
                    message,
                    found.len_utf8(),
                    Some(&format!("{wanted} {place}")),
                )
            }
            None => self.error(
                format!("the stylesheet ends where {wanted} is wanted"),
                0,
                None,
            ),
        }
    }

    fn error(
        &self,
        message: impl Into<String>,
        length: usize,
        hint: Option<&str>,
    ) -> StylesheetError {
        StylesheetError {
            message: message.into(),
            span: Span::new(self.at, self.at + length),
            hint: hint.map(str::to_owned),
            replacement: None,
        }
    }
}
