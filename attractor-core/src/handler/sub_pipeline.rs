use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use serde_json::Value;

use super::mapping::{INPUTS, Mapping, OUTPUTS};
use super::{Handler, StageContext};
use crate::engine::{ChildOptions, ChildRun, RunReport, RunStatus, Telemetry};
use crate::state::Outcome;
use crate::{Error, ErrorKind};

/// Runs another pipeline as its work: a run of its own, in `child/` of the stage's directory, with
/// its own context.
///
/// - `stack.child_dotfile` names the pipeline, beside the file that names it.
/// - `stack.child_inputs="task=context.ticket, branch"` says what its context gets from this one,
///   `stack.child_outputs="summary"` what this context gets back.
/// - `stack.child_workdir` is the directory it works in, within the stage's.
///
/// It succeeds and fails with its child. What is known of the child is in the context under
/// `stack.child.`.
///
/// Source: attractor-spec 9.4.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SubPipelineHandler;

#[async_trait]
impl Handler for SubPipelineHandler {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let child = open(stage).await?;
        let handle = child.handle();
        let report = child.execute().await?;
        finish(stage, &report, &handle.telemetry())
    }
}

/// Sets up the child run that a stage's node names.
pub(super) async fn open(stage: &StageContext) -> Result<ChildRun, Error> {
    let missing = || Error::new(ErrorKind::InvalidInput, "only an engine can run a pipeline");
    let children = stage.children().ok_or_else(missing)?;
    let options = ChildOptions {
        params: Mapping::of(stage.node(), INPUTS).apply(stage.context()),
        workdir: workdir(stage),
    };
    children
        .open(stage, children.pipeline(stage)?, options)
        .await
}

fn workdir(stage: &StageContext) -> Option<PathBuf> {
    let name = "stack.child_workdir";
    let of_graph = || stage.graph().attrs().attr(name);
    let named = stage.node().attr(name).or_else(of_graph)?;
    Some(PathBuf::from(named.to_string()))
}

/// What the end of a child run means for its stage.
pub(super) fn finish(
    stage: &StageContext,
    report: &RunReport,
    telemetry: &Telemetry,
) -> Result<Outcome, Error> {
    let mut outcome = match report.status {
        RunStatus::Success => Outcome::success().with_notes("Child completed"),
        RunStatus::Fail => {
            let reason = report.reason.as_deref().unwrap_or("no reason given");
            Outcome::fail(format!("child pipeline failed: {reason}"))
        }
        RunStatus::Paused => {
            let paused = || Error::new(ErrorKind::Cancelled, "the child pipeline was paused");
            return Err(report.limit_reached.map_or_else(paused, Error::from));
        }
        RunStatus::Cancelled => {
            let text = "the child pipeline was stopped";
            return Err(Error::new(ErrorKind::Cancelled, text));
        }
    };
    outcome.context_updates = updates(stage, report, telemetry);
    Ok(outcome)
}

/// What the stage's context gets from its child run.
pub(super) fn updates(
    stage: &StageContext,
    report: &RunReport,
    telemetry: &Telemetry,
) -> BTreeMap<String, Value> {
    let mut updates = telemetry.context_updates();
    let outputs = Mapping::of(stage.node(), OUTPUTS);
    updates.extend(outputs.apply(&report.context));
    updates
}
