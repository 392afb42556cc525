//! A run to be executed: a new one, one that an earlier attempt has begun, or a repetition.

use std::path::Path;
use std::sync::Arc;

use attractor_core::engine::{Engine, EngineRun, ResumeOptions, RunOptions};
use attractor_core::journal::RunDirectory;
use attractor_core::{Error, Interviewer, Pipeline};

use super::confine;
use super::error::Failure;
use super::pipeline;
use super::workspace::{self, Workspace};
use crate::compose;
use crate::runner_api::RunSpecification;

/// Whether a run directory holds a run.
pub(super) fn holds_run(run_dir: &Path) -> bool {
    run_dir.join("manifest.json").is_file()
}

/// The run as it's to be executed next.
pub(super) async fn open(
    spec: &RunSpecification,
    simulate: bool,
    workspace: &Workspace,
    interviewer: Arc<dyn Interviewer>,
) -> Result<EngineRun, Failure> {
    let run_dir = workspace.run_dir();
    let engine = |pipeline: &Pipeline| -> Result<Engine, Failure> {
        pipeline::engine(spec, simulate, pipeline, &workspace.clone, interviewer)
    };
    if holds_run(&run_dir) {
        let directory = RunDirectory::open(&run_dir).map_err(unusable)?;
        let pipeline = compose::checker()
            .pipeline_of(&directory)
            .map_err(unusable)?;
        let options = ResumeOptions::new().workdir(&workspace.clone);
        let resumed = engine(&pipeline)?.resume(&run_dir, options).await;
        return resumed.map_err(unusable);
    }
    if spec.journal_seq > 0 {
        return Err(Failure::run(
            "the run has begun on another machine, or its files are gone: what it has changed isn't here; start a new run",
        ));
    }
    let text = &workspace.base.pipeline;
    let file = confine::lexically(&workspace.clone, &spec.attractor.repo_path)?;
    confine::includes(&workspace.clone, text, &file)?;
    let prepared = compose::checker().prepare_at(text, &file);
    let pipeline = prepared
        .map_err(|error| Failure::run(format!("the attractor {}: {error}", spec.attractor.name)))?;
    // What an attempt has left that was cut off before there was a run.
    workspace::remove_directory(&run_dir)?;
    let options = options(spec, workspace);
    let started = engine(&pipeline)?.start(&pipeline, options).await;
    started.map_err(unusable)
}

fn options(spec: &RunSpecification, workspace: &Workspace) -> RunOptions {
    let mut options = RunOptions::new(workspace.run_dir())
        .run_id(spec.run_id.as_str())
        .workdir(&workspace.clone)
        .git(true)
        .param("run.type", spec.run_type.as_str())
        .param("project.name", spec.project.name.as_str())
        .param("source_branch", spec.source_branch.as_str())
        .param("target_branch", spec.target_branch.as_str())
        .param("output_directory", shown(&workspace.out_dir()));
    if spec.spec_bundle.is_some() {
        options = options.param("spec_directory", shown(&workspace.spec_dir()));
    }
    options
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn unusable(error: Error) -> Failure {
    Failure::engine("the run can't be executed", &error)
}
