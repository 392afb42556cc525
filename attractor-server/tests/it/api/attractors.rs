//! Attractors and their versions.

use serde_json::json;

use super::harness::{PIPELINE, TestServer};

#[tokio::test]
async fn a_text_is_kept_in_versions() {
    let server = TestServer::start().await;
    let project = server.project("Versions").await;
    let id = server.attractor(&project).await;
    let place = format!("/api/projects/{project}/attractors/{id}");
    let detail = server.get(&place).await.is(200).json();
    assert_eq!(
        (&detail["content"], &detail["validation"]["valid"]),
        (&json!(PIPELINE), &json!(true))
    );

    let second = PIPELINE.replace("true", "false");
    let change = json!({ "content": second, "expectedContentVersion": 1 });
    let detail = server.patch(&place, &change).await.is(200).json();
    assert_eq!(detail["attractor"]["contentVersion"], 2);
    let late = server
        .patch(
            &place,
            &json!({ "content": "digraph x { a }", "expectedContentVersion": 1 }),
        )
        .await;
    assert_eq!(late.is(400).json()["code"], "invalid_pipeline");
    let late = json!({ "content": PIPELINE, "expectedContentVersion": 1 });
    let late = server.patch(&place, &late).await.is(409);
    assert_eq!(late.json()["code"], "version_conflict");

    let versions = server
        .get(&format!("{place}/versions"))
        .await
        .is(200)
        .json();
    let numbers: Vec<_> = versions["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["version"].clone())
        .collect();
    assert_eq!(numbers, [2, 1]);
    let first = server
        .get(&format!("{place}/versions/1"))
        .await
        .is(200)
        .json();
    assert_eq!(first["content"], PIPELINE);
    server.get(&format!("{place}/versions/0")).await.is(400);
    server.get(&format!("{place}/versions/9")).await.is(404);
    let picture = server.get(&format!("{place}/graph")).await.is(200);
    assert!(
        picture.body.starts_with("<svg") || picture.body.starts_with("<?xml"),
        "{}",
        picture.body
    );
}

#[tokio::test]
async fn a_mistake_is_shown_where_it_is() {
    let server = TestServer::start().await;
    let bad = json!({ "content": "digraph x {\n  a -> \n}" });
    let found = server
        .post("/api/attractors/validate", &bad)
        .await
        .is(200)
        .json();
    assert_eq!(found["valid"], false);
    assert!(found["diagnostics"][0]["line"].is_u64(), "{found}");
    let good = json!({ "content": PIPELINE });
    let found = server
        .post("/api/attractors/validate", &good)
        .await
        .is(200)
        .json();
    assert_eq!(found["errorCount"], 0);
}

#[tokio::test]
async fn a_name_is_good_for_one_attractor_of_a_project() {
    let server = TestServer::start().await;
    let project = server.project("Names").await;
    let path = format!("/api/projects/{project}/attractors");
    let body = json!({ "name": "x", "repoPath": "factory/x.dot", "defaultRunType": "planning" });
    server.post(&path, &body).await.is(201);
    let taken = server.post(&path, &body).await.is(409).json();
    assert_eq!(taken["code"], "name_taken");
}
