//! What forms do, and what they say at their fields.

use super::browser::{Browser, csrf, place};
use crate::api::harness::{PIPELINE, TestServer};

#[tokio::test]
async fn a_project_is_created_changed_and_deleted_by_forms() {
    let server = TestServer::start().await;
    let browser = Browser::admin(&server).await;
    let short = browser
        .send("/projects/new", &[("name", "x"), ("repository", "a/b")])
        .await;
    let short = short.is(400);
    assert!(short.body.contains("it must have 2 to 80 characters"));
    assert!(
        short.body.contains(r#"value="a/b""#),
        "what was typed stays"
    );
    let bad = [
        ("name", "Good"),
        ("repository", "/etc"),
        ("defaultBranch", "main"),
    ];
    browser.send("/projects/new", &bad).await.is(400);
    assert!(!browser.get("/projects").await.body.contains("Good"));

    let good = [
        ("name", "Good"),
        ("repository", "owner/name"),
        ("defaultBranch", "main"),
    ];
    let created = browser.send("/projects/new", &good).await.is(303);
    let settings = format!("{}/settings", place(&created));
    let bad = [("name", "Good"), ("concurrencyLimit", "many")];
    let refused = browser.send(&settings, &bad).await.is(400);
    assert!(refused.body.contains("it must be a number"));
    let changed = [
        ("name", "Better"),
        ("concurrencyLimit", "3"),
        ("repository", ""),
    ];
    browser.send(&settings, &changed).await.is(303);
    let page = browser.get(&settings).await.is(200);
    assert!(
        page.body.contains(r#"value="Better""#) && !page.body.contains(r#"value="owner/name""#)
    );

    let delete = format!("{}/delete", place(&created));
    let csrf = csrf(&page.body);
    let wrong = browser
        .send_as(&delete, &csrf, &[("confirm", "Good")])
        .await;
    assert!(
        wrong
            .is(400)
            .body
            .contains("it isn&#39;t the project&#39;s name")
    );
    browser
        .send_as(&delete, &csrf, &[("confirm", "Better")])
        .await
        .is(303);
    browser.get(place(&created)).await.is(404);
}

#[tokio::test]
async fn an_attractor_is_written_mended_and_versioned() {
    let server = TestServer::start().await;
    let project = server.project("Forms").await;
    let browser = Browser::admin(&server).await;
    let new = format!("/projects/{project}/attractors/new");
    let with = |content: &'static str| {
        [
            ("name", "build"),
            ("defaultRunType", "task"),
            ("active", "yes"),
            ("modelConfig", "anthropic/claude-opus-5-5"),
            ("modelConfig.temperature", "0.5"),
            ("content", content),
        ]
    };
    let broken = browser
        .send(&new, &with("digraph x { a -> }"))
        .await
        .is(400);
    assert!(broken.body.contains("the pipeline has"), "{}", broken.body);
    assert!(broken.body.contains("data-findings"), "{}", broken.body);
    assert!(broken.body.contains("digraph x { a -&#62; }"));
    let created = browser.send(&new, &with(PIPELINE)).await.is(303);
    let page = place(&created).split('?').next().unwrap().to_owned();

    let shown = browser.get(&page).await.is(200);
    assert!(
        shown.body.contains("selected>Claude Opus 5.5"),
        "{}",
        shown.body
    );
    let second = "digraph test { start [shape=Mdiamond]; exit [shape=Msquare]; start -> exit }";
    let mut fields = with(second).to_vec();
    fields.push(("expectedContentVersion", "1"));
    browser.send(&page, &fields).await.is(303);
    let difference = browser.get(&format!("{page}/versions/2")).await.is(200);
    assert!(
        difference.body.contains(r#"<span class="del">"#),
        "{}",
        difference.body
    );
    // Somebody else was faster.
    fields[5] = ("content", PIPELINE);
    let stale = browser.send(&page, &fields).await.is(409);
    assert!(stale.body.contains("Mdiamond"), "what was typed stays");
    browser.get(&format!("{page}/versions/3")).await.is(404);
}

#[tokio::test]
async fn a_secret_goes_in_and_never_comes_out() {
    let server = TestServer::start().await;
    let project = server.project("Secrets").await;
    let browser = Browser::admin(&server).await;
    let list = format!("/projects/{project}/secrets");
    let new = format!("{list}/new");
    let missing = [("provider", "anthropic"), ("name", "key")];
    let missing = browser.send(&new, &missing).await.is(400);
    assert!(missing.body.contains("apiKey"), "{}", missing.body);
    let fields = [
        ("provider", "anthropic"),
        ("name", ""),
        ("value.apiKey", "sk-typed"),
    ];
    let nameless = browser.send(&new, &fields).await.is(400);
    assert!(!nameless.body.contains("sk-typed"));
    let fields = [
        ("provider", "anthropic"),
        ("name", "key"),
        ("value.apiKey", "sk-typed"),
    ];
    browser.send(&new, &fields).await.is(303);
    let any = [
        ("provider", "__arbitrary__"),
        ("name", "other"),
        ("variable.0", "REGISTRY_TOKEN"),
        ("value.0", "sk-typed"),
        ("variable.1", ""),
        ("value.1", ""),
    ];
    browser.send(&new, &any).await.is(303);
    let page = browser.get(&list).await.is(200);
    assert!(page.body.contains("ANTHROPIC_API_KEY") && page.body.contains("REGISTRY_TOKEN"));
    assert!(!page.body.contains("sk-typed"));
}

#[tokio::test]
async fn a_run_is_created_once_however_often_its_form_is_sent() {
    let server = TestServer::start().await;
    let project = server.project("Runs").await;
    let attractor = server.attractor(&project).await;
    let browser = Browser::admin(&server).await;
    let new = format!("/projects/{project}/runs/new");
    let with = |kind: &'static str, target: &'static str, model: &'static str| {
        [
            ("key", "form-1"),
            ("runType", kind),
            ("sourceBranch", "main"),
            ("targetBranch", target),
            ("modelConfig", model),
        ]
    };
    let model = "anthropic/claude-opus-5-5";
    let table = [
        (with("implementation", "main", model), "targetBranch"),
        (with("implementation", "x", model), "specBundleId"),
        (with("task", "a..b", model), "targetBranch"),
        (with("task", "x", ""), "modelConfig"),
        (with("task", "x", "anthropic/none"), "modelConfig"),
    ];
    for (fields, field) in table {
        let mut fields = fields.to_vec();
        fields.push(("attractorDefId", &attractor));
        let page = browser.send(&new, &fields).await;
        assert!(
            [400, 409].contains(&page.status),
            "{field}: {}",
            page.status
        );
        let at_field = format!(r#"class="problem" id="p-{field}""#);
        assert!(page.body.contains(&at_field), "{field}: {}", page.body);
    }
    let mut fields = with("task", "attractor/x", model).to_vec();
    fields.push(("attractorDefId", &attractor));
    let first = browser.send(&new, &fields).await.is(303);
    let second = browser.send(&new, &fields).await.is(303);
    assert_eq!(place(&first), place(&second));
}

#[tokio::test]
async fn a_tokens_text_is_shown_once() {
    let server = TestServer::start().await;
    let browser = Browser::admin(&server).await;
    let nameless = browser.send("/tokens", &[("role", "viewer")]).await.is(400);
    assert!(nameless.body.contains(r#"id="p-name""#));
    let fields = [("name", "ci"), ("role", "viewer"), ("ends", "30")];
    let created = browser.send("/tokens", &fields).await.is(201);
    let (_, rest) = created.body.split_once(r#"<code id="created">"#).unwrap();
    let token = rest.split('<').next().unwrap();
    server
        .call(token, "GET", "/api/projects", None)
        .await
        .is(200);
    assert!(!browser.get("/tokens").await.body.contains(token));
}

#[tokio::test]
async fn a_form_of_another_page_or_site_does_nothing() {
    let server = TestServer::start().await;
    let browser = Browser::admin(&server).await;
    let other = Browser::admin(&server).await;
    let of_other = csrf(&other.get("/").await.body);
    for csrf in ["", "x", of_other.as_str()] {
        let reply = browser
            .send_as("/projects/new", csrf, &[("name", "Forged")])
            .await;
        assert!(reply.is(403).body.contains("This form is too old"));
    }
    assert!(!browser.get("/projects").await.body.contains("Forged"));
}
