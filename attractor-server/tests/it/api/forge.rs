//! What runs and people ask of GitHub, which here is a fake.

use attractor_server::testing::{FakeGitHub, FakeRepository, Fault};
use serde_json::{Value, json};

use super::harness::TestServer;

const RUNNER: &str = "arr_forge";

/// A server that knows GitHub, with a leased implementation run of a project on `octo/hello`.
async fn implementing() -> TestServer {
    let (server, body) = planned().await;
    server.post("/api/runs", &body).await.is(201);
    server.dispatch(RUNNER).await;
    server
}

/// The same before the run, and the body that creates it.
async fn planned() -> (TestServer, Value) {
    let server = TestServer::with_github().await;
    let project = server.project("Hello").await;
    let about = json!({
        "repository": "octo/hello", "githubInstallationId": FakeGitHub::INSTALLATION,
        "defaultBranch": null,
    });
    let path = format!("/api/projects/{project}");
    server.patch(&path, &about).await.is(200);
    let attractor = server.attractor(&project).await;
    let bundle = server.planned(&project, &attractor, "arr_planning").await;
    let mut body = TestServer::task(&project, &attractor);
    body["runType"] = "implementation".into();
    body["targetBranch"] = "attractor/work".into();
    body["specBundleId"] = bundle.into();
    (server, body)
}

/// 12.12: what the forge says counts, also while nobody has told the server.
#[tokio::test]
async fn no_run_is_for_a_branch_that_the_forge_protects() {
    let (server, mut body) = planned().await;
    for protected in ["trunk", "release/1"] {
        body["targetBranch"] = protected.into();
        let refused = server.post("/api/runs", &body).await.is(400).json();
        assert_eq!(refused["code"], "protected_branch", "{protected}");
        assert_eq!(refused["details"]["field"], "targetBranch");
    }
    let github = server.github.as_ref().unwrap();
    body["targetBranch"] = "release/1".into();
    github.add_faults([Fault::Status(403)]);
    server.post("/api/runs", &body).await.is(201);
    server.dispatch(RUNNER).await;
    let fence = server.tell(RUNNER, "fence", &json!({})).await;
    assert_eq!(fence.is(400).json()["code"], "protected_branch");
}

fn wanted(head: &str) -> Value {
    json!({ "head": head, "title": "Say hello", "body": "As planned." })
}

#[tokio::test]
async fn git_gets_a_token_for_the_projects_repository_only() {
    let server = implementing().await;
    let given = server
        .tell(RUNNER, "credential", &json!({}))
        .await
        .is(200)
        .json();
    assert_eq!(given["username"], "x-access-token");
    let github = server.github.as_ref().unwrap();
    let requests = github.requests();
    let asked = requests
        .iter()
        .find(|it| it.path.ends_with("/access_tokens"))
        .unwrap();
    assert!(asked.body.contains("hello"), "{asked:?}");
    github.add_faults([Fault::Status(401)]);
    github.revoke_tokens();
    server
        .tell("arr_none", "credential", &json!({}))
        .await
        .is(401);
}

#[tokio::test]
async fn a_project_on_this_machine_needs_no_credential() {
    let server = TestServer::with_github().await;
    server.leased(RUNNER).await;
    server.tell(RUNNER, "credential", &json!({})).await.is(204);
}

#[tokio::test]
async fn a_pull_request_is_opened_once_and_only_from_the_runs_branch() {
    let server = implementing().await;
    let open = async |head: &str| server.tell(RUNNER, "pull-request", &wanted(head)).await;
    let first = open("attractor/work").await.is(200).json();
    assert_eq!(first["prUrl"], "https://github.com/octo/hello/pull/1");
    let again = open("attractor/work").await.is(200).json();
    assert_eq!(first, again);
    assert_eq!(server.github.as_ref().unwrap().open_pull_requests(), 1);
    let other = open("attractor/other").await.is(400).json();
    assert_eq!(other["details"]["field"], "head");
    let empty = json!({ "head": "attractor/work", "title": "a\nb", "body": "" });
    server.tell(RUNNER, "pull-request", &empty).await.is(400);
    let done = json!({ "outcome": "succeeded", "prUrl": first["prUrl"] });
    let ended = server.tell(RUNNER, "finish", &done).await.is(200).json();
    assert_eq!(ended["prUrl"], first["prUrl"]);
    open("attractor/work").await.is(401);
}

