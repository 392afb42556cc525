//! What a runner is told about its run, and the pipeline that it finds in the repository.

use serde_json::{Value, json};

use super::harness::{PIPELINE, TestServer, sum};
use crate::http::client::Reply;

const RUNNER: &str = "arr_test";

/// An attractor without a text of its own, and a run of it that a runner has.
async fn of_the_repository(server: &TestServer) -> String {
    let project = server.project("Repository").await;
    let body = json!({ "name": "there", "repoPath": "p.dot", "defaultRunType": "task" });
    let path = format!("/api/projects/{project}/attractors");
    let attractor = server.post(&path, &body).await.is(201).json();
    let run = server
        .run(&project, attractor["id"].as_str().unwrap())
        .await;
    server.dispatch(RUNNER).await;
    run
}

async fn put_pipeline(server: &TestServer, text: &str, sum: &str) -> Reply {
    let bearer = format!("Bearer {RUNNER}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-content-sha256", sum),
    ];
    let path = "/api/runner/pipeline";
    server.send("PUT", path, &headers, text).await
}

#[tokio::test]
async fn a_pipeline_that_a_runner_hands_over_is_drawn_explained_and_repeated() {
    let server = TestServer::start().await;
    let run = of_the_repository(&server).await;
    let at = |run: &str, what: &str| format!("/api/runs/{run}/{what}");
    for what in ["graph", "explain"] {
        let unknown = server.get(&at(&run, what)).await;
        assert_eq!(unknown.is(409).json()["code"], "no_content");
    }
    let put = async |text: &str, of: &str| put_pipeline(&server, text, &sum(of)).await;
    put(PIPELINE, "other").await.is(400);
    put(PIPELINE, PIPELINE).await.is(204);
    put(PIPELINE, PIPELINE).await.is(204);
    let other = put("digraph {}", "digraph {}").await.is(409).json();
    assert_eq!(other["code"], "pipeline_kept");
    let large = "x".repeat(1024 * 1024 + 1);
    put(&large, &large).await.is(413);
    let shown = server.get(&format!("/api/runs/{run}")).await.json();
    assert_eq!(shown["attractorSha256"], sum(PIPELINE).as_str());
    assert_eq!(shown["attractorVersion"], Value::Null);
    let drawn = server.get(&at(&run, "graph")).await.is(200);
    assert!(drawn.body.contains("work"), "{}", drawn.body);
    server.get(&at(&run, "explain")).await.is(200);
    let page = server.get(&format!("/runs/{run}")).await.is(200).body;
    assert!(page.contains("graph-dot"), "{page}");
    // The next attempt executes this text, and so does who repeats the run.
    let given = server.tell(RUNNER, "claim", &json!({})).await.json();
    assert_eq!(given["attractor"]["content"], PIPELINE);
    assert_eq!(given["attractor"]["sha256"], sum(PIPELINE).as_str());
    let failed = json!({ "outcome": "failed", "error": "x" });
    server.tell(RUNNER, "finish", &failed).await.is(200);
    let again = server.post(&at(&run, "rerun"), &json!({})).await.is(201);
    let again = again.json()["runId"].as_str().unwrap().to_owned();
    server.get(&at(&again, "graph")).await.is(200);
    server.dispatch(RUNNER).await;
    let given = server.tell(RUNNER, "claim", &json!({})).await.json();
    assert_eq!(given["attractor"]["content"], PIPELINE);
}

#[tokio::test]
async fn a_runner_is_told_which_variables_are_for_commands() {
    let server = TestServer::start().await;
    let (project, _) = server.leased(RUNNER).await;
    let path = format!("/api/projects/{project}/secrets");
    for (name, provider, key) in [
        ("model", "openai", "apiKey"),
        ("own", "__arbitrary__", "NPM"),
    ] {
        let secret = json!({
            "name": name, "provider": provider, "keyMappings": {key: "k"}, "values": {"k": "123456"},
        });
        server.post(&path, &secret).await.is(201);
    }
    let given = server
        .tell(RUNNER, "claim", &json!({}))
        .await
        .is(200)
        .json();
    assert_eq!(given["commandVariables"], json!(["NPM"]));
    let all = json!({ "NPM": "123456", "OPENAI_API_KEY": "123456" });
    assert_eq!(given["environment"], all);
}
