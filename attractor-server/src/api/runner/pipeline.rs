use axum::extract::{Request, State};
use sha2::{Digest as _, Sha256};

use super::artifacts::described;
use crate::api::error::ErrorBody;
use crate::api::extract::{OfAttempt, invalid_field, read};
use crate::api::limits::ATTRACTOR_BYTES;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, RunPipeline};
use crate::store::Fence;

/// Keeps the pipeline that the run has found in its repository, if the text has the sum that is said.
#[utoipa::path(put, path = "/api/runner/pipeline", tag = "runner",
    params(("x-content-sha256" = String, Header, description = "The SHA-256 of the text in hexadecimal")),
    request_body(content = String, content_type = "text/vnd.graphviz"),
    responses(
        (status = 204),
        (status = 409, description = "The attempt is over, or the run executes another text", body = ErrorBody),
        (status = 413, description = "It is too large to be kept", body = ErrorBody),
    ),
)]
pub(crate) async fn keep_pipeline(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    request: Request,
) -> Answer {
    let (expected, _) = described(request.headers())?;
    let bytes = read(request.into_body(), ATTRACTOR_BYTES).await?;
    let found = Sha256::digest(&bytes);
    let found: String = found.iter().map(|it| format!("{it:02x}")).collect();
    if found != expected {
        let why = format!("the text has the sum {found}");
        return Err(invalid_field("x-content-sha256", &why).into());
    }
    let content = String::from_utf8(bytes.into()).ok();
    let content = content
        .filter(|it| !it.contains('\0'))
        .ok_or_else(|| Error::invalid("invalid_pipeline", "the pipeline isn't UTF-8 text"))?;
    let pipeline = RunPipeline {
        content,
        content_sha256: found,
    };
    let run = &leased.run;
    let fence = Fence(run.attempt);
    app.store()
        .keep_run_pipeline(&run.id, fence, pipeline)
        .await?;
    respond::nothing()
}
