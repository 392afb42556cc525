use axum::extract::State;
use serde_json::json;
use url::Url;

use super::bundle::source;
use super::limits::{ARTIFACT_BYTES, ATTEMPT, HEARTBEAT, LEASE};
use crate::api::error::ErrorBody;
use crate::api::extract::OfAttempt;
use crate::api::respond::{self, Answer};
use crate::api::runs;
use crate::app::App;
use crate::domain::{Error, NewEvent, Project, Repository, Run, event_type};
use crate::runner_api::{
    AttractorSource, ProjectName, RepositorySource, RerunSource, RunSpecification, RunnerLimits,
};

/// Events among which a run's `RunStarted` is, if there is one: it's told before the first entry of
/// the journal.
const FIRST: u32 = 500;

/// Everything that the runner has to know about its run.
#[utoipa::path(post, path = "/api/runner/claim", tag = "runner", responses(
    (status = 200, body = RunSpecification),
    (status = 409, description = "It can't be executed as the project is", body = ErrorBody),
))]
pub(crate) async fn claim(State(app): State<App>, OfAttempt(leased): OfAttempt) -> Answer {
    let run = &leased.run;
    let project = app.store().project(&run.project_id).await?;
    let secrets = app.secrets().environment(&project.id).await?;
    let command_variables = app.secrets().command_variables(&project.id).await?;
    let rerun = run.rerun_of.clone().zip(run.rerun_from_node.clone());
    let specification = RunSpecification {
        run_id: run.id.clone(),
        attempt: run.attempt,
        run_type: run.run_type,
        repository: repository(&app, &project)?,
        attractor: attractor(&app, run).await?,
        spec_bundle: source(&app, run).await?,
        project: ProjectName {
            id: project.id,
            name: project.name,
        },
        source_branch: run.source_branch.clone(),
        target_branch: run.target_branch.clone(),
        model_config: run.model_config.clone(),
        rerun: rerun.map(|(run_id, node)| RerunSource { run_id, node }),
        environment: secrets
            .into_iter()
            .map(|(name, it)| (name, it.into()))
            .collect(),
        command_variables,
        limits: RunnerLimits {
            run_ms: millis(ATTEMPT),
            artifact_bytes: ARTIFACT_BYTES,
        },
        heartbeat_ms: millis(HEARTBEAT),
        lease_ms: millis(LEASE),
        journal_seq: leased.journal_seq,
    };
    if leased.journal_seq == 0 {
        tell_start(&app, run).await?;
    }
    respond::ok(&specification)
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn repository(app: &App, project: &Project) -> Result<RepositorySource, Error> {
    let Some(repository) = &project.repository else {
        let message = "the project has no repository: set it before the run is repeated";
        return Err(Error::conflict("no_repository", message));
    };
    let clone_url = app.forge().clone_url(repository);
    // The runner judges it: right before it clones, and again before it pushes.
    let mut reach = app.config().reach();
    if let (Repository::GitHub { .. }, Ok(url)) = (repository, Url::parse(&clone_url)) {
        // Whoever runs the server has said where that is.
        reach.hosts.extend(url.host_str().map(str::to_owned));
    }
    Ok(RepositorySource {
        clone_url,
        default_branch: project.default_branch.clone(),
        reach,
    })
}

/// The text that the run was created with or that an attempt at it has found, else the file in the
/// repository.
async fn attractor(app: &App, run: &Run) -> Result<AttractorSource, Error> {
    let id = &run.attractor_def_id;
    let attractor = app.store().attractor(&run.project_id, id).await?;
    let content = runs::pipeline_text(app, run).await?;
    Ok(AttractorSource {
        name: attractor.name,
        repo_path: attractor.repo_path.to_string(),
        version: run.attractor_version,
        sha256: run.attractor_sha256.clone(),
        content,
    })
}

/// Tells that the run has begun, once.
async fn tell_start(app: &App, run: &Run) -> Result<(), Error> {
    let first = app.store().events(&run.id, 0, FIRST).await?;
    if first.iter().any(|event| event.kind == event_type::STARTED) {
        return Ok(());
    }
    let told = json!({
        "runId": run.id, "runType": run.run_type,
        "sourceBranch": run.source_branch, "targetBranch": run.target_branch,
    });
    let event = NewEvent::new(event_type::STARTED, app.now(), told);
    let events = app.store().append(&run.id, vec![event]).await?;
    app.announce_events(&run.id, &events).await;
    Ok(())
}
