//! How runs end: cancelled, out of time.

use serde_json::json;

use super::harness::TestServer;
use super::runs::kinds;

const RUNNER: &str = "arr_test";

#[tokio::test]
async fn a_cancelled_run_can_neither_push_nor_succeed() {
    let server = TestServer::start().await;
    let project = server.project("Canceled").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    server.dispatch(RUNNER).await;
    let path = format!("/api/runs/{run}/cancel");
    let dispatcher = async {
        let beat = loop {
            let beat = server.tell(RUNNER, "heartbeat", &json!({})).await;
            let beat = beat.is(200).json();
            if !beat["stop"].is_null() {
                break beat;
            }
        };
        assert_eq!(beat["stop"], "cancel");
        let refused = server.tell(RUNNER, "fence", &json!({})).await;
        assert_eq!(refused.is(409).json()["code"], "stopping");
        // That its runner has stopped doesn't mean that nothing of it is left.
        let stopped = json!({ "outcome": "canceled" });
        let told = server.tell(RUNNER, "finish", &stopped).await;
        assert_eq!(told.is(200).json()["status"], "RUNNING");
        server.end(&run).await;
    };
    let (canceled, ()) = tokio::join!(server.act(&path), dispatcher);
    assert_eq!(canceled.is(200).json()["status"], "CANCELED");
    let told = kinds(&server, &run).await;
    assert_eq!(told[2..], ["RunStopRequested", "RunCanceled"], "{told:?}");
    for what in ["fence", "finish", "heartbeat"] {
        server
            .tell(RUNNER, what, &json!({ "outcome": "succeeded" }))
            .await
            .is(401);
    }
    assert_eq!(server.status(&run).await, "CANCELED");
}

#[tokio::test]
async fn a_run_whose_processes_arent_gone_isnt_called_cancelled() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let path = format!("/api/runs/{run}/cancel");
    let ending = async {
        while server.tell(RUNNER, "heartbeat", &json!({})).await.json()["stop"].is_null() {}
        // Who waits isn't kept waiting by a server that ends.
        server.shutdown.cancel();
    };
    let (asked, ()) = tokio::join!(server.act(&path), ending);
    let told = json!({ "runId": run, "status": "RUNNING" });
    assert_eq!(asked.is(202).json(), told);
    assert_eq!(server.status(&run).await, "RUNNING");
}

#[tokio::test]
async fn a_run_that_has_ended_before_it_could_be_cancelled_stays_as_it_is() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let path = format!("/api/runs/{run}/cancel");
    let runner = async {
        let done = json!({ "outcome": "succeeded" });
        while server.tell(RUNNER, "heartbeat", &json!({})).await.json()["stop"].is_null() {}
        server.tell(RUNNER, "finish", &done).await.is(200);
    };
    let (refused, ()) = tokio::join!(server.act(&path), runner);
    assert_eq!(refused.is(409).json()["details"]["status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_run_whose_time_is_up_says_so_and_may_go_on() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let why = "the run took longer than it may";
    let late = json!({ "outcome": "timeout", "error": why });
    let ended = server.tell(RUNNER, "finish", &late).await.is(200).json();
    assert_eq!(
        (&ended["status"], &ended["error"]),
        (&json!("TIMEOUT"), &json!(why))
    );
    assert_eq!(kinds(&server, &run).await.last().unwrap(), "RunTimedOut");
    let resumed = server.act(&format!("/api/runs/{run}/resume")).await;
    assert_eq!(resumed.is(200).json()["status"], "QUEUED");
}
