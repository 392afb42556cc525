//! `tool_command_present`: a tool node says what to run.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct ToolCommandPresent;

impl LintRule for ToolCommandPresent {
    fn name(&self) -> &str {
        "tool_command_present"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for node in graph
            .nodes()
            .iter()
            .filter(|node| graph.resolved_type(node) == "tool")
        {
            if node
                .tool_command
                .as_ref()
                .is_none_or(|command| command.trim().is_empty())
            {
                let message = format!("tool node `{}` has no command", node.id());
                let found = Diagnostic::error(self.name(), message).at_node(node);
                diagnostics.push(found.fix("add `tool_command=\"...\"`"));
            }
        }
    }
}
