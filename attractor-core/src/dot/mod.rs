//! The graph language: text to syntax tree, with a position for everything.

mod span;

pub use span::{LineIndex, Position, Span};
