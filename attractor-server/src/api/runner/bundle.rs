use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::limits::{ARTIFACT_BYTES, MANIFEST_BYTES};
use crate::api::error::ErrorBody;
use crate::api::extract::{Json, OfAttempt, Path, invalid_field};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{
    Artifact, BUNDLE_FILES, BundleFile, BundleManifest, Error, PageRequest, Run, RunType,
    SCHEMA_VERSION, SpecBundle,
};
use crate::runner_api::{BundleFileInfo, BundleSource, NewBundle};
use crate::store::Fence;

/// The bundle that an implementation run works from, with what its manifest says of its files.
pub(super) async fn source(app: &App, run: &Run) -> Result<Option<BundleSource>, Error> {
    let Some(manifest) = manifest(app, run).await? else {
        return Ok(None);
    };
    let mut files = Vec::new();
    for file in &manifest.artifacts {
        let info = app.objects().head(&file.path).await?;
        files.push(BundleFileInfo {
            name: file.name.clone(),
            sha256: manifest
                .checksums
                .get(&file.name)
                .cloned()
                .unwrap_or_default(),
            size_bytes: i64::try_from(info.size).unwrap_or(i64::MAX),
        });
    }
    let id = run.spec_bundle_id.clone();
    Ok(id.map(|id| BundleSource { id, files }))
}

/// The manifest of the bundle that a run works from.
async fn manifest(app: &App, run: &Run) -> Result<Option<BundleManifest>, Error> {
    let id = match (&run.spec_bundle_id, run.run_type) {
        (Some(id), RunType::Implementation) => id,
        _ => return Ok(None),
    };
    let (bundle, _) = app.store().bundle(id).await?;
    let mut body = app.objects().get(&bundle.manifest_path, None).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = body.bytes.try_next().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > MANIFEST_BYTES {
            return Err(Error::internal("a bundle's manifest is too large"));
        }
    }
    let manifest = serde_json::from_slice(&bytes)
        .map_err(|error| Error::internal("a bundle's manifest can't be read").caused_by(error))?;
    Ok(Some(manifest))
}

/// The bytes of a file of the bundle that the run works from.
#[utoipa::path(get, path = "/api/runner/bundle/{name}", tag = "runner",
    params(("name" = String, Path)),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, body = ErrorBody),
    ),
)]
pub(crate) async fn read(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    Path(name): Path<String>,
) -> Answer {
    let manifest = manifest(&app, &leased.run).await?;
    let files = manifest.map(|it| it.artifacts).unwrap_or_default();
    let file = files.into_iter().find(|file| file.name == name);
    let file = file.ok_or_else(|| Error::not_found("file of the run's bundle"))?;
    let body = app.objects().get(&file.path, None).await?;
    let mut response = Response::new(Body::from_stream(body.bytes));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.info.size));
    Ok(response)
}

/// Makes a bundle of artifacts that the run has stored.
#[utoipa::path(post, path = "/api/runner/bundle", tag = "runner", request_body = NewBundle, responses(
    (status = 201, body = SpecBundle),
    (status = 409, description = "The attempt is over", body = ErrorBody),
))]
pub(crate) async fn create(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    Json(body): Json<NewBundle>,
) -> Answer {
    let run = &leased.run;
    if run.run_type != RunType::Planning {
        let message = "only planning runs write a bundle";
        return Err(Error::conflict("not_planning", message).into());
    }
    let artifacts = chosen(&app, run, &body).await?;
    let folder = format!("spec-bundles/{}/{}", run.project_id, run.id);
    let mut checksums = BTreeMap::new();
    let mut files = Vec::new();
    for artifact in &artifacts {
        let path = format!("{folder}/{}", artifact.key);
        copy(&app, artifact, &path).await?;
        let name = artifact.key.to_string();
        checksums.insert(name.clone(), artifact.sha256.clone().unwrap_or_default());
        files.push(BundleFile { name, path });
    }
    let project = app.store().project(&run.project_id).await?;
    let manifest = BundleManifest {
        schema_version: SCHEMA_VERSION.to_owned(),
        project_id: run.project_id.clone(),
        source_run_id: run.id.clone(),
        repo: project.repository.map(String::from).unwrap_or_default(),
        source_branch: run.source_branch.to_string(),
        created_at: app.now(),
        artifacts: files,
        checksums,
    };
    let path = format!("{folder}/manifest.json");
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| Error::internal("a manifest can't be written").caused_by(error))?;
    let bytes = stream::iter([Ok(Bytes::from(text))]).boxed();
    app.objects()
        .put(&path, "application/json", bytes, MANIFEST_BYTES)
        .await?;
    let fence = Fence(run.attempt);
    let bundle = app.store().create_bundle(&run.id, fence, &path).await?;
    respond::created(&bundle, None)
}

/// The artifacts that are the bundle's files: each of the contract's, with the sum that the runner
/// says.
async fn chosen(app: &App, run: &Run, body: &NewBundle) -> Result<Vec<Artifact>, Error> {
    let known = app
        .store()
        .artifacts(&run.id, &PageRequest::new(Some(500), None)?)
        .await?
        .items;
    let mut chosen = Vec::new();
    for name in BUNDLE_FILES {
        let file = body.files.iter().find(|file| file.name == name);
        let file = file.ok_or_else(|| invalid_field("files", &format!("{name} is missing")))?;
        let artifact = known.iter().find(|it| it.key.as_str() == name);
        let artifact = artifact.ok_or_else(|| {
            invalid_field("files", &format!("{name} isn't stored as an artifact"))
        })?;
        let sum = artifact.sha256.as_deref().unwrap_or_default();
        if !sum.eq_ignore_ascii_case(&file.sha256) {
            return Err(invalid_field(
                "files",
                &format!("{name} is stored with another sum"),
            ));
        }
        if artifact.size_bytes == Some(0) {
            return Err(invalid_field("files", &format!("{name} is empty")));
        }
        chosen.push(artifact.clone());
    }
    if body.files.len() > BUNDLE_FILES.len() {
        return Err(invalid_field(
            "files",
            &format!("a bundle has {}", BUNDLE_FILES.join(", ")),
        ));
    }
    Ok(chosen)
}

/// Copies an artifact's bytes to where the bundle has them (contract 10.1).
async fn copy(app: &App, artifact: &Artifact, path: &str) -> Result<(), Error> {
    let body = app.objects().get(&artifact.path, None).await?;
    let kind = artifact
        .content_type
        .as_deref()
        .unwrap_or("application/octet-stream");
    app.objects()
        .put(path, kind, body.bytes, ARTIFACT_BYTES)
        .await?;
    Ok(())
}
