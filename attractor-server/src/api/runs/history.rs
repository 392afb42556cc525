use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::error::ErrorBody;
use crate::api::extract::{OfRun, Query, invalid_field};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::RunEvent;

/// Which of a run's events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Those after this number, in order; from the first, if none.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<String>,
    /// The last ones before this number, in order; `last` for the last of all.
    #[serde(default)]
    before: Option<String>,
    /// How many at most, from 1 to 1,000; 200, if it isn't said.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct History {
    /// In order.
    events: Vec<RunEvent>,
    /// The number of the run's last event.
    last_seq: i64,
}

/// A run's events, from the first on or back from the last.
#[utoipa::path(get, path = "/api/runs/{runId}/history", tag = "runs",
    params(("runId" = String, Path), HistoryQuery),
    responses((status = 200, body = History), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn history(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(query): Query<HistoryQuery>,
) -> Answer {
    let number = |field: &str, text: &str| match text.parse::<i64>() {
        Ok(number) if number >= 0 => Ok(number),
        _ => Err(invalid_field(
            field,
            "it must be a number that isn't negative",
        )),
    };
    let limit = query.limit.as_deref().map_or(Ok(200), str::parse);
    let limit: u32 = limit.unwrap_or(0);
    if !(1..=1000).contains(&limit) {
        return Err(invalid_field("limit", "it must be from 1 to 1000").into());
    }
    let events = match (query.before.as_deref(), query.after.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(invalid_field("before", "it can't be given beside after").into());
        }
        (Some("last"), None) => app.store().events_before(&run.id, None, limit).await?,
        (Some(before), None) => {
            let before = number("before", before)?;
            app.store()
                .events_before(&run.id, Some(before), limit)
                .await?
        }
        (None, after) => {
            let after = after.map_or(Ok(0), |it| number("after", it))?;
            app.store().events(&run.id, after, limit).await?
        }
    };
    let last_seq = run.last_seq;
    respond::ok(&History { events, last_seq })
}
