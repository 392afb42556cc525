//! `prompt_on_llm_nodes`: a model is told what to do.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct PromptOnLlmNodes;

impl LintRule for PromptOnLlmNodes {
    fn name(&self) -> &str {
        "prompt_on_llm_nodes"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for node in graph
            .nodes()
            .iter()
            .filter(|node| graph.resolved_type(node) == "codergen")
        {
            let labelled = node.origin("label").is_some() && !node.label.trim().is_empty();
            if !labelled && node.prompt.trim().is_empty() {
                let message = format!("node `{}` has neither a prompt nor a label", node.id());
                let found = Diagnostic::warning(self.name(), message).at_node(node);
                diagnostics.push(found.fix("add `prompt=\"...\"`"));
            }
        }
    }
}
