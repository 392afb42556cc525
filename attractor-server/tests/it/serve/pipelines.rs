//! HTTP mode of the specification (9.5), mounted behind the same gate.

use serde_json::json;

use crate::harness::Bench;
use crate::plant::Served;

const PIPELINE: &str = "digraph x { start [shape=Mdiamond]; exit [shape=Msquare]; \
    work [shape=parallelogram, tool_command=\"echo hello\"]; start -> work -> exit }";

#[tokio::test]
async fn http_mode_is_for_administrators_of_the_server() {
    let bench = Bench::new();
    let server = Served::start(&bench, &bench.root().join("data"), &[]);
    let dot = ("content-type", "text/vnd.graphviz");
    let submit = ("POST", "/pipelines");
    server.send(submit, &[dot], PIPELINE).await.is(401);
    server.send(("GET", "/pipelines"), &[], "").await.is(401);

    let viewer = server
        .post("/api/tokens", &json!({"name": "v", "role": "viewer"}))
        .await;
    let viewer = format!(
        "Bearer {}",
        viewer.is(201).json()["token"].as_str().unwrap()
    );
    let viewer = ("authorization", viewer.as_str());
    server.send(submit, &[dot, viewer], PIPELINE).await.is(403);
    server
        .send(("GET", "/pipelines"), &[viewer], "")
        .await
        .is(200);

    let admin = format!("Bearer {}", server.token());
    let admin = ("authorization", admin.as_str());
    let submitted = server.send(submit, &[dot, admin], PIPELINE).await.is(201);
    let place = submitted.headers["location"].to_str().unwrap().to_owned();
    let events = format!("{place}/events");
    let told = server
        .send(("GET", &events), &[viewer], "")
        .await
        .is(200)
        .body;
    assert!(told.contains("run_completed"), "{told}");
    let status = server.read(&place).await;
    assert_eq!(status["status"], "success", "{status}");
    server.send(("GET", &place), &[], "").await.is(401);
    let cancel = format!("{place}/cancel");
    server.send(("POST", &cancel), &[viewer], "").await.is(403);
}
