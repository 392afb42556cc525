//! `fan_in_has_parallel`: something comes together at each fan-in.

use std::collections::BTreeSet;

use crate::graph::{Graph, NodeId};
use crate::lint::{Diagnostic, LintRule};
use crate::run::fan_ins;

#[derive(Debug)]
pub(super) struct FanInHasParallel;

impl LintRule for FanInHasParallel {
    fn name(&self) -> &str {
        "fan_in_has_parallel"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let of_type = |kind: &'static str| {
            let nodes = graph.nodes().iter();
            nodes.filter(move |node| graph.resolved_type(node) == kind)
        };
        if of_type("parallel.fan_in").next().is_none() {
            return;
        }
        let fed: BTreeSet<NodeId> = of_type("parallel")
            .flat_map(|node| fan_ins(graph, node.id()))
            .collect();
        for node in of_type("parallel.fan_in").filter(|node| !fed.contains(node.id())) {
            let message = format!(
                "no branches come together at `{}`, so it has nothing to choose from and fails",
                node.id()
            );
            let found = Diagnostic::warning(self.name(), message).at_node(node);
            diagnostics.push(found.fix("let a node with the shape component fan out before it"));
        }
    }
}
