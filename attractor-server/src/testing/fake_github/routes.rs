use std::collections::HashMap;
use std::time::Duration;

use axum::Extension;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::auth::{Caller, has};
use super::world::{Fault, Issued, Pull, Recorded, World};
use super::{FakeGitHub, Shared};

/// Bytes of a request that is read.
const REQUEST_BYTES: usize = 1024 * 1024;

pub(super) fn router(world: Shared) -> Router {
    Router::new()
        .route("/app/installations/{id}/access_tokens", post(access_token))
        .route("/installation/repositories", get(installation_repositories))
        .route("/repos/{owner}/{name}", get(repository))
        .route("/repos/{owner}/{name}/branches/{branch}", get(branch))
        .route("/repos/{owner}/{name}/pulls", get(pulls).post(create_pull))
        .fallback(async || problem(404, "Not Found"))
        .layer(from_fn_with_state(world.clone(), record))
        .with_state(world)
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(CONTENT_TYPE, "application/json; charset=utf-8")],
        body.to_string(),
    )
        .into_response()
}

fn problem(status: u16, message: &str) -> Response {
    answer(
        status,
        &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }),
    )
}

fn invalid(message: &str) -> Response {
    let errors = json!([{ "resource": "PullRequest", "code": "custom", "message": message }]);
    answer(
        422,
        &json!({ "message": "Validation Failed", "errors": errors }),
    )
}

/// Writes each request down, finds out who asks, and lets go wrong what is to go wrong.
async fn record(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, REQUEST_BYTES).await else {
        return problem(400, "Problems reading the body");
    };
    let authorization = parts.headers.get(AUTHORIZATION);
    let authorization = authorization
        .and_then(|it| it.to_str().ok())
        .map(str::to_owned);
    let now = shared.clock.now();
    let (caller, fault) = {
        let mut world = shared.lock();
        world.requests.push(Recorded {
            method: parts.method.to_string(),
            path: parts.uri.to_string(),
            authorization: authorization.clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        let caller = Caller::of(&world, authorization.as_deref(), now);
        (caller, world.faults.pop_front().unwrap_or(Fault::None))
    };
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(caller.clone());
    match (fault, caller) {
        (Fault::Status(status), _) => problem(status, "Something went wrong"),
        (Fault::StatusAfter(status), _) => {
            next.run(request).await;
            problem(status, "Something went wrong")
        }
        (Fault::RetryAfter(seconds), _) => {
            let mut refused = problem(403, "You have exceeded a secondary rate limit");
            refused.headers_mut().insert("retry-after", seconds.into());
            refused
        }
        (Fault::RateLimit(seconds), _) => {
            let mut refused = problem(403, "API rate limit exceeded");
            let reset = now.as_millis() / 1_000 + seconds;
            refused
                .headers_mut()
                .insert("x-ratelimit-remaining", 0.into());
            refused
                .headers_mut()
                .insert("x-ratelimit-reset", reset.into());
            refused
        }
        (Fault::Garbage, _) => (StatusCode::OK, "<html>").into_response(),
        (Fault::None, Caller::Stranger) => problem(401, "Bad credentials"),
        (Fault::None, _) => next.run(request).await,
    }
}

async fn access_token(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    if !matches!(caller, Caller::App) {
        return problem(401, "A JSON web token could not be decoded");
    }
    if id != FakeGitHub::INSTALLATION {
        return problem(404, "Not Found");
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let names = asked["repositories"].as_array().map(|names| {
        let full = |name: &Value| format!("octo/{}", name.as_str().unwrap_or_default());
        names.iter().map(full).collect::<Vec<_>>()
    });
    let mut world = shared.lock();
    if names
        .iter()
        .flatten()
        .any(|name| world.find(name).is_none())
    {
        return problem(
            422,
            "There is at least one repository that does not exist or is not accessible",
        );
    }
    let expires_at = shared.clock.now().plus(Duration::from_secs(3_600));
    let issued = Issued {
        token: format!("ghs_fake{:036}", world.tokens.len()),
        expires_at,
        repositories: names,
        permissions: asked["permissions"].clone(),
    };
    let shown = json!({ "token": issued.token, "expires_at": expires_at, "permissions": issued.permissions });
    world.tokens.push(issued);
    answer(201, &shown)
}

async fn installation_repositories(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let Caller::Installation(issued) = caller else {
        return problem(
            403,
            "You must authenticate with an installation access token",
        );
    };
    let number = |name: &str, default: usize| {
        query
            .get(name)
            .and_then(|it| it.parse().ok())
            .unwrap_or(default)
    };
    let (page, size) = (
        number("page", 1).max(1),
        number("per_page", 30).clamp(1, 100),
    );
    let world = shared.lock();
    let all: Vec<_> = world
        .repositories
        .iter()
        .filter(|it| has(&issued, it))
        .collect();
    let shown: Vec<Value> = all
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .map(|it| world.shown(it))
        .collect();
    answer(
        200,
        &json!({ "total_count": all.len(), "repositories": shown }),
    )
}

/// The repository, if the caller sees it.
fn seen<'a>(
    world: &'a World,
    caller: &Caller,
    owner: &str,
    name: &str,
) -> Option<&'a super::FakeRepository> {
    let found = world.find(&format!("{owner}/{name}"));
    found.filter(|it| caller.sees(it))
}

