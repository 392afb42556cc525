use axum::extract::State;
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::error::ErrorBody;
use crate::api::extract::{OfRun, Path, Query, invalid_field};
use crate::api::limits::{MAX_PREVIEW_BYTES, PREVIEW_BYTES};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Artifact, ArtifactId, Error};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct Preview {
    /// How many bytes at most; 1 MiB, if it isn't said, and never more than 5.
    #[serde(default)]
    #[param(value_type = Option<u64>, minimum = 1, maximum = 5242880)]
    preview_bytes: Option<String>,
}

/// The beginning of an artifact as text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    artifact: Artifact,
    /// None, if it isn't text.
    content: Option<String>,
    /// Whether there is more.
    truncated: bool,
    bytes_read: u64,
    /// `utf-8`, of a text.
    encoding: Option<&'static str>,
}

/// The beginning of an artifact as text, to be shown.
#[utoipa::path(get, path = "/api/runs/{runId}/artifacts/{artifactId}/content", tag = "artifacts",
    params(("runId" = String, Path), ("artifactId" = String, Path), Preview),
    responses((status = 200, body = Content), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn content(
    State(app): State<App>,
    OfRun(run): OfRun,
    Path((_, id)): Path<(String, ArtifactId)>,
    Query(query): Query<Preview>,
) -> Answer {
    let wanted = query
        .preview_bytes
        .as_deref()
        .map_or(Ok(PREVIEW_BYTES), str::parse);
    let wanted = wanted.unwrap_or(0);
    if !(1..=MAX_PREVIEW_BYTES).contains(&wanted) {
        let why = format!("it must be from 1 to {MAX_PREVIEW_BYTES}");
        return Err(invalid_field("previewBytes", &why).into());
    }
    let artifact = app.store().artifact(&run.id, &id).await?;
    let (bytes, size) = read(&app, &artifact.path, wanted).await?;
    let bytes_read = bytes.len() as u64;
    let truncated = bytes_read < size;
    let content = text(bytes, truncated);
    respond::ok(&Content {
        encoding: content.is_some().then_some("utf-8"),
        artifact,
        content,
        truncated,
        bytes_read,
    })
}

/// The beginning of an artifact as text, if it is text, and whether there is more.
pub(crate) async fn preview(
    app: &App,
    artifact: &Artifact,
    wanted: u64,
) -> Result<(Option<String>, bool), Error> {
    let (bytes, size) = read(app, &artifact.path, wanted).await?;
    let is_cut = (bytes.len() as u64) < size;
    Ok((text(bytes, is_cut), is_cut))
}

/// The first bytes of an object, and how many it has.
async fn read(app: &App, path: &str, wanted: u64) -> Result<(Vec<u8>, u64), Error> {
    let size = app.objects().head(path).await?.size;
    if size == 0 {
        return Ok((Vec::new(), 0));
    }
    let mut body = app.objects().get(path, Some(0..wanted.min(size))).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = body.bytes.try_next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, size))
}

/// The bytes as text, if they are; a character that the preview cuts through is left out.
fn text(bytes: Vec<u8>, truncated: bool) -> Option<String> {
    if bytes.contains(&0) {
        return None;
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Some(text),
        Err(error) => error,
    };
    let (whole, is_cut) = (
        error.utf8_error().valid_up_to(),
        error.utf8_error().error_len().is_none(),
    );
    let mut bytes = error.into_bytes();
    bytes.truncate(whole);
    (truncated && is_cut).then(|| String::from_utf8(bytes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_text_is_shown_and_nothing_else() {
        let euro = "ab€".as_bytes();
        assert_eq!(text(euro.to_vec(), false).unwrap(), "ab€");
        assert_eq!(text(euro[..4].to_vec(), true).unwrap(), "ab");
        assert_eq!(text(euro[..4].to_vec(), false), None);
        assert_eq!(text(vec![b'a', 0, b'b'], false), None);
        assert_eq!(text(vec![0xff, b'b', b'c'], true), None);
    }
}
