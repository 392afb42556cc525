//! What section 12 of the contract says of secrets, identity and input: one test for each item that no
//! other test of the API is about.

use serde_json::json;

use super::harness::{TestServer, sum};

const RUNNER: &str = "arr_security";

/// Method and path of every route of the document, with these values for its parameters.
async fn routes(server: &TestServer, known: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let document = server.get("/api/openapi.json").await.is(200).json();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let role = operation["x-role"].as_str().unwrap_or("public").to_owned();
            let filled = known.iter().fold(path.clone(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), value)
            });
            let filled = filled.replace(['{', '}'], "");
            found.push((method.to_uppercase(), filled, role));
        }
    }
    assert!(found.len() > 60, "{found:?}");
    found
}

/// 12.1: every route of the document, also the ones that are added later.
#[tokio::test]
async fn a_token_of_one_project_is_refused_for_everything_of_another() {
    let server = TestServer::start().await;
    let own = server.project("Own").await;
    let (other, run) = server.leased(RUNNER).await;
    let token = server.token("admin", Some(&own)).await;
    let known = [("projectId", other.as_str()), ("runId", run.as_str())];
    for (method, path, role) in routes(&server, &known).await {
        if !path.contains(&other) && !path.contains(&run) {
            continue;
        }
        assert!(role != "runner" && role != "public", "{method} {path}");
        let body = (method != "GET").then(|| json!({}));
        let reply = server.call(&token, &method, &path, body.as_ref()).await;
        assert!(
            matches!(reply.status, 403 | 404),
            "{method} {path}: {}",
            reply.body
        );
        assert!(
            !reply.body.contains(&other),
            "{method} {path}: {}",
            reply.body
        );
    }
    assert_eq!(server.status(&run).await, "RUNNING");
}

/// 12.1: nothing but what is public is answered without a token, or with a runner's.
#[tokio::test]
async fn no_route_is_forgotten_by_the_gate() {
    let server = TestServer::start().await;
    let (project, run) = server.leased(RUNNER).await;
    let known = [("projectId", project.as_str()), ("runId", run.as_str())];
    for (method, path, role) in routes(&server, &known).await {
        if role == "public" {
            continue;
        }
        let nobody = server.send(&method, &path, &[], "").await;
        assert_eq!(nobody.status, 401, "{method} {path}");
        if role != "runner" {
            // Each is a failed sign-in, of which only so many are answered in a minute.
            server.clock.advance(std::time::Duration::from_secs(61));
            let runner = server.call(RUNNER, &method, &path, None).await;
            assert_eq!(runner.status, 401, "{method} {path}");
        }
    }
}

/// 12.2: a token of a run is good for that run.
#[tokio::test]
async fn a_runner_reaches_nothing_of_another_run() {
    let server = TestServer::start().await;
    let project = server.project("Two").await;
    let attractor = server.attractor(&project).await;
    let first = server.run(&project, &attractor).await;
    server.dispatch("arr_first").await;
    let question =
        attractor_core::Question::new("gate", attractor_core::QuestionKind::Freeform, "What?");
    let new = json!({ "key": "1", "nodeId": "gate", "prompt": "What?", "question": question });
    let asked = server
        .tell("arr_first", "questions", &new)
        .await
        .is(200)
        .json();
    let text = "of the first";
    let what = ("text/plain", &*sum(text));
    server
        .put_artifact("arr_first", "own.txt", what, text)
        .await
        .is(201);
    let second = server.run(&project, &attractor).await;
    server.dispatch("arr_second").await;
    let path = format!("/api/runner/questions/{}", asked["id"].as_str().unwrap());
    server.call("arr_second", "GET", &path, None).await.is(404);
    let text = "of the second";
    let what = ("text/plain", &*sum(text));
    server
        .put_artifact("arr_second", "own.txt", what, text)
        .await
        .is(201);
    for (run, text) in [(first, "of the first"), (second, "of the second")] {
        let place = format!("/api/runs/{run}/artifacts");
        let list = server.get(&place).await.is(200).json();
        let id = list["artifacts"][0]["id"].as_str().unwrap();
        let whole = server.get(&format!("{place}/{id}/download")).await;
        assert_eq!(whole.is(200).body, text);
    }
}