async fn repository(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((owner, name)): Path<(String, String)>,
) -> Response {
    let world = shared.lock();
    match seen(&world, &caller, &owner, &name) {
        Some(found) => answer(200, &world.shown(found)),
        None => problem(404, "Not Found"),
    }
}

async fn branch(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((owner, name, branch)): Path<(String, String, String)>,
) -> Response {
    let world = shared.lock();
    let found = seen(&world, &caller, &owner, &name);
    match found.filter(|it| it.branches.contains(&branch)) {
        Some(found) => {
            let protected = found.protected.contains(&branch);
            answer(200, &json!({ "name": branch, "protected": protected }))
        }
        None => problem(404, "Branch not found"),
    }
}

async fn pulls(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((owner, name)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let world = shared.lock();
    let Some(found) = seen(&world, &caller, &owner, &name) else {
        return problem(404, "Not Found");
    };
    let is_asked_for = |pull: &&Pull| {
        let head = format!("{}:{}", found.owner(), pull.head);
        pull.repository == found.full_name
            && query.get("head").is_none_or(|asked| *asked == head)
            && query.get("base").is_none_or(|asked| *asked == pull.base)
    };
    let shown: Vec<Value> = world
        .pulls
        .iter()
        .filter(is_asked_for)
        .map(Pull::shown)
        .collect();
    answer(200, &Value::from(shown))
}

async fn create_pull(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((owner, name)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |field: &str| asked[field].as_str().unwrap_or_default().to_owned();
    let mut world = shared.lock();
    let Some(found) = seen(&world, &caller, &owner, &name) else {
        return problem(404, "Not Found");
    };
    if !caller.may(found, "pull_requests") {
        return problem(403, "Resource not accessible by integration");
    }
    let pull = Pull {
        number: world.pulls.len() + 1,
        repository: found.full_name.clone(),
        head: text("head"),
        base: text("base"),
    };
    if !found.branches.contains(&pull.base) || text("title").is_empty() {
        return invalid("The base branch or the title is invalid");
    }
    if !found.branches.contains(&pull.head) {
        return invalid(&format!(
            "No commits between {} and {}",
            pull.base, pull.head
        ));
    }
    let is_same = |it: &Pull| {
        (&it.repository, &it.head, &it.base) == (&pull.repository, &pull.head, &pull.base)
    };
    if world.pulls.iter().any(is_same) {
        return invalid(&format!(
            "A pull request already exists for {owner}:{}.",
            pull.head
        ));
    }
    let shown = pull.shown();
    world.pulls.push(pull);
    answer(201, &shown)
}
