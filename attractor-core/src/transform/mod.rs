//! Changes to a graph between parsing and validation.

pub(crate) mod dialect;
mod merge;
mod stylesheet;
mod variables;

use std::fmt::Debug;
use std::sync::Arc;

pub use dialect::{DialectTransform, Migration, migrate};
pub use merge::MergeTransform;
pub use stylesheet::StylesheetTransform;
pub use variables::{VariableTransform, expand_context, expand_goal};

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

/// The built-in transforms in their order; custom ones come after them.
///
/// ```
/// use attractor_core::{Graph, transform};
///
/// let (mut graph, mut diagnostics) =
///     Graph::parse("digraph g { goal=\"ship it\" a [prompt=\"Plan: $goal\"] }")?;
/// for transform in transform::built_in() {
///     graph = transform.apply(graph, &mut diagnostics);
/// }
/// assert_eq!(graph.node("a").map(|node| node.prompt.as_str()), Some("Plan: ship it"));
/// # Ok::<(), attractor_core::dot::ParseErrors>(())
/// ```
///
/// Source: attractor-spec 9.2.
#[must_use]
pub fn built_in() -> Vec<Arc<dyn Transform>> {
    vec![
        Arc::new(DialectTransform),
        Arc::new(VariableTransform),
        Arc::new(StylesheetTransform),
    ]
}
