//! What was written, comments included, nothing resolved.

use std::borrow::Cow;

use super::span::Span;
use super::value::{escape, unescape};

/// A source text as a tree. It borrows from the source what has no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ast<'a> {
    /// Name of the graph; empty for an anonymous one.
    pub name: Name<'a>,
    /// From `digraph` to the end of the name.
    pub span: Span,
    /// What is between the braces.
    pub body: Body<'a>,
    /// What is before `digraph` and after the last brace.
    pub comments: Vec<Comment<'a>>,
    /// Whether an empty line is between the comments before `digraph` and it.
    pub blank_line: bool,
}

/// What is between braces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body<'a> {
    /// The statements in their order.
    pub statements: Vec<Statement<'a>>,
    /// What is after the last statement.
    pub comments: Vec<Comment<'a>>,
    /// From the opening brace up to the closing one.
    pub span: Span,
}

/// A name and where it is written; quotes are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name<'a> {
    /// The name.
    pub text: Cow<'a, str>,
    /// Where, quotes included.
    pub span: Span,
}

/// One statement and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// What it states.
    pub kind: StatementKind<'a>,
    /// Comments before it, inside it and behind it.
    pub comments: Vec<Comment<'a>>,
    /// Whether an empty line is before it, and after the comments before it.
    pub blank_line: bool,
}

/// What a statement can be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete: the grammar of attractor-spec 2.2"
)]
pub enum StatementKind<'a> {
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
    /// What is after the last attribute.
    pub comments: Vec<Comment<'a>>,
    /// Each place between two attributes where the comma is missing: the semicolon that is there
    /// instead, or the empty span where the comma would be.
    pub missing_commas: Vec<Span>,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attr<'a> {
    /// Its name, dots included.
    pub name: Name<'a>,
    /// Its value.
    pub value: Value<'a>,
    /// Comments before it, inside it and behind it; as a statement it has none of its own.
    pub comments: Vec<Comment<'a>>,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// What is written, without quotes, but with escapes.
    pub raw: Cow<'a, str>,
    /// Whether it is in quotes, and so a text whatever it looks like.
    pub quoted: bool,
    /// Where, quotes included.
    pub span: Span,
}

/// A comment, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    /// The text from `//`, `/*` or `#` to the end of the line or `*/`.
    pub text: Cow<'a, str>,
    /// Where it stands.
    pub place: CommentPlace,
    /// Whether an empty line is before it. In brackets that isn't kept.
    pub blank_line: bool,
    /// Where in the source.
    pub span: Span,
}

/// Where a comment stands, seen from what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: there is no third side")]
pub enum CommentPlace {
    /// On a line of its own before it. Comments inside a statement or an attribute move there.
    Before,
    /// Behind it, on its last line.
    After,
}

/// A subgraph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subgraph<'a> {
    /// Its name, if it has one.
    pub name: Option<Name<'a>>,
    /// What is between its braces.
    pub body: Body<'a>,
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

impl<'a> Name<'a> {
    /// A name that is written nowhere.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            text: text.into(),
            span: Span::default(),
        }
    }
}

impl<'a> Value<'a> {
    /// A text, to be written in quotes.
    #[must_use]
    pub fn quoted(text: &'a str) -> Self {
        Self {
            raw: escape(text),
            quoted: true,
            span: Span::default(),
        }
    }

    /// What is written, with escapes resolved.
    ///
    /// ```
    /// let ast = attractor_core::dot::parse(r#"digraph { label="say \"hi\"" }"#)?;
    /// let attractor_core::dot::StatementKind::Attr(attr) = &ast.body.statements[0].kind else {
    ///     return Ok(());
    /// };
    /// assert_eq!(attr.value.text(), r#"say "hi""#);
    /// # Ok::<(), attractor_core::dot::ParseErrors>(())
    /// ```
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        if self.quoted {
            unescape(&self.raw)
        } else {
            Cow::Borrowed(&self.raw)
        }
    }
}

impl<'a> From<StatementKind<'a>> for Statement<'a> {
    fn from(kind: StatementKind<'a>) -> Self {
        Self {
            kind,
            comments: Vec::new(),
            blank_line: false,
        }
    }
}
