use axum::extract::{Request, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};

use super::limits::{BATCH, BATCH_BYTES, TYPE_CHARACTERS};
use crate::api::error::{ErrorBody, Refusal};
use crate::api::extract::{self, OfAttempt, invalid_field};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::bus::Notice;
use crate::domain::NewEvent;
use crate::runner_api::{EventBatch, EventsStored};
use crate::store::Fence;

/// Stores entries of the engine's journal, each once and in order, and tells those who watch.
#[utoipa::path(post, path = "/api/runner/events", tag = "runner", request_body = EventBatch, responses(
    (status = 200, body = EventsStored),
    (status = 409, description = "Entries before these are missing, or the attempt is over", body = ErrorBody),
))]
pub(crate) async fn append(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    request: Request,
) -> Answer {
    let kind = request.headers().get(CONTENT_TYPE);
    if !kind.is_some_and(|it| it.as_bytes().starts_with(b"application/json")) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::with_status(
            status,
            "unsupported_media_type",
            "the body must be JSON",
        ));
    }
    let bytes = extract::read(request.into_body(), BATCH_BYTES).await?;
    let batch: EventBatch = extract::parse(&bytes)?;
    if batch.events.len() > BATCH || batch.live.len() > BATCH {
        return Err(invalid_field("events", &format!("a batch has at most {BATCH}")).into());
    }
    if batch.after < 0
        || batch
            .events
            .iter()
            .any(|it| it.cost_micro_usd.is_some_and(|it| it < 0))
    {
        return Err(invalid_field("after", "neither it nor a cost can be negative").into());
    }
    // The other names are for what this server says.
    if let Some(event) = batch.events.iter().find(|it| !is_of_engine(&it.kind)) {
        let kind: String = event.kind.chars().take(80).collect();
        let why = format!("{kind:?} isn't `Engine` and the name of an entry");
        return Err(invalid_field("events.type", &why).into());
    }
    let run = &leased.run;
    // The runner has done so; but what signs in at the forge it doesn't know.
    let scrubber = app.scrubber(&run.project_id).await?;
    let events = batch.events.into_iter().map(|mut event| {
        let cost = event.cost_micro_usd.unwrap_or(0);
        scrubber.json(&mut event.payload);
        (NewEvent::new(&event.kind, event.ts, event.payload), cost)
    });
    let fence = Fence(run.attempt);
    let stored = app
        .store()
        .append_from_runner(&run.id, fence, batch.after, events.collect())
        .await?;
    let mut live = batch.live;
    for piece in &mut live {
        scrubber.json(piece);
    }
    // A batch that was refused is sent again, or is an older attempt's.
    app.live().take(&run.id, &stored.events, &mut live);
    let newest = stored.events.last().map(|event| event.seq);
    let mut notices: Vec<Notice> = live.into_iter().map(Notice::Live).collect();
    notices.extend(newest.map(Notice::Stored));
    for notice in notices {
        if let Err(error) = app.bus().publish(&run.id, notice).await {
            tracing::warn!(%error, run = %run.id, "the bus can't be reached");
            break;
        }
    }
    respond::ok(&EventsStored {
        journal_seq: stored.journal_seq,
        last_seq: newest.unwrap_or(run.last_seq),
    })
}

/// Whether a type of event is one that runners tell.
fn is_of_engine(kind: &str) -> bool {
    kind.len() <= TYPE_CHARACTERS
        && kind.starts_with("Engine")
        && kind.bytes().all(|it| it.is_ascii_alphanumeric())
}
