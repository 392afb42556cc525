//! Who sees which page, and what others see in its place.

use serde_json::json;

use super::browser::{Browser, csrf, place};
use crate::api::harness::TestServer;

/// Method, path, and the least role that may: `{p}` is a project, `{a}` an attractor of it.
const PAGES: &[(&str, &str, &str)] = &[
    ("GET", "/", "viewer"),
    ("GET", "/runs", "viewer"),
    ("GET", "/projects", "viewer"),
    ("GET", "/models", "viewer"),
    ("GET", "/projects/{p}", "viewer"),
    ("GET", "/projects/{p}/attractors", "viewer"),
    ("GET", "/projects/{p}/attractors/{a}", "viewer"),
    ("GET", "/projects/{p}/secrets", "viewer"),
    ("GET", "/projects/{p}/attractors/new", "operator"),
    ("POST", "/projects/{p}/attractors/new", "operator"),
    ("POST", "/projects/{p}/attractors/{a}", "operator"),
    ("GET", "/projects/{p}/runs/new", "operator"),
    ("POST", "/projects/{p}/runs/new", "operator"),
    ("GET", "/projects/{p}/secrets/new", "admin"),
    ("POST", "/projects/{p}/secrets/new", "admin"),
    ("GET", "/projects/{p}/settings", "admin"),
    ("POST", "/projects/{p}/settings", "admin"),
    ("POST", "/projects/{p}/github/disconnect", "admin"),
    ("GET", "/projects/new", "factory"),
    ("POST", "/projects/new", "factory"),
    ("POST", "/projects/{p}/delete", "factory"),
    ("GET", "/tokens", "factory"),
    ("POST", "/tokens", "factory"),
    ("GET", "/settings", "factory"),
];

fn rank(role: &str) -> Option<usize> {
    ["viewer", "operator", "admin", "factory"]
        .iter()
        .position(|it| *it == role)
}

#[tokio::test]
async fn each_role_sees_its_pages_and_is_told_why_not_others() {
    let server = TestServer::start().await;
    let project = server.project("Own").await;
    let attractor = server.attractor(&project).await;
    for role in ["viewer", "operator", "admin"] {
        let token = server.token(role, Some(&project)).await;
        let browser = Browser::sign_in(&server, &token).await;
        let csrf = csrf(&browser.get("/").await.body);
        for (method, path, least) in PAGES {
            let path = path.replace("{p}", &project).replace("{a}", &attractor);
            let reply = match *method {
                "GET" => browser.get(&path).await,
                _ => browser.send_as(&path, &csrf, &[]).await,
            };
            let may = rank(role) >= rank(least);
            let told = reply.body.contains("You may not do this");
            let is_as_expected = (reply.status == 403) != may && told != may;
            assert!(is_as_expected, "{role} {method} {path}: {}", reply.status);
        }
    }
}

#[tokio::test]
async fn another_projects_pages_are_as_good_as_none() {
    let server = TestServer::start().await;
    let (own, other) = (server.project("Own").await, server.project("Other").await);
    let attractor = server.attractor(&other).await;
    let token = server.token("admin", Some(&own)).await;
    let browser = Browser::sign_in(&server, &token).await;
    let csrf = csrf(&browser.get("/").await.body);
    let of_project = |it: &&(&str, &str, &str)| it.1.contains("{p}") && it.2 != "factory";
    for (method, path, _) in PAGES.iter().filter(of_project) {
        let path = path.replace("{p}", &other).replace("{a}", &attractor);
        let reply = match *method {
            "GET" => browser.get(&path).await,
            _ => browser.send_as(&path, &csrf, &[]).await,
        };
        assert_eq!(reply.status, 404, "{method} {path}");
        assert!(reply.body.contains("There is nothing here"));
    }
    for list in ["/", "/runs", "/projects"] {
        let page = browser.get(list).await.is(200);
        assert!(!page.body.contains("Other"), "{list}");
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_there_and_back() {
    let server = TestServer::start().await;
    let html = [("accept", "text/html")];
    let led = server
        .send("GET", "/runs?status=FAILED", &html, "")
        .await
        .is(303);
    assert_eq!(place(&led), "/sign-in?next=%2Fruns%3Fstatus%3DFAILED");
    let page = server.send("GET", place(&led), &html, "").await.is(200);
    assert!(page.body.contains("You come back to"));
    let browser = Browser::admin(&server).await;
    let fields = [
        ("token", server.admin.as_str()),
        ("next", "/runs?status=FAILED"),
    ];
    let back = browser.send("/sign-in", &fields).await.is(303);
    assert_eq!(place(&back), "/runs?status=FAILED");
    let elsewhere = [("token", server.admin.as_str()), ("next", "//evil.example")];
    let back = browser.send("/sign-in", &elsewhere).await.is(303);
    assert_eq!(place(&back), "/");
    let wrong = browser
        .send("/sign-in", &[("token", "att_wrong")])
        .await
        .is(401);
    assert!(wrong.body.contains("knows no such token") && !wrong.body.contains("att_wrong"));
    // Programs get what programs read.
    let json = server.send("GET", "/runs", &[], "").await.is(401).json();
    assert_eq!(json["code"], "unauthenticated");
}

#[tokio::test]
async fn who_signs_out_is_out_and_a_form_says_so() {
    let server = TestServer::start().await;
    let browser = Browser::admin(&server).await;
    let csrf = csrf(&browser.get("/").await.body);
    let out = browser.send_as("/sign-out", &csrf, &[]).await.is(303);
    assert_eq!(place(&out), "/sign-in");
    browser.get("/").await.is(303);
    let lost = browser.send_as("/projects/new", &csrf, &[]).await.is(401);
    assert!(lost.body.contains("You are signed out"));
    assert!(lost.body.contains("/sign-in?next=%2Fprojects%2Fnew"));
}

#[tokio::test]
async fn a_link_signs_in_once_and_says_when_it_was_used() {
    let server = TestServer::start().await;
    let html = [("accept", "text/html")];
    let used = server
        .send("GET", "/sign-in?link=atl_none", &html, "")
        .await;
    assert!([303, 401].contains(&used.status), "{}", used.status);
    let plain = server
        .send("GET", "/sign-in?link=atl_none", &[], "")
        .await
        .is(401);
    assert_eq!(plain.json()["code"], json!("unauthenticated"));
}

#[tokio::test]
async fn a_wrong_address_leads_back_whoever_is_signed_in() {
    let server = TestServer::start().await;
    let page = Browser::admin(&server).await.get("/nothing").await.is(404);
    assert!(page.body.contains("leads to no page") && page.body.contains("To the overview"));
    assert!(page.body.contains("Sign out"), "the page is as every other");
    let html = [("accept", "text/html")];
    let stranger = server.send("GET", "/nothing", &html, "").await.is(404);
    assert!(stranger.body.contains("Sign in") && !stranger.body.contains("Sign out"));
}

#[tokio::test]
async fn a_failing_server_says_so_and_nothing_else() {
    let server = TestServer::start().await;
    let browser = Browser::admin(&server).await;
    server.store.close().await;
    let page = browser.get("/projects").await;
    assert!(page.status >= 500, "{}", page.status);
    let says = ["The server failed", "can&#39;t be reached"];
    assert!(
        says.iter().any(|it| page.body.contains(it)),
        "{}",
        page.body
    );
    assert!(!page.body.to_lowercase().contains("sql"), "{}", page.body);
}
