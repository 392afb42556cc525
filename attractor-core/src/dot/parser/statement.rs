//! Statements: defaults, attributes, subgraphs, nodes, edges.

use super::{Mistake, Parsed, Parser};
use crate::dot::ast::{AttrBlock, EdgeStatement, Name, NodeStatement, Statement, Subgraph};
use crate::dot::span::Span;
use crate::dot::token::TokenKind;
use crate::limits::MAX_NESTING;

impl<'a> Parser<'a> {
    /// Statements up to a `}` or the end of the source.
    pub(super) fn statements(&mut self, depth: usize) -> Vec<Statement<'a>> {
        let mut statements = Vec::new();
        while !matches!(self.token.kind, TokenKind::CloseBrace | TokenKind::End) {
            if self.eat(TokenKind::Semicolon) {
                continue;
            }
            self.count_element();
            let start = self.token.span.start;
            match self.statement(depth) {
                Ok(statement) => statements.push(statement),
                Err(Mistake) => {
                    if self.token.span.start == start {
                        self.advance();
                    }
                    self.skip_statement();
                }
            }
        }
        statements
    }

    fn statement(&mut self, depth: usize) -> Parsed<Statement<'a>> {
        let start = self.token.span;
        if self.token.kind == TokenKind::Word {
            match self.text() {
                "graph" => return self.defaults().map(Statement::GraphAttrs),
                "node" => return self.defaults().map(Statement::NodeDefaults),
                "edge" => return self.defaults().map(Statement::EdgeDefaults),
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

    fn subgraph(&mut self, depth: usize) -> Parsed<Statement<'a>> {
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
        Ok(Statement::Subgraph(subgraph))
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
        let statements = self.statements(depth + 1);
        let end = self.token.span;
        if !self.eat(TokenKind::CloseBrace) {
            self.unclosed_brace(open);
            return Err(Mistake);
        }
        Ok(Subgraph {
            name,
            statements,
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

    fn node_or_edge(&mut self) -> Parsed<Statement<'a>> {
        let name = self.statement_name()?;
        if self.token.kind == TokenKind::Equals {
            return self.graph_attribute(name).map(Statement::Attr);
        }
        let mut ids = vec![self.check_node_id(name)?];
        while self.at_arrow()? {
            self.advance();
            self.count_element();
            ids.push(self.node_id()?);
        }
        let block = match self.token.kind {
            TokenKind::OpenBracket => Some(self.block()?),
            _ => None,
        };
        Ok(match <[Name<'a>; 1]>::try_from(ids) {
            Ok([id]) => Statement::Node(NodeStatement { id, block }),
            Err(ids) => Statement::Edge(EdgeStatement { ids, block }),
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
            self.error(
                "undirected edges aren't supported",
                span,
                Some("write `->`"),
            );
            return Err(Mistake);
        }
        Ok(self.token.kind == TokenKind::Arrow)
    }
}
