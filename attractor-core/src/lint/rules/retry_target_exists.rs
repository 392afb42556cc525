//! `retry_target_exists`: retry targets are declared nodes.

use crate::dot::Span;
use crate::graph::Graph;
use crate::limits::MAX_SUGGESTIONS;
use crate::lint::{Diagnostic, LintRule, suggestion};

#[derive(Debug)]
pub(super) struct RetryTargetExists;

impl LintRule for RetryTargetExists {
    fn name(&self) -> &str {
        "retry_target_exists"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let mut search = Search {
            graph,
            rule: self.name(),
            looked_up: 0,
        };
        let attrs = graph.attrs();
        for (name, target) in [
            ("retry_target", &attrs.retry_target),
            ("fallback_retry_target", &attrs.fallback_retry_target),
        ] {
            diagnostics.extend(search.check(name, target.as_deref(), attrs.attr_span(name)));
        }
        for node in graph.nodes() {
            for (name, target) in [
                ("retry_target", &node.retry_target),
                ("fallback_retry_target", &node.fallback_retry_target),
            ] {
                let found = search.check(name, target.as_deref(), node.attr_span(name));
                diagnostics.extend(found.map(|found| found.at_node(node)));
            }
        }
    }
}

struct Search<'a> {
    graph: &'a Graph,
    rule: &'a str,
    looked_up: usize,
}

impl Search<'_> {
    fn check(
        &mut self,
        name: &str,
        target: Option<&str>,
        span: Option<Span>,
    ) -> Option<Diagnostic> {
        let target = target.filter(|target| self.graph.node(target).is_none())?;
        self.looked_up += 1;
        let ids = self.graph.nodes().iter().map(|node| node.id().as_str());
        let known = (self.looked_up <= MAX_SUGGESTIONS)
            .then(|| suggestion(target, ids))
            .flatten();
        let message = format!("`{name}` names `{target}`, which isn't a node");
        let found = Diagnostic::warning(self.rule, message).at(span);
        Some(match known {
            Some(known) => found.meant(span, target, known),
            None => found.fix("name a node of the pipeline"),
        })
    }
}
