use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::{QueuedRun, check_target, queue};
use super::journal;
use crate::api::check;
use crate::api::error::ErrorBody;
use crate::api::extract::{Caller, Json, OfRun, invalid_field};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, ModelConfig, NewRun, Principal, Run};

/// How a repetition differs from its run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rerun)]
pub(crate) struct RerunBody {
    /// The node that comes next; what was done before it is taken over. From the beginning, if none.
    #[serde(default)]
    #[schema(example = "implement")]
    node: Option<String>,
    /// Another branch to write to.
    #[serde(default)]
    target_branch: Option<String>,
    /// Another model.
    #[serde(default)]
    model_config: Option<ModelConfig>,
    /// Whether it may be queued although another run works on the target branch.
    #[serde(default)]
    force: bool,
}

/// Repeats a run, from a node on or from the beginning.
#[utoipa::path(post, path = "/api/runs/{runId}/rerun", tag = "runs",
    params(("runId" = String, Path)),
    request_body = RerunBody,
    responses(
        (status = 201, body = QueuedRun),
        (status = 404, body = ErrorBody),
        (status = 409, description = "It isn't over, or another works on the branch", body = ErrorBody),
    ),
)]
pub(crate) async fn rerun(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
    Json(body): Json<RerunBody>,
) -> Answer {
    let run = repeat(&app, &who, &run, body).await?;
    let queued = QueuedRun {
        run_id: run.id,
        status: run.status,
    };
    let place = format!("/api/runs/{}", queued.run_id);
    respond::created(&queued, Some(place))
}

/// The run that repeats another one.
pub(crate) async fn repeat(
    app: &App,
    who: &Principal,
    run: &Run,
    body: RerunBody,
) -> Result<Run, Error> {
    let new = checked(app, run, body).await?;
    queue(app, who, new, None).await
}

async fn checked(app: &App, run: &Run, body: RerunBody) -> Result<NewRun, Error> {
    let branch = body.target_branch.as_deref();
    let branch = branch
        .map(|it| check::branch("targetBranch", it))
        .transpose()?;
    if let Some(model) = &body.model_config {
        model.check()?;
    }
    if !run.status.is_over() {
        let message = format!("the run is {}: cancel it before it's repeated", run.status);
        return Err(Error::conflict("run_status", message));
    }
    if let Some(node) = &body.node {
        check_node(app, run, node).await?;
    }
    let project = app.store().project(&run.project_id).await?;
    let target_branch = branch.unwrap_or_else(|| run.target_branch.clone());
    check_target(app, &project, run.run_type, &target_branch).await?;
    // A planning run that has succeeded points at what it has written, not at what it works from.
    let works_from = run.run_type == crate::domain::RunType::Implementation;
    Ok(NewRun {
        project_id: run.project_id.clone(),
        attractor_def_id: run.attractor_def_id.clone(),
        run_type: run.run_type,
        source_branch: run.source_branch.clone(),
        target_branch,
        spec_bundle_id: run.spec_bundle_id.clone().filter(|_| works_from),
        model_config: body
            .model_config
            .unwrap_or_else(|| run.model_config.clone()),
        attractor_version: run.attractor_version,
        attractor_sha256: run.attractor_sha256.clone(),
        force: body.force,
        rerun_of: Some(run.id.clone()),
        rerun_from_node: body.node,
    })
}

/// A run can only be repeated from a node that it has come to.
async fn check_node(app: &App, run: &Run, node: &str) -> Result<(), Error> {
    let entries = journal::entries(app, run).await?;
    let has_come = entries.iter().any(|entry| {
        matches!(&entry.event, attractor_core::RunEvent::StageStarted { node: at, .. } if at.as_str() == node)
    });
    if has_come {
        return Ok(());
    }
    let why = format!("the run has never come to a node {node:?}");
    Err(invalid_field("node", &why))
}
