//! Shapes and the handler each one stands for (attractor-spec 2.8).

use std::fmt;

/// Shape of a node; it chooses the handler unless the node has a `type`.
///
/// ```
/// use attractor_core::Shape;
///
/// assert_eq!(Shape::from("hexagon").handler_type(), "wait.human");
/// assert_eq!(Shape::from("ellipse").handler_type(), "codergen");
/// ```
///
/// Source: attractor-spec 2.8 and appendix B.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// `Mdiamond`: where the pipeline begins.
    Mdiamond,
    /// `Msquare`: where it ends.
    Msquare,
    /// `box`: a task for a model, and what a node is without a shape.
    #[default]
    Box,
    /// `hexagon`: a question to a human.
    Hexagon,
    /// `diamond`: a choice by conditions.
    Diamond,
    /// `component`: fans out into parallel branches.
    Component,
    /// `tripleoctagon`: collects parallel branches.
    Tripleoctagon,
    /// `parallelogram`: runs a tool.
    Parallelogram,
    /// `house`: supervises another pipeline.
    House,
    /// Any other Graphviz shape; it is drawn so and handled like a `box`.
    Other(String),
}

/// Shape, its name in DOT, the handler type it stands for: one row each.
const TABLE: &[(Shape, &str, &str)] = &[
    (Shape::Mdiamond, "Mdiamond", "start"),
    (Shape::Msquare, "Msquare", "exit"),
    (Shape::Box, "box", "codergen"),
    (Shape::Hexagon, "hexagon", "wait.human"),
    (Shape::Diamond, "diamond", "conditional"),
    (Shape::Component, "component", "parallel"),
    (Shape::Tripleoctagon, "tripleoctagon", "parallel.fan_in"),
    (Shape::Parallelogram, "parallelogram", "tool"),
    (Shape::House, "house", "stack.manager_loop"),
];

impl Shape {
    /// Name of the shape as DOT spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => known.row().map_or("box", |row| row.1),
        }
    }

    /// The handler type the shape stands for; `codergen` for shapes without one.
    #[must_use]
    pub fn handler_type(&self) -> &'static str {
        self.row().map_or("codergen", |row| row.2)
    }

    /// The handler types that shapes stand for, in the order of the specification's table.
    pub fn handler_types() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|row| row.2)
    }

    fn row(&self) -> Option<&'static (Shape, &'static str, &'static str)> {
        TABLE.iter().find(|row| row.0 == *self)
    }
}

impl From<&str> for Shape {
    fn from(name: &str) -> Self {
        TABLE
            .iter()
            .find(|row| row.1 == name)
            .map_or_else(|| Self::Other(name.to_owned()), |row| row.0.clone())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
