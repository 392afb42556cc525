//! A lint rule of one's own: no command may run without a limit on its time.
//!
//! It's told apart from the built-in ones by nothing: its findings have a place, a fix, and keep a
//! pipeline from running if they are errors.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::sync::Arc;

use attractor_core::dot::LineIndex;
use attractor_core::{Diagnostic, Engine, Graph, LintRule};

const PIPELINE: &str = r#"digraph release {
    start [shape=Mdiamond]; exit [shape=Msquare]
    build [shape=parallelogram, tool_command="make"]
    test  [shape=parallelogram, tool_command="make test", timeout="10m"]
    start -> build -> test -> exit
}"#;

#[derive(Debug)]
struct ToolsHaveTimeouts;

impl LintRule for ToolsHaveTimeouts {
    fn name(&self) -> &str {
        "tools_have_timeouts"
    }

    fn apply(&self, graph: &Graph, found: &mut Vec<Diagnostic>) {
        for node in graph.nodes() {
            if graph.resolved_type(node) == "tool" && node.timeout.is_none() {
                let text = format!("the command of `{}` may run for ever", node.id());
                let finding = Diagnostic::error(self.name(), text).at_node(node);
                found.push(finding.fix("timeout=\"10m\""));
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder()
        .lint_rule(Arc::new(ToolsHaveTimeouts))
        .build();
    let Err(refused) = engine.prepare(PIPELINE) else {
        return Err("the rule has found nothing".into());
    };
    let lines = LineIndex::new(PIPELINE);
    for finding in refused.errors() {
        let line = finding
            .span
            .map_or(0, |span| lines.position(span.start).line);
        let fix = finding.fix.as_deref().unwrap_or("none");
        println!(
            "line {line}: {} ({}); fix: {fix}",
            finding.message, finding.rule
        );
    }

    let repaired = PIPELINE.replace("\"make\"]", "\"make\", timeout=\"10m\"]");
    let pipeline = engine.prepare(&repaired)?;
    println!("{} is fine", pipeline.graph().name());
    Ok(())
}
