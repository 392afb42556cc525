//! Pages that show what there is: empty, and full; and where their links lead.

use std::collections::BTreeSet;

use super::browser::{Browser, links};
use crate::api::harness::TestServer;

/// Pages of the factory, and what they say when there is nothing.
const FACTORY: &[(&str, &str)] = &[
    ("/", "There is no project yet"),
    ("/part/overview", "There is no project yet"),
    ("/projects", "There is no project yet"),
    ("/projects/new", "New project"),
    ("/runs", "There are no runs yet"),
    ("/part/runs", "There are no runs yet"),
    ("/runs?status=FAILED", "No run is like that"),
    ("/models?q=nothing-like-it", "No model is like that"),
    ("/models", "Context"),
    ("/tokens", "yours"),
    ("/settings", "Who did what"),
];

/// Pages of a project, and what they say when it has nothing.
const PROJECT: &[(&str, &str)] = &[
    ("", "There are no runs yet"),
    ("/part/runs", "There are no runs yet"),
    ("/attractors", "There is no attractor yet"),
    ("/attractors/new", "Pipeline"),
    ("/secrets", "There is no secret yet"),
    ("/secrets/new", "What it is for"),
    ("/secrets/new?provider=anthropic", "ANTHROPIC_API_KEY"),
    ("/secrets/new?provider=__arbitrary__", "under these names"),
    ("/settings", "Delete this project"),
    ("/runs/new", "no attractor that may run"),
];

#[tokio::test]
async fn pages_that_have_nothing_to_show_say_so() {
    let server = TestServer::start().await;
    let browser = Browser::admin(&server).await;
    for (path, says) in FACTORY {
        let page = browser.get(path).await.is(200);
        assert!(page.body.contains(says), "{path}: {}", page.body);
    }
    let project = server.project("Empty").await;
    for (path, says) in PROJECT {
        let path = format!("/projects/{project}{path}");
        let page = browser.get(&path).await.is(200);
        assert!(page.body.contains(says), "{path}: {}", page.body);
    }
}

/// A factory with one of everything; the paths of its pages.
async fn full(server: &TestServer) -> Vec<String> {
    let project = server.project("Full").await;
    let attractor = server.attractor(&project).await;
    server.run(&project, &attractor).await;
    server.token("viewer", Some(&project)).await;
    let secret = serde_json::json!({
        "name": "key", "provider": "anthropic",
        "keyMappings": {"apiKey": "apiKey"}, "values": {"apiKey": "sk-never-shown"},
    });
    let secrets = format!("/api/projects/{project}/secrets");
    server.post(&secrets, &secret).await.is(201);
    let of_project = PROJECT.iter().map(|(path, _)| path.to_string()).chain([
        format!("/attractors/{attractor}"),
        format!("/attractors/{attractor}/versions/1"),
        format!("/runs/new?attractor={attractor}"),
    ]);
    let of_factory = FACTORY.iter().map(|(path, _)| path.to_string());
    let of_project = of_project.map(|path| format!("/projects/{project}{path}"));
    of_factory.chain(of_project).collect()
}

#[tokio::test]
async fn each_link_leads_somewhere() {
    let server = TestServer::start().await;
    let browser = Browser::admin(&server).await;
    let mut seen = BTreeSet::new();
    for path in full(&server).await {
        let page = browser.get(&path).await.is(200);
        assert!(!page.body.contains("sk-never-shown"), "{path}");
        for link in links(&page.body) {
            if !seen.insert(link.clone()) {
                continue;
            }
            let reply = browser.get(&link).await;
            let leads = reply.status < 400 || is_of_run(&link);
            assert!(leads, "{path} leads to {link}: {}", reply.status);
        }
    }
    assert!(seen.iter().any(|it| it.ends_with("/style.css")), "{seen:?}");
}

/// The page of a run has tests of its own.
fn is_of_run(link: &str) -> bool {
    link.starts_with("/runs/")
}

#[tokio::test]
async fn a_list_goes_on_where_its_page_ends() {
    let server = TestServer::start().await;
    let project = server.project("Many").await;
    let attractor = server.attractor(&project).await;
    for _ in 0..51 {
        server.run(&project, &attractor).await;
    }
    let browser = Browser::admin(&server).await;
    let first = browser.get("/runs?runType=task").await.is(200);
    let next = links(&first.body)
        .into_iter()
        .find(|it| it.contains("cursor="));
    let next = next.unwrap();
    assert!(next.contains("runType=task"), "{next}");
    let second = browser.get(&next).await.is(200);
    assert_eq!(second.body.matches("<tr id=\"run-").count(), 1);
}

#[tokio::test]
async fn files_of_pages_are_kept_and_come_compressed() {
    let server = TestServer::start().await;
    let page = server.send("GET", "/sign-in", &[], "").await.is(200);
    let style = links(&page.body)
        .into_iter()
        .find(|it| it.ends_with("style.css"));
    let style = style.unwrap();
    let plain = server.send("GET", &style, &[], "").await.is(200);
    assert_eq!(plain.headers["content-type"], "text/css; charset=utf-8");
    let keeps = plain.headers["cache-control"].to_str().unwrap();
    assert!(keeps.contains("immutable"), "{keeps}");
    let gzip = [("accept-encoding", "gzip, br")];
    let small = server.send("GET", &style, &gzip, "").await.is(200);
    assert_eq!(small.headers["content-encoding"], "gzip");
    assert!(small.body.len() < plain.body.len());
    let older = server
        .send("GET", "/assets/old/style.css", &[], "")
        .await
        .is(200);
    assert_eq!(older.headers["cache-control"], "no-store");
    for missing in [
        "/assets/old/none.css",
        "/assets/old/..%2fCargo.toml",
        "/assets/old/vendor/",
    ] {
        server.send("GET", missing, &[], "").await.is(404);
    }
}