/// 12.2 and 12.3: what signs in at the forge goes to nobody but git, also not out of a runner's mouth.
#[tokio::test]
async fn what_a_run_says_is_scrubbed_of_what_it_was_never_given() {
    let server = TestServer::start().await;
    let (project, run) = server.leased(RUNNER).await;
    let secret = json!({
        "name": "github", "provider": "github",
        "keyMappings": {"token": "t"}, "values": {"t": "ghp_0123456789"},
    });
    let path = format!("/api/projects/{project}/secrets");
    server.post(&path, &secret).await.is(201);
    let claimed = server.call(RUNNER, "POST", "/api/runner/claim", None).await;
    assert!(!claimed.is(200).body.contains("ghp_"), "no run is given it");
    let leak = "fatal: https://x:ghp_0123456789@github.com/";
    let mut entry = super::harness::entry(1, "EngineText", json!({ "event": "text" }));
    entry["payload"]["payload"]["text"] = leak.into();
    let batch = json!({ "after": 0, "events": [entry] });
    server.tell(RUNNER, "events", &batch).await.is(200);
    let failed = json!({ "outcome": "failed", "error": leak });
    server.tell(RUNNER, "finish", &failed).await.is(200);
    let run = server.get(&format!("/api/runs/{run}")).await.is(200).body;
    assert!(!run.contains("ghp_"), "{run}");
    assert!(run.contains("[secret GITHUB_TOKEN]"), "{run}");
}

/// 2.1: a runner tells what the engine does, and doesn't speak for the server.
#[tokio::test]
async fn a_runner_cannot_tell_the_servers_events() {
    let server = TestServer::start().await;
    server.leased(RUNNER).await;
    for kind in [
        "RunCompleted",
        "Engine\r\nid: 9",
        "EngineX: y",
        "",
        "engineText",
    ] {
        let entry = super::harness::entry(1, kind, json!({ "event": "text" }));
        let batch = json!({ "after": 0, "events": [entry] });
        let refused = server.tell(RUNNER, "events", &batch).await.is(400).json();
        assert_eq!(refused["details"]["field"], "events.type", "{kind}");
    }
}

/// 12.9: a pipeline's path stays in its repository.
#[tokio::test]
async fn no_path_leads_out() {
    let server = TestServer::start().await;
    let project = server.project("Paths").await;
    let path = format!("/api/projects/{project}/attractors");
    for bad in [
        "../../proc/self/environ",
        "/etc/passwd",
        "a/../../b.dot",
        "a\\..\\b",
        ".git/config",
        "a\u{0}b",
        "",
    ] {
        let body = json!({ "name": "x", "repoPath": bad, "defaultRunType": "task" });
        let reply = server.post(&path, &body).await;
        assert_eq!(reply.status, 400, "{bad:?}: {}", reply.body);
        let body = json!({ "repoFullName": "a/b", "attractorPath": bad });
        let reply = server.post("/api/bootstrap/self", &body).await;
        assert_eq!(reply.status, 400, "{bad:?}: {}", reply.body);
    }
    for bad in [
        "..%2f..%2fCargo.toml",
        "%2e%2e%2fsecrets.key",
        "..%5c..%5cx",
    ] {
        server.get(&format!("/api/docs/{bad}")).await.is(404);
    }
}

