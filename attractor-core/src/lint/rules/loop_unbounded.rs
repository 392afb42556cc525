//! `loop_unbounded`: what bounds a loop besides the limit on all steps of a run.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

/// Nodes of a loop that are named.
const NAMED: usize = 5;

#[derive(Debug)]
pub(super) struct LoopUnbounded;

impl LintRule for LoopUnbounded {
    fn name(&self) -> &str {
        "loop_unbounded"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        if graph.attrs().max_steps.is_some() {
            return;
        }
        for nodes in graph.loops(|node| node.max_visits.is_some()) {
            let Some(first) = nodes.first() else { continue };
            let mut names: Vec<&str> = nodes
                .iter()
                .take(NAMED)
                .map(|node| node.id().as_str())
                .collect();
            if nodes.len() > NAMED {
                names.push("...");
            }
            let message = format!(
                "the loop through {} has no limit of its own",
                names.join(", ")
            );
            let found = Diagnostic::info(self.name(), message).at_node(first);
            diagnostics.push(found.fix("set `max_visits` on a node of the loop"));
        }
    }
}
