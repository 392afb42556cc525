//! Tokens of a condition to its tree. Recursion is bounded by the depth limit.

use regex_lite::Regex;

use super::error::ConditionError;
use super::expr::{Expr, Operator};
use super::lexer::{Lexer, Token};
use crate::dot::Span;
use crate::limits::{MAX_CONDITION_BYTES, MAX_CONDITION_DEPTH};

pub(super) fn parse(source: &str) -> Result<Expr, ConditionError> {
    if source.len() > MAX_CONDITION_BYTES {
        let message = format!("the condition is longer than {MAX_CONDITION_BYTES} bytes");
        return Err(ConditionError::new(message, Span::new(0, source.len())));
    }
    if source.trim().is_empty() {
        return Ok(Expr::All(Vec::new()));
    }
    let mut lexer = Lexer::new(source);
    let (token, span) = lexer.next()?;
    let mut parser = Parser { lexer, token, span };
    let expr = parser.any(0)?;
    match &parser.token {
        Token::End => Ok(expr),
        Token::Close => Err(parser.error("this `)` closes nothing")),
        _ => Err(parser.unexpected("`&&`, `||` or the end")),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    span: Span,
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Expr, ConditionError> {
        let mut parts = vec![self.all(depth)?];
        while self.token == Token::Or {
            self.advance()?;
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Expr::Any(parts)
        })
    }

    fn all(&mut self, depth: usize) -> Result<Expr, ConditionError> {
        let mut parts = vec![self.unary(depth)?];
        while self.token == Token::And {
            self.advance()?;
            parts.push(self.unary(depth)?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Expr::All(parts)
        })
    }

    fn unary(&mut self, depth: usize) -> Result<Expr, ConditionError> {
        if depth > MAX_CONDITION_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_CONDITION_DEPTH} levels")));
        }
        match self.token {
            Token::Not => {
                self.advance()?;
                Ok(Expr::Not(Box::new(self.unary(depth + 1)?)))
            }
            Token::Open => {
                self.advance()?;
                let expr = self.any(depth + 1)?;
                if self.token != Token::Close {
                    return Err(self.unexpected("`)`"));
                }
                self.advance()?;
                Ok(expr)
            }
            _ => self.clause(),
        }
    }

    fn clause(&mut self) -> Result<Expr, ConditionError> {
        let Token::Word(key) = self.token else {
            return Err(self.unexpected("a key such as `outcome` or `context.tests_passed`"));
        };
        if !is_key(key) {
            let message = format!("`{key}` is not a key");
            return Err(self
                .error(message)
                .hint("keys are names joined by dots, like `context.done`"));
        }
        let key = key.to_owned();
        self.advance()?;
        let operator = match &self.token {
            Token::Operator("=") => Operator::Equal,
            Token::Operator("!=") => Operator::NotEqual,
            Token::Operator("<") => Operator::Less,
            Token::Operator("<=") => Operator::LessOrEqual,
            Token::Operator(">") => Operator::Greater,
            Token::Operator(_) => Operator::GreaterOrEqual,
            Token::Word("contains") => Operator::Contains,
            Token::Word("matches") => return self.matches(key),
            _ => return Ok(Expr::Truthy(key)),
        };
        self.advance()?;
        let (literal, span) = self.literal()?;
        Ok(Expr::Compare {
            key,
            operator,
            literal,
            span,
        })
    }

    fn matches(&mut self, key: String) -> Result<Expr, ConditionError> {
        self.advance()?;
        let (pattern, span) = self.literal()?;
        let pattern = Regex::new(&pattern).map_err(|error| {
            ConditionError::new(format!("bad regular expression: {error}"), span)
        })?;
        Ok(Expr::Matches { key, pattern })
    }

    /// A literal and where its text is, without the quotes.
    fn literal(&mut self) -> Result<(String, Span), ConditionError> {
        let (literal, span) = match &self.token {
            Token::Word(word) => ((*word).to_owned(), self.span),
            Token::Text(text) => (
                text.clone(),
                Span::new(self.span.start + 1, self.span.end.saturating_sub(1)),
            ),
            _ => {
                let error = self.unexpected("a literal to compare with");
                return Err(error.hint("an empty text is written \"\""));
            }
        };
        self.advance()?;
        Ok((literal, span))
    }

    fn advance(&mut self) -> Result<(), ConditionError> {
        (self.token, self.span) = self.lexer.next()?;
        Ok(())
    }

    fn error(&self, message: impl Into<String>) -> ConditionError {
        ConditionError::new(message, self.span)
    }

    fn unexpected(&self, wanted: &str) -> ConditionError {
        let (found, sign) = match &self.token {
            Token::End => {
                return self.error(format!("the condition ends where {wanted} is wanted"));
            }
            Token::Word(word) => (*word, word_sign(word)),
            Token::Text(_) => ("text in quotes", None),
            Token::And => ("&&", None),
            Token::Or => ("||", None),
            Token::Not => ("!", None),
            Token::Open => ("(", None),
            Token::Close => (")", None),
            Token::Operator(operator) => (*operator, None),
        };
        let error = self.error(format!("found `{found}` where {wanted} is wanted"));
        match (sign, &self.token) {
            (Some(sign), _) => error.write(sign),
            (None, Token::Word(_)) => error.hint("put a literal of several words in double quotes"),
            (None, _) => error,
        }
    }
}

/// The sign that a word of other languages stands for.
fn word_sign(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "and" => Some("&&"),
        "or" => Some("||"),
        "not" => Some("!"),
        _ => None,
    }
}

fn is_key(word: &str) -> bool {
    let begins_as_name =
        |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins_as_name(word)
        && word
            .split('.')
            .all(|part| !part.is_empty() && !part.contains(':'))
}
