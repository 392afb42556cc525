use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use super::range::{Wanted, wanted};
use crate::api::error::{ErrorBody, Refusal};
use crate::api::extract::{OfRun, Path};
use crate::api::respond::Answer;
use crate::app::App;
use crate::domain::{Artifact, ArtifactId};

/// What a run has written may do nothing in a browser.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// An artifact's bytes, or some of them (`Range`).
#[utoipa::path(get, path = "/api/runs/{runId}/artifacts/{artifactId}/download", tag = "artifacts",
    params(("runId" = String, Path), ("artifactId" = String, Path)),
    responses(
        (status = 200, content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "The bytes that `Range` asks for", content_type = "*/*", body = Vec<u8>),
        (status = 304, description = "They are what `If-None-Match` says"),
        (status = 404, body = ErrorBody),
        (status = 416, description = "There are no such bytes", body = ErrorBody),
    ),
)]
pub(crate) async fn download(
    State(app): State<App>,
    OfRun(run): OfRun,
    Path((_, id)): Path<(String, ArtifactId)>,
    headers: HeaderMap,
) -> Answer {
    let artifact = app.store().artifact(&run.id, &id).await?;
    let tag = artifact.sha256.as_ref().map(|sum| format!("\"{sum}\""));
    let is = |name: HeaderName| headers.get(name).and_then(|it| it.to_str().ok()) == tag.as_deref();
    let size = app.objects().head(&artifact.path).await?.size;
    if tag.is_some() && is(IF_NONE_MATCH) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        describe(&mut response, &artifact, tag.as_deref());
        return Ok(response);
    }
    // Of something else than the client has a part of, all is needed.
    let is_current = !headers.contains_key(IF_RANGE) || is(IF_RANGE);
    let range = headers.get(RANGE).and_then(|it| it.to_str().ok());
    let (status, range) = match wanted(range.filter(|_| is_current), size) {
        Wanted::All => (StatusCode::OK, None),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
        Wanted::Nothing => return Err(no_such_bytes(size)),
    };
    let body = app.objects().get(&artifact.path, range.clone()).await?;
    let length = body.range.end - body.range.start;
    let mut response = Response::new(Body::from_stream(body.bytes));
    *response.status_mut() = status;
    describe(&mut response, &artifact, tag.as_deref());
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(range) = range {
        let text = format!(
            "bytes {}-{}/{size}",
            range.start,
            range.end.saturating_sub(1)
        );
        headers.extend(
            HeaderValue::try_from(text)
                .ok()
                .map(|it| (CONTENT_RANGE, it)),
        );
    }
    Ok(response)
}

fn no_such_bytes(size: u64) -> Refusal {
    let message = format!("the artifact has {size} bytes");
    let refusal =
        Refusal::with_status(StatusCode::RANGE_NOT_SATISFIABLE, "invalid_range", &message);
    match HeaderValue::try_from(format!("bytes */{size}")) {
        Ok(value) => refusal.header(CONTENT_RANGE, value),
        Err(_) => refusal,
    }
}

/// What the bytes are. A browser saves them; it doesn't show them as a page of ours.
fn describe(response: &mut Response, artifact: &Artifact, tag: Option<&str>) {
    let headers = response.headers_mut();
    let kind = artifact.content_type.as_deref().unwrap_or_default();
    let kind = HeaderValue::from_str(kind).ok().filter(|it| !it.is_empty());
    let bytes = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, kind.unwrap_or(bytes));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    let name = disposition(artifact.key.as_str());
    headers.extend(
        HeaderValue::try_from(name)
            .ok()
            .map(|it| (CONTENT_DISPOSITION, it)),
    );
    let tag = tag.and_then(|it| HeaderValue::from_str(it).ok());
    headers.extend(tag.map(|it| (ETAG, it)));
}

/// `attachment` with the key as the file's name: plain for programs that know no better, and whole.
fn disposition(key: &str) -> String {
    let plain: String = key
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !"\"\\/%".contains(c) || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut whole = String::new();
    for byte in key.rsplit('/').next().unwrap_or(key).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            whole += &format!("%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_can_add_a_header() {
        assert_eq!(
            disposition("plan.md"),
            "attachment; filename=\"plan.md\"; filename*=UTF-8''plan.md"
        );
        let odd = disposition("reviewers/ä\"; x=\"\r\ny.md");
        assert!(HeaderValue::try_from(odd.clone()).is_ok(), "{odd}");
        assert_eq!(odd.matches('"').count(), 2, "{odd}");
    }
}
