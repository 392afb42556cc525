use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::check;
use crate::api::error::ErrorBody;
use crate::api::extract::{Caller, InProject, OfRun, Query, page_request};
use crate::api::limits::RUN_EVENTS;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, ProjectId, Run, RunEvent};
use crate::store::RunFilter;

/// Which runs, and which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// How many items at most, from 1 to 500; 100, if it isn't said.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// Where to go on: the `nextCursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Those in these statuses, with commas between: `QUEUED,RUNNING`.
    #[serde(default)]
    status: Option<String>,
    /// Those of one type: `planning`, `implementation` or `task`.
    #[serde(default)]
    run_type: Option<String>,
    /// Those that write to one branch.
    #[serde(default)]
    target_branch: Option<String>,
}

impl RunsQuery {
    fn filter(&self, project: Option<ProjectId>) -> Result<RunFilter, Error> {
        let words = self.status.iter().flat_map(|text| text.split(','));
        let status: Result<Vec<_>, Error> = words.map(|word| word.trim().parse()).collect();
        let branch = self.target_branch.as_deref();
        Ok(RunFilter {
            project,
            status: status?,
            run_type: self.run_type.as_deref().map(str::parse).transpose()?,
            target_branch: branch
                .map(|it| check::branch("targetBranch", it))
                .transpose()?,
            finished_before: None,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunList {
    /// Newest first.
    runs: Vec<Run>,
    next_cursor: Option<String>,
}

/// A run and how it began.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunDetail {
    #[serde(flatten)]
    run: Run,
    /// The first 200 events; `GET /api/runs/{runId}/history` has all.
    events: Vec<RunEvent>,
}

async fn list(app: &App, query: &RunsQuery, project: Option<ProjectId>) -> Answer {
    let filter = query.filter(project)?;
    let request = page_request(query.limit.as_deref(), query.cursor.as_deref())?;
    let page = app.store().runs(&filter, &request).await?;
    respond::ok(&RunList {
        runs: page.items,
        next_cursor: page.next,
    })
}

/// The runs of a project.
#[utoipa::path(get, path = "/api/projects/{projectId}/runs", tag = "runs",
    params(("projectId" = String, Path), RunsQuery),
    responses((status = 200, body = RunList)),
)]
pub(crate) async fn of_project(
    State(app): State<App>,
    InProject(project): InProject,
    Query(query): Query<RunsQuery>,
) -> Answer {
    list(&app, &query, Some(project)).await
}

/// The runs of all projects that the caller may see.
#[utoipa::path(get, path = "/api/runs", tag = "runs", params(RunsQuery),
    responses((status = 200, body = RunList)),
)]
pub(crate) async fn all(
    State(app): State<App>,
    Caller(who): Caller,
    Query(query): Query<RunsQuery>,
) -> Answer {
    list(&app, &query, who.project_id).await
}

/// One run, with its first events.
#[utoipa::path(get, path = "/api/runs/{runId}", tag = "runs",
    params(("runId" = String, Path)),
    responses((status = 200, body = RunDetail), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn read(State(app): State<App>, OfRun(run): OfRun) -> Answer {
    let events = app.store().events(&run.id, 0, RUN_EVENTS).await?;
    respond::ok(&RunDetail { run, events })
}
