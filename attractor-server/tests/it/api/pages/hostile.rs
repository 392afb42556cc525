//! Names that want to be more than names.

use serde_json::json;

use super::browser::Browser;
use crate::api::harness::{PIPELINE, TestServer};

const NAME: &str = r#"<script>alert(1)</script>"><img src=x onerror=alert(2)> {{ 7 * 7 }} '`"#;

#[tokio::test]
async fn names_are_shown_as_they_are_and_do_nothing() {
    let server = TestServer::start().await;
    let name = &NAME[..70.min(NAME.len())];
    let project = server.project(name).await;
    let body = json!({
        "name": NAME, "repoPath": "x.dot", "defaultRunType": "task", "description": NAME,
        "content": format!("{PIPELINE}\n// </textarea>{NAME}"),
    });
    let path = format!("/api/projects/{project}/attractors");
    let attractor = server.post(&path, &body).await.is(201).json();
    let attractor = attractor["id"].as_str().unwrap();
    server.run(&project, attractor).await;
    server
        .post("/api/tokens", &json!({ "name": NAME, "role": "viewer" }))
        .await
        .is(201);
    let browser = Browser::admin(&server).await;
    for path in [
        "/".to_owned(),
        "/runs".to_owned(),
        "/projects".to_owned(),
        "/tokens".to_owned(),
        "/settings".to_owned(),
        format!("/models?q={}", "%3Cscript%3Ealert(1)"),
        "/sign-in?next=/%22%3E%3Cscript%3Ealert(1)".to_owned(),
        format!("/projects/{project}"),
        format!("/projects/{project}/settings"),
        format!("/projects/{project}/attractors"),
        format!("/projects/{project}/attractors/{attractor}"),
        format!("/projects/{project}/attractors/{attractor}/versions/1"),
        format!("/projects/{project}/runs/new"),
    ] {
        let page = browser.get(&path).await.is(200).body;
        assert!(
            !page.contains("<script>") && !page.contains("<img src=x"),
            "{path}: {page}"
        );
        assert_eq!(
            page.matches("</textarea>").count(),
            page.matches("<textarea").count()
        );
        // Ids and sums have digits of their own.
        assert!(!page.contains(" 49 "), "{path}: nothing is reckoned");
    }
}

#[tokio::test]
async fn no_page_has_a_script_or_a_style_of_its_own() {
    let server = TestServer::start().await;
    let project = server.project("Policy").await;
    let attractor = server.attractor(&project).await;
    let browser = Browser::admin(&server).await;
    for path in [
        "/".to_owned(),
        "/sign-in".to_owned(),
        "/nothing".to_owned(),
        format!("/projects/{project}"),
        format!("/projects/{project}/attractors/{attractor}"),
        format!("/projects/{project}/runs/new"),
    ] {
        let page = browser.get(&path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe-inline"));
        assert!(!policy.contains("'unsafe-eval'"), "{policy}");
        let text = page.body.to_lowercase();
        for script in text.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains("src="), "{path}: {tag}");
        }
        for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!text.contains(inline), "{path}: {inline}");
        }
    }
}
