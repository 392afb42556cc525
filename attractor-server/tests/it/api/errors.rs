//! What a client reads that has made a mistake.

use serde_json::json;

use super::harness::TestServer;

#[tokio::test]
async fn every_mistake_is_answered_in_one_form() {
    let server = TestServer::start().await;
    let project = server.project("Errors").await;
    let runs = "/api/runs";
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let secrets = format!("/api/projects/{project}/secrets");
    let json = "application/json";
    let table = [
        ("GET", "/api/nothing", json, "", 404, "no_such_route"),
        ("GET", "/nothing.html", json, "", 404, "no_such_route"),
        ("DELETE", runs, json, "", 405, "method_not_allowed"),
        ("POST", runs, json, "{", 400, "malformed_json"),
        ("POST", runs, json, "", 400, "malformed_json"),
        ("POST", runs, json, "[]", 400, "invalid_field"),
        ("POST", runs, json, "{}", 400, "invalid_field"),
        (
            "POST",
            runs,
            "text/plain",
            "{}",
            415,
            "unsupported_media_type",
        ),
        (
            "POST",
            "/api/projects",
            json,
            deep.as_str(),
            400,
            "invalid_field",
        ),
        (
            "POST",
            "/api/projects",
            json,
            large.as_str(),
            413,
            "body_too_large",
        ),
        (
            "POST",
            "/api/projects",
            json,
            r#"{"name":"x"}"#,
            400,
            "invalid_field",
        ),
        (
            "POST",
            "/api/projects",
            json,
            "{\"name\":\"a\\u0000b\"}",
            400,
            "invalid_field",
        ),
        (
            "POST",
            "/api/projects",
            json,
            r#"{"name":"ok","namespace":"kube-system"}"#,
            400,
            "invalid_field",
        ),
        (
            "GET",
            "/api/projects?limit=0",
            json,
            "",
            400,
            "invalid_limit",
        ),
        (
            "GET",
            "/api/projects?limit=x",
            json,
            "",
            400,
            "invalid_limit",
        ),
        (
            "GET",
            "/api/projects?cursor=x",
            json,
            "",
            400,
            "invalid_cursor",
        ),
        ("GET", "/api/models", json, "", 400, "invalid_field"),
        (
            "GET",
            "/api/models?provider=none",
            json,
            "",
            404,
            "not_found",
        ),
        ("GET", "/api/runs/none", json, "", 404, "not_found"),
        (
            "GET",
            "/api/runs/..%2f..%2fetc%2fpasswd",
            json,
            "",
            404,
            "not_found",
        ),
        ("GET", "/api/runs/%00", json, "", 404, "not_found"),
        (
            "GET",
            "/api/runs?status=BUSY",
            json,
            "",
            400,
            "invalid_status",
        ),
        (
            "POST",
            secrets.as_str(),
            json,
            r#"{"name":"a"}"#,
            400,
            "invalid_field",
        ),
    ];
    let bearer = format!("Bearer {}", server.admin);
    for (method, path, kind, body, status, code) in table {
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        let reply = server.send(method, path, &headers, body).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
        assert_eq!(reply.headers["content-type"], "application/json");
        let error = reply.json();
        assert_eq!(error["code"], code, "{method} {path}: {error}");
        assert!(error["error"].as_str().is_some_and(|it| !it.is_empty()));
        assert!(error.as_object().unwrap().contains_key("details"));
    }
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
        assert_eq!(header("referrer-policy"), "no-referrer");
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
