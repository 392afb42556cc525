//! Statements: defaults, attributes, subgraphs, nodes, edges.

use super::{Mistake, Parsed, Parser};
use crate::dot::ast::{
    AttrBlock, Body, CommentPlace, EdgeStatement, Name, NodeStatement, Statement, StatementKind,
    Subgraph,
};
use crate::dot::span::Span;
use crate::dot::token::TokenKind;
use crate::limits::MAX_NESTING;

impl<'a> Parser<'a> {
    /// What comes up to a `}` or the end of the source.
    pub(super) fn body(&mut self, depth: usize) -> Body<'a> {
        let start = self.previous_end.saturating_sub(1);
        let mut statements: Vec<Statement<'a>> = Vec::new();
        while !matches!(self.token.kind, TokenKind::CloseBrace | TokenKind::End) {
            if self.eat(TokenKind::Semicolon) {
                if let Some(last) = statements.last_mut() {
                    self.comments_on_line(&mut last.comments);
                }
                continue;
            }
            self.count_elements(1);
            let start = self.token.span.start;
            match self.statement_with_comments(depth, statements.is_empty()) {
                Ok(statement) => statements.push(statement),
                Err(Mistake) => {
                    if self.token.span.start == start {
                        self.advance();
                    }
                    self.skip_statement();
                }
            }
        }
        let mut comments = self.comments_before();
        if let (Some(first), true) = (comments.first_mut(), statements.is_empty()) {
            first.blank_line = false;
        }
        Body {
            statements,
            comments,
            span: Span::new(start, self.token.span.start),
        }
    }

    fn statement_with_comments(&mut self, depth: usize, first: bool) -> Parsed<Statement<'a>> {
        let mut comments = self.comments_before();
        let before = comments.len();
        let mut blank_line = self.token.newlines > 1;
        let kind = self.statement(depth)?;
        self.comments_around(&mut comments);
        let moved = comments
            .get_mut(before)
            .filter(|comment| comment.place == CommentPlace::Before);
        if let (Some(moved), 0) = (moved, before) {
            moved.blank_line = std::mem::take(&mut blank_line);
        }
        if first {
            let leading = comments.first_mut();
            match leading.filter(|comment| comment.place == CommentPlace::Before) {
                Some(comment) => comment.blank_line = false,
                None => blank_line = false,
            }
        }
        Ok(Statement {
            kind,
            comments,
            blank_line,
        })
    }

    fn statement(&mut self, depth: usize) -> Parsed<StatementKind<'a>> {
        let start = self.token.span;
        if self.token.kind == TokenKind::Word {
            match self.text() {
                "graph" => return self.defaults().map(StatementKind::GraphAttrs),
                "node" => return self.defaults().map(StatementKind::NodeDefaults),
                "edge" => return self.defaults().map(StatementKind::EdgeDefaults),
                "subgraph" => return self.subgraph(depth),
                "digraph" | "strict" => {
                    let hint = "one pipeline is one file with one `digraph`; group with `subgraph`";
                    self.error("a graph inside the graph", start, Some(hint));
                    return Err(Mistake);
                }
                _ => {}
            }
        }
        if self.token.kind == TokenKind::OpenBrace {
            let hint = "write `subgraph { ... }`";
            self.error(
                "a group in braces needs the word `subgraph`",
                start,
                Some(hint),
            );
            let _ = self.group(None, start, depth);
            return self.no_edge_from_group(start);
        }
        self.node_or_edge()
    }

    /// The block after `graph`, `node` or `edge`.
    fn defaults(&mut self) -> Parsed<AttrBlock<'a>> {
        let span = self.token.span;
        let keyword = self.text();
        self.advance();
        if self.token.kind == TokenKind::OpenBracket {
            return self.block();
        }
        let message = format!("`{keyword}` is a keyword; `[` must follow it");
        let hint = format!("write `{keyword} [...]` for defaults, or choose another id");
        self.error(message, span, Some(&hint));
        Err(Mistake)
    }

    fn subgraph(&mut self, depth: usize) -> Parsed<StatementKind<'a>> {
        let start = self.token.span;
        self.advance();
        let name = match self.token.kind {
            TokenKind::OpenBrace => None,
            _ => Some(self.identifier("the name of a subgraph")?),
        };
        if self.token.kind != TokenKind::OpenBrace {
            return self.unexpected("the `{` of the subgraph", None);
        }
        let subgraph = self.group(name, start, depth)?;
        if matches!(self.token.kind, TokenKind::Arrow | TokenKind::Dashes) {
            return self.no_edge_from_group(start);
        }
        Ok(StatementKind::Subgraph(subgraph))
    }

    /// `{ ... }`, the brace being the next token.
    fn group(&mut self, name: Option<Name<'a>>, start: Span, depth: usize) -> Parsed<Subgraph<'a>> {
        let open = self.token.span;
        if depth >= MAX_NESTING {
            let message = format!("subgraphs are nested deeper than {MAX_NESTING} levels");
            self.error(message, start, None);
            self.skip_group(TokenKind::OpenBrace, TokenKind::CloseBrace);
            return Err(Mistake);
        }
        self.advance();
        let body = self.body(depth + 1);
        let end = self.token.span;
        if !self.eat(TokenKind::CloseBrace) {
            self.unclosed_brace(open);
            return Err(Mistake);
        }
        Ok(Subgraph {
            name,
            body,
            span: start.to(end),
        })
    }

    fn no_edge_from_group<T>(&mut self, start: Span) -> Parsed<T> {
        if matches!(self.token.kind, TokenKind::Arrow | TokenKind::Dashes) {
            let hint = "write one edge for each node of the group";
            let span = Span::new(start.start, self.previous_end);
            self.error(
                "an edge from a group of nodes isn't supported",
                span,
                Some(hint),
            );
        }
        Err(Mistake)
    }

    fn node_or_edge(&mut self) -> Parsed<StatementKind<'a>> {
        let name = self.statement_name()?;
        if self.token.kind == TokenKind::Equals {
            return self.graph_attribute(name).map(StatementKind::Attr);
        }
        let mut ids = vec![self.check_node_id(name)?];
        while self.at_arrow()? {
            self.advance();
            self.count_elements(1);
            ids.push(self.node_id()?);
        }
        let block = match self.token.kind {
            TokenKind::OpenBracket => Some(self.block()?),
            _ => None,
        };
        Ok(match <[Name<'a>; 1]>::try_from(ids) {
            Ok([id]) => StatementKind::Node(NodeStatement { id, block }),
            Err(ids) => StatementKind::Edge(EdgeStatement { ids, block }),
        })
    }

    fn statement_name(&mut self) -> Parsed<Name<'a>> {
        match self.token.kind {
            TokenKind::Word | TokenKind::Quoted => self.name("a statement"),
            TokenKind::OpenBracket => {
                let hint = "attributes follow a node, an edge, `graph`, `node` or `edge`";
                let span = self.token.span;
                self.error("these attributes belong to nothing", span, Some(hint));
                Err(Mistake)
            }
            TokenKind::Comma => {
                self.unexpected("a statement", Some("end it with `;` or a new line"))
            }
            TokenKind::Other if self.text() == "-" => {
                self.unexpected("a statement", Some("an edge is written `->`"))
            }
            _ => self.unexpected("a statement", None),
        }
    }

    fn at_arrow(&mut self) -> Parsed<bool> {
        if self.token.kind == TokenKind::Dashes {
            let span = self.token.span;
            let message = "undirected edges aren't supported";
            self.error_instead(message, span, "write `->`", "->");
            return Err(Mistake);
        }
        Ok(self.token.kind == TokenKind::Arrow)
    }
}
