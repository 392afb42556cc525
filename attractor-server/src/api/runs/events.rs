use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::IntoResponse as _;
use axum::response::sse::Sse;
use serde::Deserialize;
use utoipa::IntoParams;

use super::feed::Feed;
use crate::api::error::ErrorBody;
use crate::api::extract::{Caller, OfRun, Query};
use crate::api::respond::Answer;
use crate::app::App;
use crate::domain::{Error, ErrorKind};

const LAST: HeaderName = HeaderName::from_static("last-event-id");
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// Only events after this number; `Last-Event-ID` goes before.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<String>,
}

/// A run's events as they happen: those that are stored first, then each that comes, without a gap or a
/// repetition. `id` is the event's number; pieces of what models say come as `event: live`, without a
/// number; `event: heartbeat` every 25 seconds; `event: end` when the run is over.
#[utoipa::path(get, path = "/api/runs/{runId}/events", tag = "runs",
    params(
        ("runId" = String, Path),
        After,
        ("Last-Event-ID" = Option<i64>, Header, description = "The last event that is known; browsers send it when they come back"),
    ),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 404, body = ErrorBody),
        (status = 429, description = "Too many streams are open", body = ErrorBody),
    ),
)]
pub(crate) async fn events(
    State(app): State<App>,
    Caller(who): Caller,
    OfRun(run): OfRun,
    Query(query): Query<After>,
    headers: HeaderMap,
) -> Answer {
    let last = headers.get(LAST).map(|it| it.to_str().unwrap_or_default());
    let after = last.filter(|it| !it.is_empty()).or(query.after.as_deref());
    let after = match after.map(str::parse::<i64>) {
        None => 0,
        Some(Ok(after)) if after >= 0 => after,
        Some(_) => {
            let message = "Last-Event-ID and after are the number of an event";
            return Err(Error::invalid("invalid_after", message).into());
        }
    };
    let permit = app.streams().try_acquire_owned().map_err(|_| {
        let message = "as many event streams are open as may be: try again later";
        Error::new(ErrorKind::RateLimited, "too_many_streams", message)
    })?;
    if run.status.is_over() {
        app.live().forget(&run.id);
    }
    let feed = Feed::open(app, &who, run.id, after, permit).await?;
    let mut response = Sse::new(feed.into_stream()).into_response();
    let no = HeaderValue::from_static("no");
    response.headers_mut().insert(BUFFERING, no);
    Ok(response)
}
