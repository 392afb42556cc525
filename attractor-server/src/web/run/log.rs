use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::limits::LOG;
use crate::api::{Answer, OfRun, Query, invalid_field};
use crate::app::App;
use crate::domain::{Run, RunEvent};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

/// All events of a run as they are, the last ones first.
#[derive(Debug, Template)]
#[template(path = "run/log.html")]
struct LogPage {
    shell: Shell,
    run: Run,
    events: Vec<Line>,
    /// Where the next page begins, if there is one.
    before: Option<i64>,
}

#[derive(Debug)]
struct Line {
    event: RunEvent,
    /// The payload, to be read.
    payload: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct LogQuery {
    /// Only events before this number.
    #[serde(default)]
    before: Option<String>,
}

pub(super) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    OfRun(run): OfRun,
    Query(query): Query<LogQuery>,
) -> Answer {
    let before = query.before.as_deref().map(str::parse::<i64>).transpose();
    let before = before.map_err(|_| invalid_field("before", "it must be a number"))?;
    let mut events = app.store().events_before(&run.id, before, LOG).await?;
    events.reverse();
    let first = events.last().map(|event| event.seq);
    let line = |event: RunEvent| Line {
        payload: serde_json::to_string_pretty(&event.payload).unwrap_or_default(),
        event,
    };
    let page = LogPage {
        shell: visitor.shell,
        run,
        events: events.into_iter().map(line).collect(),
        before: first.filter(|seq| *seq > 1),
    };
    show::page(&page.shell, &page)
}