/// 12.13: whoever may name a repository can't make the server look at its own network.
#[tokio::test]
async fn no_repository_leads_into_the_servers_network() {
    let server = TestServer::start().await;
    let project = server.project("Reach").await;
    let place = format!("/api/projects/{project}");
    for bad in [
        "https://2130706433/a",
        "https://0x7f.1/a",
        "https://[::1]/a",
        "https://[::ffff:169.254.169.254]/latest",
        "https://[fd00::1]/a",
        "https://10.0.0.1/a",
        "https://localhost/a",
        "https://localhost./a",
        "ssh://git@127.0.0.1/a",
        "git@192.168.0.1:a/b.git",
        "git://example.com/a",
        "ftp://example.com/a",
        "https://user@127.0.0.1/a",
        "file:///",
        "/proc/self/root",
        "../../a",
    ] {
        let change = server.patch(&place, &json!({ "repository": bad })).await;
        assert_eq!(change.status, 400, "{bad}: {}", change.body);
        let made = server
            .post("/api/bootstrap/self", &json!({ "repoFullName": bad }))
            .await;
        assert_eq!(made.status, 400, "{bad}: {}", made.body);
        let connect =
            json!({ "installationId": "1", "repoFullName": bad, "defaultBranch": "main" });
        let connect = server
            .post(&format!("{place}/repo/connect/github"), &connect)
            .await;
        assert_eq!(connect.status, 400, "{bad}: {}", connect.body);
    }
}

/// What somebody else chose is in a header only where it can't end it.
#[tokio::test]
async fn no_name_becomes_a_header() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let text = "<script>";
    let what = ("text/html; charset=utf-8", &*sum(text));
    let key = "a%22%3b%20filename%3d%22b.html";
    server.put_artifact(RUNNER, key, what, text).await.is(201);
    let place = format!("/api/runs/{run}/artifacts");
    let list = server.get(&place).await.is(200).json();
    let id = list["artifacts"][0]["id"].as_str().unwrap();
    let whole = server.get(&format!("{place}/{id}/download")).await.is(200);
    let named = whole.headers["content-disposition"].to_str().unwrap();
    assert!(named.starts_with("attachment; filename=\""), "{named}");
    assert_eq!(named.matches('"').count(), 2, "{named}");
    assert_eq!(whole.headers["x-content-type-options"], "nosniff");
    for bad in ["a\r\nSet-Cookie: x=y", "a\nb", "a\u{0}"] {
        let made = server.post("/api/projects", &json!({ "name": bad })).await;
        assert_eq!(made.status, 400, "{bad:?}");
        let made = server
            .post("/api/tokens", &json!({ "name": bad, "role": "viewer" }))
            .await;
        assert_eq!(made.status, 400, "{bad:?}");
    }
}

/// What nests deeply is refused before it costs anything, wherever JSON is read.
#[tokio::test]
async fn no_body_is_too_deep_for_the_server() {
    let server = TestServer::start().await;
    let (project, run) = server.leased(RUNNER).await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let known = [("projectId", project.as_str()), ("runId", run.as_str())];
    let routes = routes(&server, &known).await;
    for (method, path, role) in routes.iter().filter(|it| it.0 == "POST" || it.0 == "PATCH") {
        let token = if role == "runner" {
            RUNNER
        } else {
            &server.admin
        };
        let reply = send(&server, (token, method, path), &deep).await;
        assert!(reply.status < 500, "{method} {path}: {}", reply.body);
    }
    server.get("/livez").await.is(200);
}

async fn send(
    server: &TestServer,
    (token, method, path): (&str, &str, &str),
    body: &str,
) -> crate::http::client::Reply {
    let bearer = format!("Bearer {token}");
    let json = ("content-type", "application/json");
    let headers = [("authorization", bearer.as_str()), json];
    server.send(method, path, &headers, body).await
}

/// What never ends is cut off.
#[tokio::test]
async fn no_body_is_too_large_for_the_server() {
    let server = TestServer::start().await;
    server.leased(RUNNER).await;
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(17 * 1024 * 1024));
    for to in [
        (server.admin.as_str(), "POST", "/api/runs"),
        (RUNNER, "POST", "/api/runner/events"),
        (RUNNER, "POST", "/api/runner/questions"),
    ] {
        let refused = send(&server, to, &large).await.is(413).json();
        assert_eq!(refused["code"], "body_too_large", "{to:?}");
    }
    let long = format!("/api/projects?cursor={}", "x".repeat(60_000));
    let reply = server.get(&long).await;
    assert!(matches!(reply.status, 400 | 414 | 431), "{}", reply.status);
    server.get("/api/projects").await.is(200);
}
