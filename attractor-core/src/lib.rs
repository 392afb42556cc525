#![doc = include_str!("../README.md")]

pub mod condition;
pub mod dot;
pub mod graph;
mod limits;
pub mod lint;
pub mod transform;

pub use condition::{Condition, ConditionError};
pub use dot::Span;
pub use graph::{
    AttrError, AttrType, AttrValue, DuplicateNode, Edge, EdgeCondition, Element, Graph, GraphAttrs,
    InvalidNodeId, Node, NodeId, Origin, Shape, attribute_names, attribute_type,
};
pub use lint::{Diagnostic, LintRule, Severity};
pub use transform::Transform;
