//! Who may do what: one table of roles over all routes.

use serde_json::{Value, json};

use super::harness::TestServer;

/// Method, path, and the least role that may: `{p}` is the token's project, `{r}` a run of it.
const ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "/api/session", "viewer"),
    ("GET", "/api/models/providers", "viewer"),
    ("GET", "/api/projects", "viewer"),
    ("GET", "/api/projects/{p}", "viewer"),
    ("PATCH", "/api/projects/{p}", "admin"),
    ("DELETE", "/api/projects/{p}", "factory"),
    ("POST", "/api/projects", "factory"),
    ("POST", "/api/projects/{p}/repo/connect/github", "admin"),
    ("GET", "/api/projects/{p}/secrets", "viewer"),
    ("POST", "/api/projects/{p}/secrets", "admin"),
    ("GET", "/api/projects/{p}/attractors", "viewer"),
    ("POST", "/api/projects/{p}/attractors", "operator"),
    ("GET", "/api/projects/{p}/bundles", "viewer"),
    ("GET", "/api/projects/{p}/runs", "viewer"),
    ("GET", "/api/runs", "viewer"),
    ("POST", "/api/runs", "operator"),
    ("GET", "/api/runs/{r}", "viewer"),
    ("DELETE", "/api/runs/{r}", "admin"),
    ("GET", "/api/runs/{r}/history", "viewer"),
    ("GET", "/api/runs/{r}/artifacts", "viewer"),
    ("GET", "/api/runs/{r}/questions", "viewer"),
    ("POST", "/api/runs/{r}/pause", "operator"),
    ("POST", "/api/runs/{r}/rerun", "operator"),
    ("GET", "/api/questions", "viewer"),
    ("GET", "/api/audit", "admin"),
    ("GET", "/api/tokens", "factory"),
    ("POST", "/api/tokens", "factory"),
    ("POST", "/api/runner/claim", "runner"),
    ("POST", "/api/runner/finish", "runner"),
];

/// Whether a role may do what takes another.
fn may(role: &str, least: &str) -> bool {
    let rank = |word| {
        ["viewer", "operator", "admin", "factory"]
            .iter()
            .position(|it| *it == word)
    };
    rank(least).is_some_and(|least| rank(role).is_some_and(|role| role >= least))
}

#[tokio::test]
async fn each_role_may_do_what_it_is_for_and_no_more() {
    let server = TestServer::start().await;
    let project = server.project("Own").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    for role in ["viewer", "operator", "admin"] {
        let token = server.token(role, Some(&project)).await;
        for (method, path, least) in ROUTES {
            let path = path.replace("{p}", &project).replace("{r}", &run);
            // What would change something is refused for its form, after the gate has let it through.
            let body = (*method != "GET" && !path.ends_with(&run)).then(|| json!("no object"));
            if may(role, least) && *method == "DELETE" {
                continue;
            }
            let reply = server.call(&token, method, &path, body.as_ref()).await;
            let expected = match *least {
                "runner" => reply.status == 401,
                least if may(role, least) => {
                    reply.status < 400 || matches!(reply.status, 400 | 409)
                }
                _ => reply.status == 403,
            };
            assert!(
                expected,
                "{role} {method} {path}: {} {}",
                reply.status, reply.body
            );
        }
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let server = TestServer::start().await;
    for (method, path, _) in ROUTES {
        let reply = server.send(method, path, &[], "").await;
        assert_eq!(reply.status, 401, "{method} {path}");
        assert!(
            reply.headers["www-authenticate"]
                .to_str()
                .unwrap()
                .starts_with("Bearer")
        );
    }
    for path in ["/livez", "/readyz", "/healthz", "/api/openapi.json"] {
        server.send("GET", path, &[], "").await.is(200);
    }
}

#[tokio::test]
async fn a_token_of_one_project_sees_no_other() {
    let server = TestServer::start().await;
    let (own, other) = (server.project("Own").await, server.project("Other").await);
    let attractor = server.attractor(&other).await;
    let run = server.run(&other, &attractor).await;
    let token = server.token("admin", Some(&own)).await;
    for (method, path, least) in ROUTES
        .iter()
        .filter(|it| it.1.contains('{') && it.2 != "factory")
    {
        let path = path.replace("{p}", &other).replace("{r}", &run);
        let body = (*method != "GET").then(|| json!({}));
        let reply = server.call(&token, method, &path, body.as_ref()).await;
        assert_eq!(
            reply.status, 404,
            "{method} {path} ({least}): {}",
            reply.body
        );
    }
    let created = server
        .call(
            &token,
            "POST",
            "/api/runs",
            Some(&TestServer::task(&other, &attractor)),
        )
        .await;
    created.is(404);
    for (path, name) in [
        ("/api/projects", "projects"),
        ("/api/runs", "runs"),
        ("/api/audit", "entries"),
    ] {
        let list = server.call(&token, "GET", path, None).await.is(200).json();
        let foreign = |item: &&Value| item.to_string().contains(&other);
        assert_eq!(
            list[name].as_array().unwrap().iter().find(foreign),
            None,
            "{path}"
        );
    }
}
