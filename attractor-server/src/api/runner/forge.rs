use axum::extract::State;

use crate::api::check;
use crate::api::error::ErrorBody;
use crate::api::extract::{Json, OfAttempt, invalid_field};
use crate::api::limits::TEXT_CHARACTERS;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, RunType, check_target_branch};
use crate::forge::NewPullRequest;
use crate::runner_api::{PullRequestWanted, RunPullRequest, RunnerCredential};

/// What git signs in with, for a short time.
#[utoipa::path(post, path = "/api/runner/credential", tag = "runner", responses(
    (status = 200, body = RunnerCredential),
    (status = 204, description = "It needs nothing"),
    (status = 502, description = "The forge says no", body = ErrorBody),
))]
pub(crate) async fn credential(State(app): State<App>, OfAttempt(leased): OfAttempt) -> Answer {
    let project = app.store().project(&leased.run.project_id).await?;
    let secrets = app.secrets().forge_environment(&project.id).await?;
    match app.forge().credential(&project, &secrets).await? {
        None => respond::nothing(),
        Some(found) => respond::ok(&RunnerCredential {
            username: found.username,
            password: found.password.into(),
        }),
    }
}

/// Opens the run's pull request, or finds the one that is open.
#[utoipa::path(post, path = "/api/runner/pull-request", tag = "runner", request_body = PullRequestWanted,
    responses(
        (status = 200, body = RunPullRequest),
        (status = 204, description = "There are no pull requests where the repository is"),
        (status = 409, description = "It is no implementation run, or is asked to stop", body = ErrorBody),
        (status = 502, description = "The forge says no", body = ErrorBody),
    ),
)]
pub(crate) async fn pull_request(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    Json(body): Json<PullRequestWanted>,
) -> Answer {
    let run = &leased.run;
    if run.run_type != RunType::Implementation || leased.stop.is_some() {
        let message = "only implementation runs that may go on open a pull request";
        return Err(Error::conflict("no_pull_request", message).into());
    }
    if body.head != run.target_branch {
        return Err(invalid_field("head", "it must be the run's target branch").into());
    }
    check::name("title", &body.title)?;
    let text: String = body.body.chars().take(TEXT_CHARACTERS).collect();
    let project = app.store().project(&run.project_id).await?;
    let secrets = app.secrets().forge_environment(&project.id).await?;
    let base = match project.default_branch.clone() {
        Some(base) => base,
        None => {
            let found = app.forge().default_branch(&project, &secrets).await?;
            found.unwrap_or_else(|| run.source_branch.clone())
        }
    };
    check_target_branch(&body.head, Some(&base), &[])?;
    let new = NewPullRequest {
        head: body.head,
        base,
        title: body.title,
        body: text,
    };
    let forge = app.forge();
    match forge
        .find_or_create_pull_request(&project, &secrets, new)
        .await?
    {
        None => respond::nothing(),
        Some(found) => {
            tracing::info!(run = %run.id, url = found.url, "pull request");
            respond::ok(&RunPullRequest {
                pr_url: found.url,
                number: found.number,
            })
        }
    }
}
