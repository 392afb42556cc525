//! Recursive descent over the tokens. It goes on after a mistake, so that one reading reports
//! them all; it never recurses deeper than the nesting limit.

mod attribute;
mod comment;
mod name;
mod recovery;
mod statement;

use super::ast::{Ast, CommentPlace, Name};
use super::error::{ParseErrors, RawError};
use super::lexer::Lexer;
use super::span::Span;
use super::token::{Token, TokenKind};
use crate::limits::{MAX_ELEMENTS, MAX_ERRORS, MAX_SOURCE_BYTES};
use crate::lint::Edit;

/// Reads a source text.
///
/// ```
/// let ast = attractor_core::dot::parse("digraph hello { start -> exit }")?;
/// assert_eq!(ast.name.text, "hello");
/// # Ok::<(), attractor_core::dot::ParseErrors>(())
/// ```
///
/// # Errors
///
/// Every mistake in the text, up to a limit, each with its place.
///
/// Source: attractor-spec 2.2 and 2.3.
pub fn parse(source: &str) -> Result<Ast<'_>, ParseErrors> {
    if source.len() > MAX_SOURCE_BYTES {
        let error = RawError {
            message: format!("the source is longer than {MAX_SOURCE_BYTES} bytes"),
            span: Span::new(0, 0),
            hint: None,
            edit: None,
        };
        // No line of it is shown, and none is looked for.
        return Err(ParseErrors::new("", vec![error]));
    }
    let mut parser = Parser::new(source);
    let ast = parser.graph();
    if parser.errors.is_empty() {
        Ok(ast)
    } else {
        Err(ParseErrors::new(source, parser.errors))
    }
}

/// Marks that a mistake was reported and the caller has to find a place to go on.
#[derive(Debug)]
struct Mistake;

type Parsed<T> = Result<T, Mistake>;

