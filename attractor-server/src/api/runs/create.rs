use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::limits::KEY_CHARACTERS;
use crate::api::check;
use crate::api::error::ErrorBody;
use crate::api::extract::{Caller, Json, invalid_field};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{
    AttractorDef, AttractorId, BranchName, BundleId, Error, ErrorKind, ModelConfig, NewEvent,
    NewRun, Principal, Project, ProjectId, Role, Run, RunId, RunStatus, RunType, SCHEMA_VERSION,
    event_type,
};
use crate::store::IdempotencyKey;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewRun)]
pub(crate) struct NewRunBody {
    project_id: String,
    attractor_def_id: String,
    run_type: RunType,
    #[schema(min_length = 1, example = "main")]
    source_branch: String,
    /// Where an implementation run writes to; never the default branch.
    #[schema(min_length = 1, example = "attractor/self-run")]
    target_branch: String,
    /// What an implementation run works from; others have none.
    #[serde(default)]
    spec_bundle_id: Option<String>,
    /// The model of stages that name none; the attractor's, if none.
    #[serde(default)]
    model_config: Option<ModelConfig>,
    /// Whether it may be queued although another run works on the target branch: it waits for it.
    #[serde(default)]
    force: bool,
}

/// A run that waits for its turn.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueuedRun {
    pub(super) run_id: RunId,
    pub(super) status: RunStatus,
}

/// Creates a run. With the header `Idempotency-Key`, a request that is sent again makes no second one.
#[utoipa::path(post, path = "/api/runs", tag = "runs",
    params(("Idempotency-Key" = Option<String>, Header, description = "Made up by the client; good for a day")),
    request_body = NewRunBody,
    responses(
        (status = 201, body = QueuedRun),
        (status = 404, description = "There is no such project, attractor or bundle", body = ErrorBody),
        (status = 409, description = "Another run works on the branch, or the attractor is inactive", body = ErrorBody),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Caller(who): Caller,
    headers: HeaderMap,
    Json(body): Json<NewRunBody>,
) -> Answer {
    let key = key(&headers)?;
    let run = create_run(&app, &who, key.as_deref(), body).await?;
    let queued = QueuedRun {
        run_id: run.id,
        status: run.status,
    };
    let place = format!("/api/runs/{}", queued.run_id);
    respond::created(&queued, Some(place))
}

/// Creates a run; with a key that was used before, it is the run of then.
pub(crate) async fn create_run(
    app: &App,
    who: &Principal,
    key: Option<&str>,
    body: NewRunBody,
) -> Result<Run, Error> {
    let fingerprint = fingerprint(&body)?;
    let new = checked(app, who, body).await?;
    let idempotency = key.map(|key| IdempotencyKey {
        actor: who.token_id.as_str(),
        key,
        fingerprint: &fingerprint,
    });
    queue(app, who, new, idempotency).await
}

/// Adds a run to the queue, and tells everybody.
pub(super) async fn queue(
    app: &App,
    who: &Principal,
    new: NewRun,
    idempotency: Option<IdempotencyKey<'_>>,
) -> Result<Run, Error> {
    let event = NewEvent::new(event_type::QUEUED, app.now(), told(app, &new));
    let run = app.store().create_run(new, event, idempotency).await?;
    app.announce(&run).await;
    if run.status == RunStatus::Queued {
        app.wake(&run).await;
    }
    let details = json!({ "runType": run.run_type, "targetBranch": run.target_branch });
    app.audit(
        who,
        "run.create",
        Some(&run.project_id),
        run.id.as_str(),
        details,
    )
    .await;
    Ok(run)
}

/// What the run's first event says.
fn told(app: &App, new: &NewRun) -> Value {
    json!({
        "runType": new.run_type,
        "projectId": new.project_id,
        "targetBranch": new.target_branch,
        "modelConfig": new.model_config,
        "runnerImage": app.config().runner_image,
        "attractorVersion": new.attractor_version,
        "attractorSha256": new.attractor_sha256,
        "rerunOf": new.rerun_of,
    })
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(key) = headers.get(KEY) else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_CHARACTERS {
        let why = format!("it must have 1 to {KEY_CHARACTERS} characters of ASCII");
        return Err(invalid_field("Idempotency-Key", &why));
    }
    Ok(Some(key.to_owned()))
}

