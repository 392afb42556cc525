use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::limits::ARTIFACT_BYTES;
use crate::api::error::ErrorBody;
use crate::api::extract::{OfAttempt, Path, invalid_field};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Artifact, ArtifactKey, Error, NewArtifact, NewEvent, event_type};
use crate::store::Fence;

const SUM: HeaderName = HeaderName::from_static("x-content-sha256");

/// Stores an artifact, whole or not at all, if its bytes have the sum that is said.
#[utoipa::path(put, path = "/api/runner/artifacts/{*key}", tag = "runner",
    params(
        ("key" = String, Path, description = "May have slashes in it"),
        ("x-content-sha256" = String, Header, description = "The SHA-256 of the bytes in hexadecimal"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = Artifact),
        (status = 409, description = "The attempt is over", body = ErrorBody),
        (status = 413, description = "It is too large", body = ErrorBody),
    ),
)]
pub(crate) async fn put(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    Path(key): Path<String>,
    request: Request,
) -> Answer {
    let run = &leased.run;
    let key = ArtifactKey::try_from(key)?;
    let (sum, content_type) = described(request.headers())?;
    let path = format!("runs/{}/{}/{key}", run.project_id, run.id);
    let bytes = summed(request.into_body(), sum.clone());
    let info = app
        .objects()
        .put(&path, &content_type, bytes, ARTIFACT_BYTES)
        .await?;
    let new = NewArtifact {
        key,
        path,
        content_type,
        size_bytes: i64::try_from(info.size).unwrap_or(i64::MAX),
        sha256: sum,
    };
    let artifact = app
        .store()
        .put_artifact(&run.id, Fence(run.attempt), new)
        .await?;
    let told = json!({ "runId": run.id, "artifactId": artifact.id, "artifactKey": artifact.key });
    let event = NewEvent::new(event_type::ARTIFACT_STORED, app.now(), told);
    let events = app.store().append(&run.id, vec![event]).await?;
    app.announce_events(&run.id, &events).await;
    respond::created(&artifact, None)
}

/// The sum and the type that a request says of its bytes.
pub(super) fn described(headers: &HeaderMap) -> Result<(String, String), Error> {
    let text = |name: HeaderName| headers.get(name).and_then(|it| it.to_str().ok());
    let sum = text(SUM).unwrap_or_default().to_ascii_lowercase();
    if sum.len() != 64 || !sum.bytes().all(|it| it.is_ascii_hexdigit()) {
        let why = "it must be the SHA-256 of the bytes in hexadecimal";
        return Err(invalid_field("x-content-sha256", why));
    }
    let kind = text(CONTENT_TYPE).filter(|it| it.len() <= 200);
    let kind = kind.unwrap_or("application/octet-stream");
    Ok((sum, kind.to_owned()))
}

/// A body that fails at its end if it isn't what was said: then nothing of it is kept.
fn summed(body: Body, expected: String) -> BoxStream<'static, Result<Bytes, Error>> {
    let state = Some((body.into_data_stream(), Sha256::new(), expected));
    stream::unfold(state, |state| async {
        let (mut body, mut sum, expected): (BodyDataStream, Sha256, String) = state?;
        match body.next().await {
            Some(Ok(piece)) => {
                sum.update(&piece);
                Some((Ok(piece), Some((body, sum, expected))))
            }
            Some(Err(error)) => {
                let error = Error::invalid("body_cut_off", "the body broke off").caused_by(error);
                Some((Err(error), None))
            }
            None => {
                let found: String = sum
                    .finalize()
                    .iter()
                    .map(|it| format!("{it:02x}"))
                    .collect();
                let why = format!("the bytes have the sum {found}");
                let is_it = found == expected;
                (!is_it).then(|| (Err(invalid_field("x-content-sha256", &why)), None))
            }
        }
    })
    .boxed()
}