#[derive(Debug)]
struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The next token.
    token: Token,
    /// Where the token before it ended.
    previous_end: usize,
    /// Statements, attributes and comments so far.
    elements: usize,
    errors: Vec<RawError>,
    /// The source seems to end early because of a mistake that was reported.
    cut: bool,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str) -> Self {
        let mut lexer = Lexer::new(source);
        let token = lexer.next();
        let mut parser = Self {
            lexer,
            token,
            previous_end: 0,
            elements: 0,
            errors: Vec::new(),
            cut: false,
        };
        parser.check_token();
        parser
    }

    fn graph(&mut self) -> Ast<'a> {
        let mut comments = self.comments_before();
        let blank_line = !comments.is_empty() && self.token.newlines > 1;
        let Ok((name, span)) = self.head() else {
            return Ast::default();
        };
        let open = self.token.span;
        if !self.eat(TokenKind::OpenBrace) {
            let _ = self.unexpected::<()>("`{`", None);
            return Ast::default();
        }
        let body = self.body(0);
        if !self.eat(TokenKind::CloseBrace) {
            self.unclosed_brace(open);
        } else if self.token.kind != TokenKind::End {
            self.trailing();
        }
        if let Some(first) = comments.first_mut() {
            first.blank_line = false;
        }
        let mut after = self.comments_before();
        after
            .iter_mut()
            .for_each(|comment| comment.place = CommentPlace::After);
        comments.append(&mut after);
        Ast {
            name,
            span,
            body,
            comments,
            blank_line,
        }
    }

    /// `digraph` and the name.
    fn head(&mut self) -> Parsed<(Name<'a>, Span)> {
        if self.token.kind == TokenKind::End {
            self.error(
                "the source is empty",
                self.token.span,
                Some("write `digraph name { ... }`"),
            );
            return Err(Mistake);
        }
        if self.at_word("strict") {
            let hint = "remove `strict`: edges with the same ends are told apart by their labels";
            let span = self.token.span;
            self.error_instead("`strict` graphs aren't supported", span, hint, "");
            self.advance();
        }
        let start = self.token.span;
        match self.text().to_ascii_lowercase().as_str() {
            "digraph" if self.text() == "digraph" => {}
            "digraph" => {
                let (message, hint) = ("keywords are in lower case", "write `digraph`");
                self.error_instead(message, start, hint, "digraph");
            }
            "graph" => {
                let hint = "write `digraph`, and `->` between nodes";
                self.error("undirected graphs aren't supported", start, Some(hint));
            }
            _ => return self.unexpected("`digraph`", Some("a pipeline is `digraph name { ... }`")),
        }
        self.advance();
        let name = match self.token.kind {
            TokenKind::OpenBrace => Name {
                text: "".into(),
                span: start,
            },
            _ => self.identifier("the name of the graph")?,
        };
        let span = start.to(name.span);
        Ok((name, span))
    }

    /// A `{` whose `}` is missing, unless the source was cut short.
    fn unclosed_brace(&mut self, open: Span) {
        if !self.cut {
            self.error("this `{` is never closed", open, Some("add `}`"));
        }
    }

    /// Something after the graph.
    fn trailing(&mut self) {
        let word = self.text().to_ascii_lowercase();
        let (message, hint) = match word.as_str() {
            "digraph" | "graph" | "strict" => (
                "a second graph in the file",
                "one pipeline is one file with one `digraph`",
            ),
            _ if self.token.kind == TokenKind::CloseBrace => {
                ("this `}` closes nothing", "remove it")
            }
            _ => (
                "text after the end of the graph",
                "everything goes between `{` and `}`",
            ),
        };
        self.error(message, self.token.span, Some(hint));
    }

    fn advance(&mut self) {
        self.previous_end = self.token.span.end;
        self.token = self.lexer.next();
        self.check_token();
    }

    /// Moves on to a token that is read as a value.
    fn advance_to_value(&mut self) {
        self.previous_end = self.token.span.end;
        self.token = self.lexer.next_value();
        self.check_token();
    }

    /// Reports what is wrong with a token on its own: a text or comment that doesn't end.
    fn check_token(&mut self) {
        let span = Span::new(self.token.span.start, self.token.span.start + 1);
        match self.token.kind {
            TokenKind::UnclosedQuoted => {
                let hint = "add a closing `\"`; a quote inside a text is written `\\\"`";
                self.error("this text has no closing quote", span, Some(hint));
            }
            TokenKind::UnclosedComment => {
                self.error("this comment is never closed", span, Some("add `*/`"));
            }
            _ => return,
        }
        self.token.kind = TokenKind::End;
        self.cut = true;
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.token.kind == kind;
        if found {
            self.advance();
        }
        found
    }

    fn text(&self) -> &'a str {
        self.slice(self.token.span)
    }

    fn slice(&self, span: Span) -> &'a str {
        self.lexer
            .source()
            .get(span.start..span.end)
            .unwrap_or_default()
    }

    fn at_word(&self, word: &str) -> bool {
        self.token.kind == TokenKind::Word && self.text() == word
    }

    /// Counts statements, attributes or comments; too many end the reading.
    fn count_elements(&mut self, count: usize) {
        let before = self.elements;
        self.elements += count;
        if before < MAX_ELEMENTS && self.elements >= MAX_ELEMENTS {
            let message = format!(
                "the graph has more than {MAX_ELEMENTS} statements, attributes and comments"
            );
            self.error(message, self.token.span, None);
            self.stop();
        }
    }

    fn error(&mut self, message: impl Into<String>, span: Span, hint: Option<&str>) {
        self.report(RawError {
            message: message.into(),
            span,
            hint: hint.map(str::to_owned),
            edit: None,
        });
    }

    /// Reports a mistake with what to put in place of `span`.
    fn error_instead(
        &mut self,
        message: impl Into<String>,
        span: Span,
        hint: &str,
        replacement: impl Into<String>,
    ) {
        self.report(RawError {
            message: message.into(),
            span,
            hint: Some(hint.to_owned()),
            edit: Some(Edit::new(span, replacement)),
        });
    }

    fn report(&mut self, error: RawError) {
        if self.errors.len() > MAX_ERRORS {
            return;
        }
        let span = error.span;
        self.errors.push(error);
        if self.errors.len() == MAX_ERRORS {
            let message = format!("more than {MAX_ERRORS} mistakes; reading stops here");
            self.errors.push(RawError {
                message,
                span,
                hint: None,
                edit: None,
            });
            self.stop();
        }
    }

    fn stop(&mut self) {
        self.cut = true;
        self.lexer.stop();
        self.token = self.lexer.next();
    }

    /// Reports the next token as a mistake, unless the source ended in one that was reported.
    fn unexpected<T>(&mut self, wanted: &str, hint: Option<&str>) -> Parsed<T> {
        let span = self.token.span;
        match self.token.kind {
            TokenKind::End if self.cut => {}
            TokenKind::End => {
                self.error(
                    format!("the source ends where {wanted} is wanted"),
                    span,
                    hint,
                );
            }
            TokenKind::Quoted => {
                self.error(
                    format!("found a text in quotes where {wanted} is wanted"),
                    span,
                    hint,
                );
            }
            TokenKind::Html => {
                self.error(format!("found `<` where {wanted} is wanted"), span, hint);
            }
            TokenKind::Other if self.text() == "#" => {
                let hint = "comments are `// ...`, `/* ... */`, or a line that begins with `#`";
                self.error("unexpected `#`", span, Some(hint));
                self.lexer.skip_line();
            }
            _ => {
                let found = name::shorten(self.text());
                self.error(
                    format!("found `{found}` where {wanted} is wanted"),
                    span,
                    hint,
                );
            }
        }
        Err(Mistake)
    }
}
