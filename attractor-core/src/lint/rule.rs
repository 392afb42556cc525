//! The trait that checks implement.

use std::fmt::Debug;

use super::diagnostic::Diagnostic;
use crate::graph::Graph;

/// A check of the whole graph.
///
/// Source: attractor-spec 7.4.
pub trait LintRule: Debug + Send + Sync + 'static {
    /// Name that its diagnostics carry.
    fn name(&self) -> &str;

    /// Looks at the graph and reports what it finds.
    ///
    /// # Behavior
    ///
    /// - Takes time linear in the graph: graphs of 10,000 nodes are usual.
    /// - Depends on nothing but the graph and the rule's own settings.
    /// - The order of what it pushes doesn't matter: findings are sorted by place.
    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>);
}

/// Rules are kept as trait objects.
const _: Option<&dyn LintRule> = None;
