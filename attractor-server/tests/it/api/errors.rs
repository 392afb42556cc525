//! What a client reads that has made a mistake.

use serde_json::json;

use super::harness::TestServer;

/// What an administrator sends as JSON, and what comes of it.
const MISTAKES: &str = r#"
    GET    /api/nothing                                            -> 404 no_such_route
    GET    /nothing.html                                           -> 404 no_such_route
    DELETE /api/runs                                               -> 405 method_not_allowed
    POST   /api/runs {                                             -> 400 malformed_json
    POST   /api/runs                                               -> 400 malformed_json
    POST   /api/runs []                                            -> 400 invalid_field
    POST   /api/runs {}                                            -> 400 invalid_field
    POST   /api/projects {"name":"x"}                              -> 400 invalid_field
    POST   /api/projects {"name":"a\u0000b"}                       -> 400 invalid_field
    POST   /api/projects {"name":"ok","namespace":"kube-system"}   -> 400 invalid_field
    GET    /api/projects?limit=0                                   -> 400 invalid_limit
    GET    /api/projects?limit=x                                   -> 400 invalid_limit
    GET    /api/projects?cursor=x                                  -> 400 invalid_cursor
    GET    /api/models                                             -> 400 invalid_field
    GET    /api/models?provider=none                               -> 404 not_found
    GET    /api/runs/none                                          -> 404 not_found
    GET    /api/runs/..%2f..%2fetc%2fpasswd                        -> 404 not_found
    GET    /api/runs/%00                                           -> 404 not_found
    GET    /api/runs?status=BUSY                                   -> 400 invalid_status
    POST   /api/projects/PROJECT/secrets {"name":"a"}              -> 400 invalid_field
"#;

async fn check(server: &TestServer, (method, path): (&str, &str), body: &str, expected: &str) {
    let bearer = format!("Bearer {}", server.admin);
    let kind = ("content-type", "application/json");
    let headers = [("authorization", bearer.as_str()), kind];
    let reply = server.send(method, path, &headers, body).await;
    assert_eq!(reply.headers["content-type"], "application/json");
    let error = reply.json();
    let found = format!("{} {}", reply.status, error["code"].as_str().unwrap());
    assert_eq!(found, expected, "{method} {path}: {error}");
    assert!(error["error"].as_str().is_some_and(|it| !it.is_empty()));
    assert!(error.as_object().unwrap().contains_key("details"));
}

#[tokio::test]
async fn every_mistake_is_answered_in_one_form() {
    let server = TestServer::start().await;
    let project = server.project("Errors").await;
    for line in MISTAKES.lines().filter(|line| !line.trim().is_empty()) {
        let (request, expected) = line.split_once("->").unwrap();
        let request = request.trim().replace("PROJECT", &project);
        let (method, rest) = request.split_once(' ').unwrap();
        let (path, body) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        check(&server, (method, path), body, expected.trim()).await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_deep_too_large_or_no_json_is_refused() {
    let server = TestServer::start().await;
    let post = ("POST", "/api/projects");
    let deep = "[".repeat(50_000) + &"]".repeat(50_000);
    let deep = format!("{{\"name\":{deep}}}");
    check(&server, post, &deep, "400 invalid_field").await;
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    check(&server, post, &large, "413 body_too_large").await;
    let bearer = format!("Bearer {}", server.admin);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    let other = server.send("POST", "/api/projects", &headers, "{}").await;
    assert_eq!(other.is(415).json()["code"], "unsupported_media_type");
}

#[tokio::test]
async fn a_validation_names_the_field() {
    let server = TestServer::start().await;
    let body = json!({ "projectId": "p", "attractorDefId": "a", "runType": "building" });
    let error = server.post("/api/runs", &body).await.is(400).json();
    assert_eq!(error["details"]["field"], "runType");
    let reply = server.delete("/api/runs").await.is(405);
    assert!(reply.headers["allow"].to_str().unwrap().contains("POST"));
}

#[tokio::test]
async fn every_answer_is_protected_from_being_something_else() {
    let server = TestServer::start().await;
    for path in [
        "/api/projects",
        "/api/nothing",
        "/healthz",
        "/api/docs/index.html",
    ] {
        let reply = server.get(path).await;
        let header = |name: &str| reply.headers[name].to_str().unwrap().to_owned();
        assert!(
            header("content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn what_is_broken_inside_says_nothing_of_the_inside() {
    let server = TestServer::start().await;
    server.store.close().await;
    let reply = server.get("/api/projects").await;
    assert!(reply.status == 503 || reply.status == 500, "{}", reply.body);
    let text = reply.body.to_lowercase();
    for word in ["sql", "pool", "select", "database is"] {
        assert!(!text.contains(word), "{text}");
    }
    assert_eq!(server.get("/readyz").await.status, 503);
    assert_eq!(server.get("/livez").await.status, 200);
}