#[tokio::test]
async fn what_github_refuses_is_told_without_its_token() {
    let server = implementing().await;
    let github = server.github.as_ref().unwrap();
    github.add_faults([Fault::Status(403), Fault::Status(403), Fault::Status(403)]);
    let refused = server
        .tell(RUNNER, "pull-request", &wanted("attractor/work"))
        .await;
    assert!(matches!(refused.status, 502 | 503), "{}", refused.body);
    assert!(!refused.body.contains("ghs_"), "{}", refused.body);
    let gone = server.tell(RUNNER, "pull-request", &json!({})).await;
    assert_eq!(gone.is(400).json()["code"], "invalid_field");
}

#[tokio::test]
async fn a_task_opens_no_pull_request() {
    let server = TestServer::with_github().await;
    server.leased(RUNNER).await;
    let refused = server
        .tell(RUNNER, "pull-request", &wanted("attractor/task"))
        .await;
    assert_eq!(refused.is(409).json()["code"], "no_pull_request");
}

#[tokio::test]
async fn an_installation_shows_its_repositories() {
    let server = TestServer::with_github().await;
    server
        .github
        .as_ref()
        .unwrap()
        .add_repository(FakeRepository::new("octo/apples"));
    let project = server.project("Repositories").await;
    let path = format!("/api/projects/{project}/github/repos");
    server.get(&path).await.is(404);
    let connect = json!({
        "installationId": FakeGitHub::INSTALLATION, "repoFullName": "octo/hello", "defaultBranch": "main",
    });
    let connected = format!("/api/projects/{project}/repo/connect/github");
    let connected = server.post(&connected, &connect).await.is(200).json();
    assert_eq!(connected["repoFullName"], "octo/hello");
    let repos = server.get(&path).await.is(200).json();
    let names: Vec<_> = repos["repos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["fullName"])
        .collect();
    assert_eq!(names, ["octo/apples", "octo/hello"]);
    assert_eq!(repos["repos"][1]["defaultBranch"], "trunk");
    let without = TestServer::start().await;
    let project = without.project("Without").await;
    let path = format!("/api/github/app/start?projectId={project}");
    assert_eq!(
        without.get(&path).await.is(409).json()["code"],
        "no_github_app"
    );
}

/// The state that a person takes to GitHub.
async fn state(server: &TestServer, token: &str, project: &str) -> String {
    let path = format!("/api/github/app/start?projectId={project}");
    let started = server.call(token, "GET", &path, None).await.is(200).json();
    let url = started["installationUrl"].as_str().unwrap();
    let (place, state) = url.split_once("?state=").unwrap();
    assert_eq!(place, "https://github.com/apps/factory/installations/new");
    state.to_owned()
}

#[tokio::test]
async fn a_callback_is_good_once_and_for_who_began_it() {
    let server = TestServer::with_github().await;
    let (own, other) = (server.project("Own").await, server.project("Other").await);
    let call = async |token: &str, state: &str| {
        let path = format!("/api/github/app/callback?installation_id=7&state={state}");
        server.call(token, "GET", &path, None).await
    };
    let good = state(&server, &server.admin, &own).await;
    let somebody = server.token("admin", None).await;
    call(&somebody, &good).await.is(400);
    call(&server.admin, &good.replace(&own, &other))
        .await
        .is(400);
    call(&server.admin, &own).await.is(400);
    let linked = call(&server.admin, &good).await.is(200).json();
    let expected = json!({ "projectId": own, "installationId": "7", "linked": true });
    assert_eq!(linked, expected);
    let replayed = call(&server.admin, &good).await.is(400).json();
    assert_eq!(replayed["code"], "invalid_state");
    let stale = state(&server, &server.admin, &own).await;
    server
        .clock
        .advance(std::time::Duration::from_secs(31 * 60));
    call(&server.admin, &stale).await.is(400);
    let scoped = server.token("admin", Some(&other)).await;
    let path = format!("/api/github/app/start?projectId={own}");
    server.call(&scoped, "GET", &path, None).await.is(404);
    for bad in [
        "installation_id=&state=x",
        "installation_id=7",
        "installation_id=x&state=y",
    ] {
        let path = format!("/api/github/app/callback?{bad}");
        server.get(&path).await.is(400);
    }
}
