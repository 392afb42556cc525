//! Runs that have ended long ago are deleted, where a server is set up to.

use std::time::Duration;

use serde_json::json;

use super::harness::TestServer;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const RUNNER: &str = "arr_test";

#[tokio::test]
async fn what_has_ended_long_ago_is_deleted_and_nothing_else() {
    let server = TestServer::start().await;
    let retention = server.retention(30 * DAY);
    let project = server.project("Kept").await;
    let attractor = server.attractor(&project).await;
    // A plan that a run works from, one that none does, and a run that waits.
    let used = server.planned(&project, &attractor, RUNNER).await;
    let unused = server.planned(&project, &attractor, "arr_other").await;
    let mut body = TestServer::task(&project, &attractor);
    body["runType"] = "implementation".into();
    body["specBundleId"] = used.into();
    let waiting = server.post("/api/runs", &body).await.is(201).json();
    let list = format!("/api/projects/{project}/runs");
    let runs = async || {
        let listed = server.get(&list).await.is(200).json();
        let runs = listed["runs"].as_array().unwrap().clone();
        runs.into_iter()
            .map(|run| run["id"].clone())
            .collect::<Vec<_>>()
    };
    let all = runs().await;
    assert_eq!(all.len(), 3);
    let expired = {
        let listed = server.get(&list).await.is(200).json();
        let listed = listed["runs"].as_array().unwrap();
        let of_bundle = listed
            .iter()
            .find(|run| run["specBundleId"] == unused && run["runType"] == "planning");
        of_bundle.unwrap()["id"].as_str().unwrap().to_owned()
    };

    server.clock.advance(30 * DAY);
    assert_eq!(retention.look().await.unwrap(), 0);
    assert_eq!(runs().await, all);

    server.clock.advance(Duration::from_millis(1));
    // One that has ended just now.
    let recent = server.run(&project, &attractor).await;
    server
        .act(&format!("/api/runs/{recent}/cancel"))
        .await
        .is(200);
    assert_eq!(retention.look().await.unwrap(), 1);
    let left = runs().await;
    assert!(
        left.contains(&waiting["runId"]) && left.contains(&recent.into()),
        "{left:?}"
    );
    assert!(!left.contains(&expired.as_str().into()), "{left:?}");
    assert_eq!(left.len(), 3);
    let gone = format!("/api/runs/{expired}/artifacts/plan.md/content");
    server.get(&gone).await.is(404);
    let audit = server.get("/api/audit").await.is(200).json();
    let told = audit["entries"].as_array().unwrap().iter();
    let told: Vec<_> = told
        .filter(|entry| entry["action"] == "run.expire")
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["subject"], json!(expired));
    assert_eq!(told[0]["actor"], "server");

    // Nothing works from the other plan any more.
    let run = waiting["runId"].as_str().unwrap();
    server.act(&format!("/api/runs/{run}/cancel")).await.is(200);
    assert_eq!(retention.look().await.unwrap(), 1);
    assert_eq!(retention.look().await.unwrap(), 0);
}
