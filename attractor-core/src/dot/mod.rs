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

pub use ast::{
    Ast, Attr, AttrBlock, EdgeStatement, Name, NodeStatement, Statement, Subgraph, Value,
};
pub use error::{ParseError, ParseErrors};
pub use format::format;
pub use parser::parse;
pub(crate) use snippet::{Snippet, write_message};
pub use span::{LineIndex, Position, Span};
pub(crate) use value::{is_identifier, unescape};
