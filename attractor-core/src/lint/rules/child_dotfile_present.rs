//! `child_dotfile_present`: a node that runs another pipeline says which.

use crate::engine::child_dotfile;
use crate::graph::{AttrValue, Graph};
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct ChildDotfilePresent;

impl LintRule for ChildDotfilePresent {
    fn name(&self) -> &str {
        "child_dotfile_present"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let autostart = "stack.child_autostart";
        for node in graph.nodes() {
            let kind = graph.resolved_type(node);
            let of_graph = || graph.attrs().attr(autostart);
            let starts = node.attr(autostart).or_else(of_graph) != Some(&AttrValue::Boolean(false));
            let runs = match kind {
                "stack.sub_pipeline" => true,
                "stack.manager_loop" => starts,
                _ => false,
            };
            if runs && child_dotfile(graph, node).is_none() {
                let message = format!("node `{}` names no pipeline to run", node.id());
                let found = Diagnostic::error(self.name(), message).at_node(node);
                diagnostics.push(found.fix("add `stack.child_dotfile=\"...\"`"));
            }
        }
    }
}
