//! What was written, nothing resolved.

use std::borrow::Cow;

use super::span::Span;

/// A source text as a tree. It borrows from the source what has no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ast<'a> {
    /// Name of the graph; empty for an anonymous one.
    pub name: Name<'a>,
    /// From `digraph` to the end of the name.
    pub span: Span,
    /// What is between the braces.
    pub statements: Vec<Statement<'a>>,
}

/// A name and where it is written; quotes are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name<'a> {
    /// The name.
    pub text: Cow<'a, str>,
    /// Where, quotes included.
    pub span: Span,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete: the grammar of attractor-spec 2.2"
)]
pub enum Statement<'a> {
    /// `graph [...]`
    GraphAttrs(AttrBlock<'a>),
    /// `node [...]`
    NodeDefaults(AttrBlock<'a>),
    /// `edge [...]`
    EdgeDefaults(AttrBlock<'a>),
    /// `key = value`
    Attr(Attr<'a>),
    /// `subgraph name { ... }`
    Subgraph(Subgraph<'a>),
    /// `id [...]`
    Node(NodeStatement<'a>),
    /// `id -> id [...]`
    Edge(EdgeStatement<'a>),
}

/// Attributes in brackets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttrBlock<'a> {
    /// In the order written, repetitions included.
    pub attrs: Vec<Attr<'a>>,
    /// Brackets included.
    pub span: Span,
    /// The first place between two attributes where the comma is missing.
    pub missing_comma: Option<Span>,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attr<'a> {
    /// Its name, dots included.
    pub name: Name<'a>,
    /// Its value.
    pub value: Value<'a>,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// The text, without quotes and with escapes resolved.
    pub text: Cow<'a, str>,
    /// Whether it is in quotes, and so a text whatever it looks like.
    pub quoted: bool,
    /// Where, quotes included.
    pub span: Span,
}

/// A subgraph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subgraph<'a> {
    /// Its name, if it has one.
    pub name: Option<Name<'a>>,
    /// What is between its braces.
    pub statements: Vec<Statement<'a>>,
    /// From `subgraph` to the closing brace.
    pub span: Span,
}

/// The declaration of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatement<'a> {
    /// Its id.
    pub id: Name<'a>,
    /// Its attributes.
    pub block: Option<AttrBlock<'a>>,
}

/// A chain of edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeStatement<'a> {
    /// The ids along the chain, two at least.
    pub ids: Vec<Name<'a>>,
    /// Attributes of every edge of the chain.
    pub block: Option<AttrBlock<'a>>,
}

impl Ast<'_> {
    /// The same tree without its places in a source, to compare what two texts say.
    #[must_use]
    pub fn without_spans(mut self) -> Self {
        self.span = Span::default();
        clear_name(&mut self.name);
        self.statements.iter_mut().for_each(clear_statement);
        self
    }
}

fn clear_statement(statement: &mut Statement<'_>) {
    match statement {
        Statement::GraphAttrs(block)
        | Statement::NodeDefaults(block)
        | Statement::EdgeDefaults(block) => clear_block(block),
        Statement::Attr(attr) => clear_attr(attr),
        Statement::Subgraph(subgraph) => {
            subgraph.span = Span::default();
            subgraph.name.iter_mut().for_each(clear_name);
            subgraph.statements.iter_mut().for_each(clear_statement);
        }
        Statement::Node(node) => {
            clear_name(&mut node.id);
            node.block.iter_mut().for_each(clear_block);
        }
        Statement::Edge(edge) => {
            edge.ids.iter_mut().for_each(clear_name);
            edge.block.iter_mut().for_each(clear_block);
        }
    }
}

fn clear_block(block: &mut AttrBlock<'_>) {
    block.span = Span::default();
    block.missing_comma = None;
    block.attrs.iter_mut().for_each(clear_attr);
}

fn clear_attr(attr: &mut Attr<'_>) {
    clear_name(&mut attr.name);
    attr.value.span = Span::default();
}

fn clear_name(name: &mut Name<'_>) {
    name.span = Span::default();
}