fn fingerprint(body: &NewRunBody) -> Result<String, Error> {
    let text = serde_json::to_vec(body)
        .map_err(|error| Error::internal("a body can't be written").caused_by(error))?;
    let sum = Sha256::digest(&text);
    Ok(sum.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The run that a body asks for, if there may be one; in the contract's order (1.1).
async fn checked(app: &App, who: &Principal, body: NewRunBody) -> Result<NewRun, Error> {
    let source_branch = check::branch("sourceBranch", &body.source_branch)?;
    let target_branch = check::branch("targetBranch", &body.target_branch)?;
    if let Some(model) = &body.model_config {
        model.check()?;
    }
    let project_id: ProjectId = body.project_id.parse()?;
    who.may(Role::Operator, Some(&project_id))?;
    let project = app.store().project(&project_id).await?;
    let attractor_id: AttractorId = body.attractor_def_id.parse()?;
    let attractor = app.store().attractor(&project_id, &attractor_id).await?;
    if !attractor.active {
        let message = format!("the attractor {:?} is inactive", attractor.name);
        return Err(Error::conflict("attractor_inactive", message));
    }
    let model_config = body.model_config.or_else(|| attractor.model_config.clone());
    let model_config = model_config
        .ok_or_else(|| invalid_field("modelConfig", "it is required: the attractor has none"))?;
    check_target(app, &project, body.run_type, &target_branch).await?;
    let spec_bundle_id = bundle(app, &project_id, body.run_type, body.spec_bundle_id).await?;
    let (attractor_version, attractor_sha256) = version(app, &attractor).await?;
    Ok(NewRun {
        project_id,
        attractor_def_id: attractor.id,
        run_type: body.run_type,
        source_branch,
        target_branch,
        spec_bundle_id,
        model_config,
        attractor_version,
        attractor_sha256,
        force: body.force,
        rerun_of: None,
        rerun_from_node: None,
    })
}

/// An implementation run writes to a branch of its own.
pub(super) async fn check_target(
    app: &App,
    project: &Project,
    run_type: RunType,
    target: &BranchName,
) -> Result<(), Error> {
    if run_type != RunType::Implementation {
        return Ok(());
    }
    let field = json!({ "field": "targetBranch" });
    let checked = check::writable(app, project, target).await;
    checked.map_err(|error| error.with_details(field))
}

/// The bundle that a run of the type works from.
async fn bundle(
    app: &App,
    project: &ProjectId,
    run_type: RunType,
    id: Option<String>,
) -> Result<Option<BundleId>, Error> {
    let id = match (run_type, id) {
        (RunType::Implementation, Some(id)) => id,
        (RunType::Implementation, None) => {
            let why =
                "an implementation run needs one: GET /api/projects/{projectId}/bundles lists them";
            return Err(invalid_field("specBundleId", why));
        }
        (_, Some(_)) => {
            return Err(invalid_field(
                "specBundleId",
                "only implementation runs have one",
            ));
        }
        (_, None) => return Ok(None),
    };
    let (bundle, of_project) = app.store().bundle(&id.parse()?).await?;
    // Another project's is as good as none.
    if of_project != *project {
        return Err(Error::new(
            ErrorKind::NotFound,
            "not_found",
            "there is no such spec bundle",
        ));
    }
    if bundle.schema_version != SCHEMA_VERSION {
        let message = format!(
            "the bundle has the version {}, not {SCHEMA_VERSION}",
            bundle.schema_version
        );
        return Err(Error::conflict("bundle_version", message));
    }
    Ok(Some(bundle.id))
}

/// Which text of the attractor is executed, so that a later one changes nothing about the run.
async fn version(
    app: &App,
    attractor: &AttractorDef,
) -> Result<(Option<i64>, Option<String>), Error> {
    if attractor.content_version == 0 {
        return Ok((None, None));
    }
    let version = attractor.content_version;
    let (version, _) = app
        .store()
        .attractor_version(&attractor.id, version)
        .await?;
    Ok((Some(version.version), Some(version.content_sha256)))
}
