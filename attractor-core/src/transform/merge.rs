//! Puts other graphs in the place of nodes.

use std::collections::BTreeMap;

use super::Transform;
use crate::graph::{Graph, NodeId};
use crate::lint::Diagnostic;

/// Puts graphs in the place of nodes, as [`Graph::merge`] does, so that a pipeline can be put
/// together from parts.
///
/// In DOT, `stack.merge_dotfile="checks.dot"` on a node does the same when the pipeline's file is
/// known; see [`Engine::prepare_at`](crate::Engine::prepare_at). This transform is for graphs that
/// a program has:
///
/// ```
/// use std::sync::Arc;
/// use attractor_core::transform::MergeTransform;
/// use attractor_core::{Engine, Graph};
///
/// let (checks, _) = Graph::parse(
///     "digraph checks { start [shape=Mdiamond]; lint [prompt=\"Lint for $goal\"]
///         exit [shape=Msquare]; start -> lint -> exit }",
/// )?;
/// let merge = MergeTransform::new().graph("checks".parse()?, checks);
/// let engine = Engine::builder().transform(Arc::new(merge)).build();
/// let pipeline = engine.prepare(
///     "digraph main { goal=\"the release\"; start [shape=Mdiamond]; checks [prompt=x]
///         exit [shape=Msquare]; start -> checks -> exit }",
/// )?;
/// let lint = pipeline.graph().node("checks_lint").map(|node| node.prompt.as_str());
/// assert_eq!(lint, Some("Lint for the release"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The other graph is transformed on its own first, with its own stylesheet; its goal is this
/// one's if it has none.
///
/// Source: attractor-spec 9.3 and 9.4.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MergeTransform {
    graphs: BTreeMap<NodeId, Graph>,
}

impl MergeTransform {
    /// A transform that merges nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a graph in the place of the node with this id.
    #[must_use]
    pub fn graph(mut self, place: NodeId, graph: Graph) -> Self {
        self.graphs.insert(place, graph);
        self
    }
}

impl Transform for MergeTransform {
    fn name(&self) -> &str {
        "merge"
    }

    fn apply(&self, mut graph: Graph, diagnostics: &mut Vec<Diagnostic>) -> Graph {
        for (place, part) in &self.graphs {
            let mut part = part.clone();
            if part.attrs().goal.is_empty() {
                part.attrs_mut().goal.clone_from(&graph.attrs().goal);
            }
            for transform in super::built_in() {
                part = transform.apply(part, diagnostics);
            }
            let node = graph.node(place).cloned();
            if let Err(error) = graph.merge(place, part) {
                let found = Diagnostic::error(self.name(), error.to_string());
                diagnostics.push(match &node {
                    Some(node) => found.at_node(node),
                    None => found,
                });
            }
        }
        graph
    }
}
