//! A handler of one's own: nodes of the type `wait.file` wait until another program has written a
//! file, and pass on what is in it.
//!
//! It reports what it does, stops at once when the run is cancelled, and keeps to the node's
//! `timeout` because the engine does.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::sync::Arc;
use std::time::Duration;

use attractor_core::{
    Engine, Error, ErrorKind, Handler, Outcome, RunOptions, StageContext, StageProgress,
    async_trait,
};

const PIPELINE: &str = r#"digraph release {
    start [shape=Mdiamond]; exit [shape=Msquare]
    signed [type="wait.file", x_path="signature.txt", timeout="10s"]
    ship   [shape=parallelogram, tool_command="echo shipped"]
    start -> signed -> ship -> exit
}"#;

/// How often a file is looked for.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct WaitFile;

#[async_trait]
impl Handler for WaitFile {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let path = stage.node().attr("x_path").and_then(|value| value.as_str());
        let Some(path) = path else {
            // Trying again wouldn't help, and the engine doesn't.
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the node has no x_path",
            ));
        };
        let message = format!("waiting for {path}");
        stage.progress().send(StageProgress::Warning { message });
        let path = stage.workdir().join(path);
        loop {
            if let Ok(text) = tokio::fs::read_to_string(&path).await {
                let outcome = Outcome::success().with_update("file", text.trim());
                return Ok(outcome.with_notes(format!("read {} bytes", text.len())));
            }
            // Being dropped is enough to stop here; a handler that had started something outside
            // of its future would watch `stage.cancel()` too, and end it.
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder()
        .handler("wait.file", Arc::new(WaitFile))
        .build();
    let pipeline = engine.prepare(PIPELINE)?;
    let directory = tempfile::tempdir()?;
    let options = RunOptions::in_memory().workdir(directory.path());
    let run = engine.start(&pipeline, options).await?;
    let other_program = async {
        tokio::time::sleep(PAUSE * 3).await;
        tokio::fs::write(directory.path().join("signature.txt"), "J. Doe\n").await
    };
    let (report, written) = tokio::join!(run.execute(), other_program);
    written?;
    let report = report?;
    println!(
        "{:?}, signed by {}",
        report.status,
        report.context.get_string("file")
    );
    Ok(())
}
