//! Runs from their creation to their end, with a runner that is told what to say.

use serde_json::{Value, json};

use super::harness::{TestServer, entry, sum};

const RUNNER: &str = "arr_test";

#[tokio::test]
async fn a_run_is_queued_watched_and_cancelled() {
    let server = TestServer::start().await;
    let project = server.project("Runs").await;
    let attractor = server.attractor(&project).await;
    let body = TestServer::task(&project, &attractor);
    let queued = server.post("/api/runs", &body).await.is(201).json();
    assert_eq!(queued["status"], "QUEUED");
    let id = queued["runId"].as_str().unwrap();
    let run = server.get(&format!("/api/runs/{id}")).await.is(200).json();
    assert_eq!(run["attractorVersion"], 1);
    assert_eq!(run["events"][0]["type"], "RunQueued");
    assert_eq!(
        run["events"][0]["payload"]["modelConfig"],
        body["modelConfig"]
    );
    let canceled = server.act(&format!("/api/runs/{id}/cancel")).await;
    assert_eq!(
        canceled.is(200).json(),
        json!({ "runId": id, "status": "CANCELED" })
    );
    let again = server.act(&format!("/api/runs/{id}/cancel")).await;
    assert_eq!(again.is(409).json()["code"], "run_status");
    let list = server
        .get(&format!("/api/projects/{project}/runs?status=CANCELED"))
        .await
        .is(200)
        .json();
    assert_eq!(list["runs"][0]["id"], id);
    server.delete(&format!("/api/runs/{id}")).await.is(204);
    server.get(&format!("/api/runs/{id}")).await.is(404);
}

#[tokio::test]
async fn what_a_run_needs_is_checked_in_the_contracts_order() {
    let server = TestServer::start().await;
    let project = server.project("Checks").await;
    let other = server.project("Other").await;
    let attractor = server.attractor(&project).await;
    let with = |changes: &[(&str, Value)]| {
        let mut body = TestServer::task(&project, &attractor);
        for (field, value) in changes {
            body[*field] = value.clone();
        }
        body
    };
    let model = json!({ "provider": "anthropic", "modelId": "none" });
    let implementation = ("runType", json!("implementation"));
    let table = [
        (
            with(&[("modelConfig", model), ("projectId", json!("none"))]),
            400,
            "invalid_model_config",
        ),
        (with(&[("modelConfig", Value::Null)]), 400, "invalid_field"),
        (with(&[("projectId", json!("none"))]), 404, "not_found"),
        (with(&[("projectId", json!(other))]), 404, "not_found"),
        (with(&[("attractorDefId", json!("none"))]), 404, "not_found"),
        (with(&[("specBundleId", json!("x"))]), 400, "invalid_field"),
        (
            with(std::slice::from_ref(&implementation)),
            400,
            "invalid_field",
        ),
        (
            with(&[implementation.clone(), ("specBundleId", json!("none"))]),
            404,
            "not_found",
        ),
        (
            with(&[implementation, ("targetBranch", json!("main"))]),
            400,
            "protected_branch",
        ),
        (
            with(&[("sourceBranch", json!("--upload-pack=x"))]),
            400,
            "invalid_field",
        ),
        (
            with(&[("targetBranch", json!("a..b"))]),
            400,
            "invalid_field",
        ),
    ];
    for (body, status, code) in table {
        let reply = server.post("/api/runs", &body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
        assert_eq!(reply.json()["code"], code, "{body}: {}", reply.body);
    }
    let place = format!("/api/projects/{project}/attractors/{attractor}");
    server
        .patch(&place, &json!({ "active": false }))
        .await
        .is(200);
    let inactive = server.post("/api/runs", &with(&[])).await.is(409).json();
    assert_eq!(inactive["code"], "attractor_inactive");
}

#[tokio::test]
async fn a_request_that_is_sent_again_makes_one_run() {
    let server = TestServer::start().await;
    let project = server.project("Twice").await;
    let attractor = server.attractor(&project).await;
    let mut body = TestServer::task(&project, &attractor);
    let bearer = format!("Bearer {}", server.admin);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "key-1"),
    ];
    let one = server
        .send("POST", "/api/runs", &headers, &body.to_string())
        .await
        .is(201)
        .json();
    let other = server
        .send("POST", "/api/runs", &headers, &body.to_string())
        .await
        .is(201)
        .json();
    assert_eq!(one["runId"], other["runId"]);
    body["targetBranch"] = "another".into();
    let reused = server
        .send("POST", "/api/runs", &headers, &body.to_string())
        .await
        .is(409)
        .json();
    assert_eq!(reused["code"], "idempotency_key_reused");
}

