use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::list::malformed;
use crate::http::feed::Feed;
use crate::http::{Error, ErrorKind, PipelineId, PipelineService};

#[derive(Debug, Deserialize)]
pub(super) struct From {
    #[serde(default)]
    after: Option<u64>,
}

/// `GET /pipelines/{id}/events`: its events, from the first or from the one after `Last-Event-ID`
/// or `?after=`, until it's executed no more.
pub(super) async fn events(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
    from: Result<Query<From>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let id: PipelineId = id.parse()?;
    let Query(from) = from.map_err(|error| malformed(&error))?;
    let after = match headers.get("last-event-id") {
        Some(last) => last
            .to_str()
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(|| {
                let text = "Last-Event-ID is none of an event of this stream";
                Error::new(ErrorKind::InvalidRequest, text)
            })?,
        None => from.after.unwrap_or(0),
    };
    let permit = Arc::clone(&service.0.streams)
        .try_acquire_owned()
        .map_err(|_| {
            let max = service.0.options.max_streams;
            Error::new(
                ErrorKind::Busy,
                format!("{max} event streams are open, and no more may be"),
            )
        })?;
    let heartbeat = KeepAlive::new()
        .interval(service.0.options.heartbeat)
        .text("heartbeat");
    let feed = Feed::open(service, id, after, permit)?;
    Ok(Sse::new(feed.into_stream())
        .keep_alive(heartbeat)
        .into_response())
}
