//! The graph language: text to syntax tree, with a position for everything.

mod ast;
mod error;
mod format;
mod lexer;
mod parser;
mod snippet;
mod span;
mod token;
mod value;
mod without_spans;

pub use ast::{
    Ast, Attr, AttrBlock, Body, Comment, CommentPlace, EdgeStatement, Name, NodeStatement,
    Statement, StatementKind, Subgraph, Value,
};
pub use error::{ParseError, ParseErrors};
pub use format::format;
pub use parser::parse;
pub(crate) use snippet::{Snippet, write_message};
pub use span::{LineIndex, Position, Span};
pub(crate) use value::{escape, is_identifier, unescape};