/// The types of a run's events.
pub(super) async fn kinds(server: &TestServer, run: &str) -> Vec<String> {
    let history = server.get(&format!("/api/runs/{run}/history")).await;
    let history = history.is(200).json();
    let events = history["events"].as_array().unwrap().iter();
    events
        .map(|it| it["type"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_runner_carries_a_run_to_its_end() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let claim = async || server.call(RUNNER, "POST", "/api/runner/claim", None).await;
    let specification = claim().await.is(200).json();
    assert_eq!(specification["runId"], json!(run));
    assert_eq!(specification["journalSeq"], 0);
    let place = &specification["repository"]["cloneUrl"];
    assert_eq!(place, "https://github.com/owner/name.git");
    claim().await.is(200);
    let beat = server.tell(RUNNER, "heartbeat", &json!({})).await;
    assert!(beat.is(200).json()["stop"].is_null());
    server.tell(RUNNER, "fence", &json!({})).await.is(204);
    let succeeded = json!({ "outcome": "succeeded" });
    let finished = server.tell(RUNNER, "finish", &succeeded).await;
    assert_eq!(finished.is(200).json()["status"], "SUCCEEDED");
    server.tell(RUNNER, "heartbeat", &json!({})).await.is(401);
    let expected = ["RunQueued", "RunDispatched", "RunStarted", "RunCompleted"];
    assert_eq!(kinds(&server, &run).await, expected);
}

#[tokio::test]
async fn entries_of_the_journal_are_stored_once_and_without_a_gap() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let batch = json!({ "after": 0, "events": [
        entry(1, "EngineRunStarted", json!({ "event": "run_started" })),
        entry(2, "EngineNodeStarted", json!({ "event": "stage_started" })),
    ]});
    for _ in 0..2 {
        let stored = server.tell(RUNNER, "events", &batch).await.is(200).json();
        assert_eq!(stored["journalSeq"], 2);
    }
    let beyond = json!({ "after": 7, "events": [batch["events"][0]] });
    let gap = server.tell(RUNNER, "events", &beyond).await;
    assert_eq!(gap.is(409).json()["details"]["journalSeq"], 2);
    let journal = "/api/runner/journal?after=1";
    let journal = server.call(RUNNER, "GET", journal, None).await;
    assert_eq!(journal.is(200).json()["entries"][0]["seq"], 2);
    let engine = kinds(&server, &run).await;
    assert_eq!(engine[2..], ["EngineRunStarted", "EngineNodeStarted"]);
}

#[tokio::test]
async fn a_run_pauses_goes_on_and_is_repeated() {
    let server = TestServer::start().await;
    let project = server.project("Pause").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    let post = |what: &str| format!("/api/runs/{run}/{what}");
    let call = async |path: String| server.call(&server.admin, "POST", &path, None).await;
    call(post("pause")).await.is(200);
    call(post("resume")).await.is(200);
    server.dispatch(RUNNER).await;
    assert_eq!(
        call(post("pause")).await.is(202).json()["status"],
        "RUNNING"
    );
    let beat = server
        .tell(RUNNER, "heartbeat", &json!({}))
        .await
        .is(200)
        .json();
    assert_eq!(beat["stop"], "pause");
    server.tell(RUNNER, "fence", &json!({})).await.is(409);
    server
        .tell(RUNNER, "finish", &json!({ "outcome": "paused" }))
        .await
        .is(200);
    server.post(&post("rerun"), &json!({})).await.is(409);
    call(post("cancel")).await.is(200);
    let from_nowhere = server
        .post(&post("rerun"), &json!({ "node": "nowhere" }))
        .await;
    assert_eq!(from_nowhere.is(400).json()["details"]["field"], "node");
    let again = server.post(&post("rerun"), &json!({})).await.is(201).json();
    let path = format!("/api/runs/{}", again["runId"].as_str().unwrap());
    assert_eq!(server.get(&path).await.json()["rerunOf"], json!(run));
}

const PAGE: &str = "0123456789 <script>alert(1)</script>";

#[tokio::test]
async fn an_artifact_is_stored_whole_or_not_at_all() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let put = async |key: &str, sum: &str| {
        let what = ("text/html", sum);
        server.put_artifact(RUNNER, key, what, PAGE).await
    };
    let sum = sum(PAGE);
    let artifact = put("reviewers/a%20b.html", &sum).await.is(201).json();
    assert_eq!(artifact["key"], "reviewers/a b.html");
    put("x.html", &"0".repeat(64)).await.is(400);
    put("x.html", "short").await.is(400);
    for key in ["..%2f..%2fetc%2fpasswd", "a/../../b", "%00", "a%0d%0ax"] {
        let status = put(key, &sum).await.status;
        assert!(matches!(status, 400 | 404), "{key}: {status}");
    }
    let list = server.get(&format!("/api/runs/{run}/artifacts")).await;
    let list = list.is(200).json();
    assert_eq!(list["artifacts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_artifact_is_read_in_parts() {
    let server = TestServer::start().await;
    let (_, run) = server.leased(RUNNER).await;
    let what = ("text/html", sum(PAGE));
    let what = (what.0, what.1.as_str());
    let put = server.put_artifact(RUNNER, "a.html", what, PAGE).await;
    let id = put.is(201).json()["id"].as_str().unwrap().to_owned();
    let place = format!("/api/runs/{run}/artifacts/{id}");
    let shown = server.get(&format!("{place}/content?previewBytes=4")).await;
    let shown = shown.is(200).json();
    assert_eq!(shown["content"], "0123");
    assert_eq!(shown["truncated"], true);

    let download = format!("{place}/download");
    let whole = server.get(&download).await.is(200);
    assert_eq!(whole.body, PAGE);
    let header = |name: &str| whole.headers[name].to_str().unwrap();
    assert!(header("content-disposition").starts_with("attachment"));
    let policy = header("content-security-policy");
    assert_eq!(policy, "default-src 'none'; sandbox");
    let admin = format!("Bearer {}", server.admin);
    let part = async |range: &str| {
        let headers = [("authorization", admin.as_str()), ("range", range)];
        server.send("GET", &download, &headers, "").await
    };
    let some = part("bytes=2-4").await.is(206);
    assert_eq!(some.body, "234");
    assert_eq!(some.headers["content-range"], "bytes 2-4/36");
    let none = part("bytes=99-").await.is(416);
    assert_eq!(none.headers["content-range"], "bytes */36");
}

#[tokio::test]
async fn a_question_is_answered_once_as_it_allows() {
    let server = TestServer::start().await;
    let project = server.project("Questions").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    server.dispatch(RUNNER).await;
    let question = attractor_core::Question::new(
        "gate",
        attractor_core::QuestionKind::MultipleChoice,
        "Ship?",
    )
    .with_option("A", "Approve")
    .with_option("R", "Reject");
    let new = json!({
        "key": "1", "nodeId": "gate", "prompt": "Ship?", "question": question,
        "options": [{"key": "A", "label": "Approve"}, {"key": "R", "label": "Reject"}],
    });
    let asked = server.tell(RUNNER, "questions", &new).await.is(200).json();
    assert_eq!(
        server.tell(RUNNER, "questions", &new).await.is(200).json()["id"],
        asked["id"]
    );
    let pending = server.get("/api/questions").await.is(200).json();
    assert_eq!(pending["questions"][0]["id"], asked["id"]);
    let id = asked["id"].as_str().unwrap();
    let answer = format!("/api/runs/{run}/questions/{id}/answer");
    server
        .post(&answer, &json!({ "answer": "Maybe" }))
        .await
        .is(400);
    let wait = format!("/api/runner/questions/{id}?waitMs=20000");
    let ok = json!({ "answer": "approve" });
    let (waited, answered) = tokio::join!(
        server.call(RUNNER, "GET", &wait, None),
        server.post(&answer, &ok),
    );
    assert_eq!(answered.is(200).json()["question"]["status"], "ANSWERED");
    let waited = waited.is(200).json();
    assert_eq!(
        (&waited["status"], &waited["answeredBy"]),
        (&json!("ANSWERED"), &json!("admin"))
    );
    let told: attractor_core::Answer = serde_json::from_value(waited["answer"].clone()).unwrap();
    assert_eq!(told.selected_option.unwrap().key, "A");
    assert_eq!(
        server.post(&answer, &ok).await.is(409).json()["code"],
        "not_pending"
    );
}
