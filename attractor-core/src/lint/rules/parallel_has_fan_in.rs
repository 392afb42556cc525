//! `parallel_has_fan_in`: the branches of a parallel node come together, and at one place.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};
use crate::run::fan_ins;

#[derive(Debug)]
pub(super) struct ParallelHasFanIn;

impl LintRule for ParallelHasFanIn {
    fn name(&self) -> &str {
        "parallel_has_fan_in"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let parallel = graph.nodes().iter();
        for node in parallel.filter(|node| graph.resolved_type(node) == "parallel") {
            // A node without edges is a dead end, which is its own finding.
            if graph.outgoing(node.id()).next().is_none() {
                continue;
            }
            let found = fan_ins(graph, node.id());
            let names: Vec<&str> = found.iter().map(|id| id.as_str()).collect();
            let (message, fix) = match names.as_slice() {
                [_] => continue,
                [] => (
                    format!(
                        "the branches of `{}` never come together; the run goes on at the exit if \
                         one of them comes there, and else ends at `{}`",
                        node.id(),
                        node.id()
                    ),
                    "let them lead to a node with the shape tripleoctagon",
                ),
                _ => (
                    format!(
                        "the branches of `{}` end at different fan-ins ({}); the run goes on at one \
                         of them only",
                        node.id(),
                        names.join(", ")
                    ),
                    "let them lead to the same fan-in",
                ),
            };
            let found = Diagnostic::warning(self.name(), message).at_node(node);
            diagnostics.push(found.fix(fix));
        }
    }
}
