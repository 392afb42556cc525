//! Syntax trees without the places of things, to compare what two texts say.

use super::ast::{Ast, Attr, AttrBlock, Body, Comment, Name, Statement, StatementKind};
use super::span::Span;

impl Ast<'_> {
    /// The same tree without its places in a source and without the commas that are missing there.
    #[must_use]
    pub fn without_spans(mut self) -> Self {
        self.span = Span::default();
        clear_name(&mut self.name);
        clear_comments(&mut self.comments);
        clear_body(&mut self.body);
        self
    }
}

fn clear_body(body: &mut Body<'_>) {
    body.span = Span::default();
    body.statements.iter_mut().for_each(clear_statement);
    clear_comments(&mut body.comments);
}

fn clear_statement(statement: &mut Statement<'_>) {
    clear_comments(&mut statement.comments);
    match &mut statement.kind {
        StatementKind::GraphAttrs(block)
        | StatementKind::NodeDefaults(block)
        | StatementKind::EdgeDefaults(block) => clear_block(block),
        StatementKind::Attr(attr) => clear_attr(attr),
        StatementKind::Subgraph(subgraph) => {
            subgraph.span = Span::default();
            subgraph.name.iter_mut().for_each(clear_name);
            clear_body(&mut subgraph.body);
        }
        StatementKind::Node(node) => {
            clear_name(&mut node.id);
            node.block.iter_mut().for_each(clear_block);
        }
        StatementKind::Edge(edge) => {
            edge.ids.iter_mut().for_each(clear_name);
            edge.block.iter_mut().for_each(clear_block);
        }
    }
}

fn clear_block(block: &mut AttrBlock<'_>) {
    block.span = Span::default();
    block.missing_commas.clear();
    block.attrs.iter_mut().for_each(clear_attr);
    clear_comments(&mut block.comments);
}

fn clear_attr(attr: &mut Attr<'_>) {
    clear_name(&mut attr.name);
    attr.value.span = Span::default();
    clear_comments(&mut attr.comments);
}

fn clear_comments(comments: &mut [Comment<'_>]) {
    for comment in comments {
        comment.span = Span::default();
    }
}

fn clear_name(name: &mut Name<'_>) {
    name.span = Span::default();
}
