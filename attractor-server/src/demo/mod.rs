//! `attractor demo`: a whole run on a small repository, with a scripted model.
//!
//! Only the model's words are prepared. They are served over HTTP on loopback, so the client, the
//! agent loop, the tools, the engine and git do what they do in any other run.

mod repository;

use std::path::{Path, PathBuf};

use attractor_llm::testing::{Script, ScriptedServer};
use attractor_llm::{AnthropicAdapter, Client};

use crate::Error;

pub(crate) use repository::create as create_repository;

/// The pipeline of the demo, the same file as `examples/graphs/fix-failing-test.dot`.
pub(crate) const PIPELINE: &str = include_str!("../../demo/fix-failing-test.dot");

/// What the model says.
const SCRIPT: &str = include_str!("../../demo/script.json");

/// The model that the script stands in for.
pub(crate) const MODEL: &str = "anthropic/claude-opus-5-5";

/// Where the demo keeps what it makes; it stays after the run, to be looked at.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The pipeline file.
    pub(crate) pipeline: PathBuf,
    /// The git repository with the failing test.
    pub(crate) repository: PathBuf,
    /// The run directory.
    pub(crate) run: PathBuf,
}

/// Makes a directory with the pipeline and the repository in it.
pub(crate) fn set_the_stage() -> Result<Stage, Error> {
    let unwritable = |error: std::io::Error| {
        Error::misuse(format!("can't write the demo's files: {error}"))
            .hint("set TMPDIR to a directory you may write to")
    };
    let root = tempfile::Builder::new()
        .prefix("attractor-demo-")
        .tempdir()
        .map_err(unwritable)?;
    let stage = Stage {
        pipeline: root.path().join("fix-failing-test.dot"),
        repository: root.path().join("leap"),
        run: root.path().join("run"),
    };
    std::fs::write(&stage.pipeline, PIPELINE).map_err(unwritable)?;
    create_repository(&stage.repository)?;
    let _kept = root.keep();
    Ok(stage)
}

/// Starts the scripted model server and a client that talks to it.
pub(crate) async fn scripted_model() -> Result<(ScriptedServer, Client), Error> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::failure(format!("can't start the scripted model server: {error}"))
    };
    let script: Script = serde_json::from_str(SCRIPT).map_err(|error| failed(&error))?;
    let server = ScriptedServer::start(script)
        .await
        .map_err(|error| failed(&error))?;
    let adapter = AnthropicAdapter::builder("scripted")
        .base_url(server.base_url())
        .build()
        .map_err(|error| failed(&error))?;
    let client = Client::builder()
        .provider(adapter)
        .default_provider("anthropic")
        .build()
        .map_err(|error| failed(&error))?;
    Ok((server, client))
}

/// The example pipeline as the reader would name it, where it is in reach.
pub(crate) fn pipeline_for_the_reader(stage: &Stage) -> PathBuf {
    let example = Path::new("examples/graphs/fix-failing-test.dot");
    if example.exists() {
        example.to_owned()
    } else {
        stage.pipeline.clone()
    }
}
