use serde_json::{Value, json};

use super::desk::Desk;
use crate::harness::Bench;

#[test]
fn without_a_server_its_start_is_asked_for() {
    let bench = Bench::new();
    // Nobody listens on the port of discard, which no program takes by chance.
    let mut command = bench.attractor(&["project", "list", "--server", "http://127.0.0.1:9"]);
    command.env("ATTRACTOR_TOKEN", "att_x");
    let refused = crate::harness::Finished::of(command.output().unwrap()).exits(2);
    let refused = refused.says(&[
        "nothing answers at http://127.0.0.1:9",
        "is `attractor serve` running?",
    ]);
    assert!(!refused.stderr.contains("att_x"));
    let mut command =
        bench.attractor(&["runs", "list", "--json", "--server", "http://127.0.0.1:9"]);
    command.env("ATTRACTOR_TOKEN", "att_x");
    let refused = crate::harness::Finished::of(command.output().unwrap()).exits(2);
    let error: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(error["event"], "error");
    assert_eq!(refused.stderr, "");
}

#[test]
fn without_a_token_it_is_said_where_one_may_be() {
    let bench = Bench::new();
    bench.output(&["project", "list"]).exits(2).says(&[
        "there is no token: no server runs in",
        "--data-dir",
        "--token-file",
    ]);
    bench
        .output(&["project", "list", "--server", "https://factory.example"])
        .exits(2)
        .says(&["there is no token for https://factory.example"]);
    bench
        .output(&["project", "list", "--server", "http://factory.example"])
        .exits(2)
        .says(&["plain HTTP", "--insecure"]);
}

#[tokio::test]
async fn a_wrong_token_is_said_to_be_wrong_and_not_repeated() {
    let desk = Desk::start().await;
    let refused = desk.types_with("att_hunter2", &["project", "list"]);
    let refused = refused
        .exits(2)
        .says(&["the token is from ATTRACTOR_TOKEN"]);
    assert!(!refused.stderr.contains("hunter2"));
    let file = desk.plant.bench.write("token", "att_hunter2\n");
    let refused = desk.types(&["project", "list", "--token-file", file.to_str().unwrap()]);
    refused.exits(2).says(&["the token is from", "/work/token"]);
    let refused = desk
        .types_with("att_hunter2", &["project", "list", "--json"])
        .exits(2);
    let error: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(error["server"]["status"], 401);
}

#[tokio::test]
async fn a_token_does_what_its_role_and_project_allow() {
    let desk = Desk::start().await;
    let token = async |role: &str, project: Option<&str>| {
        let body = json!({ "name": role, "role": role, "projectId": project });
        let made = desk
            .plant
            .server
            .post("/api/tokens", &body)
            .await
            .is(201)
            .json();
        made["token"].as_str().unwrap().to_owned()
    };
    let viewer = token("viewer", None).await;
    desk.types_with(&viewer, &["project", "list"]).exits(0);
    desk.types_with(&viewer, &["project", "create", "Mine"])
        .exits(2)
        .says(&["the token from ATTRACTOR_TOKEN has a role that doesn't suffice"]);
    let other = desk.json(&["project", "create", "Other"]);
    let foreign = token("admin", other["id"].as_str()).await;
    let listed = desk.types_with(&foreign, &["project", "list"]).exits(0);
    assert!(listed.stdout.contains("Other") && !listed.stdout.contains("Plant"));
    desk.types_with(&foreign, &["attractor", "list", "-p", "Plant"])
        .exits(2)
        .says(&["there is no project \"Plant\""]);
    desk.push("gate", super::desk::GATE);
    let run = desk.prints(&["runs", "start", "gate", "-p", "Plant"]);
    desk.types_with(&foreign, &["runs", "show", run.trim()])
        .exits(2)
        .says(&["a project that the token doesn't see"]);
}
