//! What planning runs leave, and implementation runs begin with.

use serde_json::{Value, json};

use super::harness::{TestServer, sum};

const RUNNER: &str = "arr_bundle";

/// A leased planning run.
async fn planning() -> TestServer {
    let server = TestServer::start().await;
    let project = server.project("Bundles").await;
    let attractor = server.attractor(&project).await;
    let mut body = TestServer::task(&project, &attractor);
    body["runType"] = "planning".into();
    server.post("/api/runs", &body).await.is(201);
    server.dispatch(RUNNER).await;
    server
}

#[tokio::test]
async fn a_bundle_is_whole_or_there_is_none() {
    let server = planning().await;
    let make = async |files: &[Value]| {
        server
            .tell(RUNNER, "bundle", &json!({ "files": files }))
            .await
    };
    make(&[]).await.is(400);
    let files = server.put_bundle_files(RUNNER).await;
    make(&files[1..]).await.is(400);
    let mut wrong = files.clone();
    wrong[0]["sha256"] = "0".repeat(64).into();
    assert!(make(&wrong).await.is(400).body.contains("plan.md"));
    let mut more = files.clone();
    more.push(json!({ "name": "more.md", "sha256": sum("") }));
    make(&more).await.is(400);
    let succeeded = json!({ "outcome": "succeeded" });
    let early = server.tell(RUNNER, "finish", &succeeded).await;
    assert_eq!(early.is(409).json()["code"], "bundle_missing");
    let bundle = make(&files).await.is(201).json();
    assert_eq!(bundle["schemaVersion"], "v1");
    let other = json!({ "outcome": "succeeded", "specBundleId": "cother00000000000000000000" });
    server.tell(RUNNER, "finish", &other).await.is(400);
    let ended = server
        .tell(RUNNER, "finish", &succeeded)
        .await
        .is(200)
        .json();
    assert_eq!(ended["specBundleId"], bundle["id"]);
    let path = format!("/api/runs/{}/artifacts", ended["id"].as_str().unwrap());
    let list = server.get(&path).await.is(200).json();
    assert_eq!(list["specBundle"]["id"], bundle["id"]);
}

#[tokio::test]
async fn an_empty_plan_is_none() {
    let server = planning().await;
    let mut files = server.put_bundle_files(RUNNER).await;
    let nothing = sum("");
    let what = ("text/plain", nothing.as_str());
    server
        .put_artifact(RUNNER, "plan.md", what, "")
        .await
        .is(201);
    files[0]["sha256"] = nothing.into();
    let refused = server
        .tell(RUNNER, "bundle", &json!({ "files": files }))
        .await;
    assert!(refused.is(400).body.contains("empty"));
}

#[tokio::test]
async fn an_implementation_run_reads_its_own_bundle_and_no_other() {
    let server = TestServer::start().await;
    let (own, other) = (server.project("Own").await, server.project("Other").await);
    let (attractor, foreign) = (server.attractor(&own).await, server.attractor(&other).await);
    let bundle = server.planned(&own, &attractor, "arr_own").await;
    let secret = server.planned(&other, &foreign, "arr_other").await;
    let mut body = TestServer::task(&own, &attractor);
    body["runType"] = "implementation".into();
    body["specBundleId"] = secret.into();
    let refused = server.post("/api/runs", &body).await.is(404).json();
    assert_eq!(refused["code"], "not_found");
    body["specBundleId"] = bundle.clone().into();
    server.post("/api/runs", &body).await.is(201);
    server.dispatch(RUNNER).await;
    let claimed = server.call(RUNNER, "POST", "/api/runner/claim", None).await;
    let source = claimed.is(200).json()["specBundle"].clone();
    assert_eq!(source["id"], bundle);
    assert_eq!(source["files"][0]["name"], "plan.md");
    assert_eq!(source["files"][0]["sha256"], sum("about plan.md"));
    let read = async |name: &str| {
        let path = format!("/api/runner/bundle/{name}");
        server.call(RUNNER, "GET", &path, None).await
    };
    assert_eq!(read("plan.md").await.is(200).body, "about plan.md");
    for bad in ["manifest.json", "..%2fmanifest.json", "none.md"] {
        read(bad).await.is(404);
    }
    let refused = server.tell(RUNNER, "bundle", &json!({ "files": [] })).await;
    assert_eq!(refused.is(409).json()["code"], "not_planning");
}
