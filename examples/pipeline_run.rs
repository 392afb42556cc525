//! A pipeline with a handler of one's own: validated, walked, watched.
//!
//! Needs no model: the handler does the work of the nodes that name its type.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::sync::Arc;

use attractor_core::engine::{Engine, RunOptions, RunUpdate};
use attractor_core::{Error, Handler, Outcome, RunEvent, StageContext, async_trait};
use futures::StreamExt as _;

const PIPELINE: &str = r#"
digraph release {
    graph [goal="Release version 1.2.0"]
    start [shape=Mdiamond]
    exit  [shape=Msquare]

    build  [type="flaky", x_passes_on=3, max_visits=5]
    check  [shape=parallelogram, tool_command="echo checked"]

    start -> build
    build -> check [condition="outcome=success"]
    build -> build [condition="outcome=fail", label="Try again"]
    check -> exit
}
"#;

/// Fails until the visit that the node's `x_passes_on` names.
#[derive(Debug)]
struct Flaky;

#[async_trait]
impl Handler for Flaky {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let needed = stage
            .node()
            .attr("x_passes_on")
            .and_then(|value| value.as_i64())
            .unwrap_or(1);
        let visit = i64::from(stage.visit());
        let outcome = if visit < needed {
            Outcome::fail(format!("visit {visit} of {needed}"))
        } else {
            Outcome::success()
        };
        Ok(outcome.with_update("visits", visit))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().handler("flaky", Arc::new(Flaky)).build();
    let pipeline = engine.prepare(PIPELINE)?;
    let directory = tempfile::tempdir()?;
    let options = RunOptions::new(directory.path().join("run")).workdir(directory.path());

    let run = engine.start(&pipeline, options).await?;
    let mut updates = run.handle().events();
    let watch = async {
        while let Some(update) = updates.next().await {
            let RunUpdate::Entry(entry) = update else {
                continue;
            };
            match &entry.event {
                RunEvent::StageCompleted { node, outcome, .. } => {
                    println!("{node}: {}", outcome.word());
                }
                RunEvent::StageFailed { node, error, .. } => println!("{node}: {error}"),
                _ => {}
            }
        }
    };
    let (report, ()) = tokio::join!(run.execute(), watch);

    let report = report?;
    println!(
        "{:?} after {} stages",
        report.status,
        report.completed_nodes.len()
    );
    Ok(())
}
