//! A transform of one's own: `prompt="@plan.md"` stands for what is in a file beside the pipeline.
//!
//! Transforms run between parsing and validation, after the built-in ones, in the order in which
//! they were registered. What goes wrong is a diagnostic with a place.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::path::PathBuf;
use std::sync::Arc;

use attractor_core::transform::expand_goal;
use attractor_core::{Diagnostic, Engine, Graph, Transform};

const PIPELINE: &str = r#"digraph release {
    graph [goal="Release 1.2.0"]
    start [shape=Mdiamond]; exit [shape=Msquare]
    plan  [prompt="@plan.md"]
    ship  [prompt="Ship it"]
    start -> plan -> ship -> exit
}"#;

#[derive(Debug)]
struct PromptFiles {
    directory: PathBuf,
}

impl Transform for PromptFiles {
    fn name(&self) -> &str {
        "prompt_files"
    }

    fn apply(&self, mut graph: Graph, found: &mut Vec<Diagnostic>) -> Graph {
        let goal = graph.attrs().goal.clone();
        for node in graph.nodes_mut() {
            let Some(name) = node.prompt.strip_prefix('@') else {
                continue;
            };
            let path = self.directory.join(name);
            match std::fs::read_to_string(&path) {
                // The built-in transforms have run already.
                Ok(text) => node.prompt = expand_goal(text.trim_end(), &goal).into_owned(),
                Err(error) => {
                    let text = format!("can't read {}: {error}", path.display());
                    found.push(Diagnostic::error(self.name(), text).at_node(node));
                }
            }
        }
        graph
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::builder()
        .transform(Arc::new(PromptFiles {
            directory: directory.path().to_owned(),
        }))
        .build();
    if let Err(refused) = engine.prepare(PIPELINE) {
        let places = refused.errors().filter_map(|error| error.node.as_ref());
        println!("refused because of {:?}", places.collect::<Vec<_>>());
    }

    std::fs::write(directory.path().join("plan.md"), "Plan this: $goal\n")?;
    let pipeline = engine.prepare(PIPELINE)?;
    for node in pipeline
        .graph()
        .nodes()
        .iter()
        .filter(|node| !node.prompt.is_empty())
    {
        println!("{}: {}", node.id(), node.prompt);
    }
    Ok(())
}
