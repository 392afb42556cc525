//! Changes to a graph between parsing and validation.

use std::fmt::Debug;

use crate::graph::Graph;
use crate::lint::Diagnostic;

/// A change to the graph.
///
/// Source: attractor-spec 9.1 and 9.3.
pub trait Transform: Debug + Send + Sync + 'static {
    /// Name, for diagnostics and logs.
    fn name(&self) -> &str;

    /// The changed graph.
    ///
    /// # Behavior
    ///
    /// - What it has to say goes to `diagnostics`. One with severity error keeps the pipeline
    ///   from running; so a transform that fails reports the failure and returns the graph.
    /// - Depends on nothing but the graph and the transform's own settings.
    fn apply(&self, graph: Graph, diagnostics: &mut Vec<Diagnostic>) -> Graph;
}

/// Transforms are kept as trait objects.
const _: Option<&dyn Transform> = None;
