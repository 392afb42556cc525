//! What a check has to say.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::edit::Edit;
use crate::dot::Span;
use crate::graph::{Edge, Node, NodeId};

/// How bad it is.
///
/// Source: attractor-spec 7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "complete by specification")]
pub enum Severity {
    /// The pipeline isn't executed.
    Error,
    /// It is executed, but may not do what was meant.
    Warning,
    /// Good to know.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// A finding about a pipeline.
///
/// Source: attractor-spec 7.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The rule that found it.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for people.
    pub message: String,
    /// The node it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// The edge it is about, from and to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<(NodeId, NodeId)>,
    /// Where in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The same for a program to carry out, where there is one way to do it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

impl Diagnostic {
    /// A finding that is about nothing in particular yet.
    pub fn new(rule: impl Into<String>, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            severity,
            message: message.into(),
            node: None,
            edge: None,
            span: None,
            fix: None,
            edits: Vec::new(),
        }
    }

    /// A finding that keeps the pipeline from running.
    pub fn error(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Error, message)
    }

    /// A finding that may mean trouble.
    pub fn warning(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Warning, message)
    }

    /// A finding that is good to know.
    pub fn info(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Info, message)
    }

    /// It is about `node`; points at the node unless it points somewhere already.
    #[must_use]
    pub fn at_node(mut self, node: &Node) -> Self {
        self.node = Some(node.id().clone());
        self.span = self.span.or(node.span);
        self
    }

    /// It is about `edge`; points at the edge unless it points somewhere already.
    #[must_use]
    pub fn at_edge(mut self, edge: &Edge) -> Self {
        self.edge = Some((edge.from().clone(), edge.to().clone()));
        self.span = self.span.or(edge.span);
        self
    }

    /// It points at `span`, if there is one.
    #[must_use]
    pub fn at(mut self, span: Option<Span>) -> Self {
        self.span = span.or(self.span);
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.severity, self.rule, self.message)
    }
}
