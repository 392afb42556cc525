//! From the submission of a pipeline to its end, and beyond the end of the process.

use std::sync::Arc;

use attractor_core::Outcome;
use attractor_core::testing::{Act, Script, ScriptedAttempt, ScriptedBackend};
use attractor_server::http::ErrorKind;
use serde_json::{Value, json};

use super::client::{DOT, Host, JSON, root};
use super::digraph;

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_is_submitted_watched_and_looked_at() {
    let root = root();
    let host = Host::start(root.path()).await;
    let source = r#"digraph hello {
        graph [goal="Say hello"]
        start [shape=Mdiamond]; exit [shape=Msquare]
        plan  [prompt="Plan: $goal"]
        greet [shape=parallelogram, tool_command="echo hello"]
        start -> plan -> greet -> exit }"#;
    let place = host.submit(source).await;

    let events = host
        .events(&format!("{place}/events"), &[])
        .await
        .rest()
        .await;
    let end = events.last().unwrap();
    assert_eq!((end.event.as_str(), end.id), ("end", None));
    assert_eq!(end.data["status"], "success");
    assert_eq!(events[0].data["event"], "run_started");

    let status = host.get(&place).await.is(200).json();
    assert_eq!(status["status"], "success");
    assert_eq!(
        (&status["name"], &status["goal"]),
        (&json!("hello"), &json!("Say hello"))
    );
    assert_eq!(
        status["completed_nodes"],
        json!(["start", "plan", "greet", "exit"])
    );
    assert_eq!(status["current_nodes"], json!([]));
    let last = events.iter().rev().find_map(|event| event.id);
    assert_eq!(status["last_event_id"].as_u64(), last);

    let context = host.get(&format!("{place}/context")).await.is(200).json();
    assert_eq!(context["tool.output"], "hello");
    assert_eq!(context["graph.goal"], "Say hello");
    let checkpoint = host
        .get(&format!("{place}/checkpoint"))
        .await
        .is(200)
        .json();
    assert_eq!(checkpoint["current_node"], "exit");
    assert_eq!(checkpoint["node_outcomes"]["greet"]["status"], "success");
    let picture = host.get(&format!("{place}/graph")).await.is(200);
    assert_eq!(picture.headers["content-type"], "image/svg+xml");
    assert!(picture.headers.contains_key("content-security-policy"));
    assert!(picture.body.contains("<svg") && picture.body.contains("greet"));
    let questions = host.get(&format!("{place}/questions")).await.is(200).json();
    assert_eq!(questions, json!({ "questions": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_may_be_json_with_parameters_and_gets_the_warnings_back() {
    let root = root();
    let host = Host::start(root.path()).await;
    let source = digraph("work [shape=box]\n start -> work -> exit");
    let body = json!({ "source": source, "params": { "ticket": 1234 } }).to_string();
    let reply = host.post("/pipelines", JSON, &body).await.is(201);
    let submitted = reply.json();
    assert_eq!(submitted["diagnostics"][0]["rule"], "prompt_on_llm_nodes");
    let place = format!("/pipelines/{}", submitted["id"].as_str().unwrap());
    assert_eq!(host.end_of(&place).await["status"], "success");
    let context = host.get(&format!("{place}/context")).await.json();
    assert_eq!(context["ticket"], 1234);
}

/// Two tools that wait for each other.
fn meets(own: &str, other: &str) -> String {
    let command = format!("touch {own}; until test -e {other}; do sleep 0.02; done");
    digraph(&format!(
        "meet [shape=parallelogram, tool_command=\"{command}\"]\n start -> meet -> exit"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_run_at_once_and_no_more_than_may() {
    let root = root();
    let host = Host::with(root.path(), |builder| builder.max_running(2)).await;
    let one = host.submit(&meets("one", "two")).await;
    let waiting = host.submit(&meets("three", "one")).await;
    assert_eq!(host.end_of(&waiting).await["status"], "success");

    let other = host.submit(&meets("other", "never")).await;
    let refused = host.post("/pipelines", DOT, &meets("two", "one")).await;
    assert_eq!(refused.headers["retry-after"], "5");
    refused.problem(429, "busy");
    host.post(&format!("{other}/cancel"), JSON, "")
        .await
        .is(202);
    assert_eq!(host.end_of(&other).await["status"], "interrupted");

    let two = host.submit(&meets("two", "one")).await;
    for place in [one, two] {
        assert_eq!(host.end_of(&place).await["status"], "success");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_pipeline_is_interrupted_and_can_be_resumed() {
    let root = root();
    let host = Host::start(root.path()).await;
    let place = host.submit(&meets("here", "go")).await;
    let mut events = host.events(&format!("{place}/events"), &[]).await;
    while events.until("stage_started").await.last().unwrap().data["node"] != "meet" {}
    let status = host.get(&place).await.json();
    assert_eq!(
        (&status["status"], &status["current_nodes"]),
        (&json!("running"), &json!(["meet"]))
    );
    let running = host.post(&format!("{place}/resume"), JSON, "").await;
    running.problem(409, "conflict");

    host.post(&format!("{place}/cancel"), JSON, "")
        .await
        .is(202);
    let end = events.rest().await.pop().unwrap();
    let id = place.trim_start_matches("/pipelines/");
    let expected = json!({ "id": id, "status": "interrupted", "reason": "cancelled" });
    assert_eq!((end.event.as_str(), end.data), ("end", expected));
    assert_eq!(host.get(&place).await.json()["reason"], "cancelled");
    let again = host.post(&format!("{place}/cancel"), JSON, "").await;
    again.problem(409, "conflict");

    std::fs::write(root.path().join("go"), "").unwrap();
    host.post(&format!("{place}/resume"), JSON, "")
        .await
        .is(202);
    assert_eq!(host.end_of(&place).await["status"], "success");
    let done = host.post(&format!("{place}/resume"), JSON, "").await;
    done.problem(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_pauses_at_its_limit_and_goes_on_with_a_higher_one() {
    let root = root();
    let host = Host::start(root.path()).await;
    let source = digraph("a [prompt=A]; b [prompt=B]\n start -> a -> b -> exit");
    let body = json!({ "source": source, "limits": { "max_steps": 2 } }).to_string();
    let submitted = host.post("/pipelines", JSON, &body).await.is(201).json();
    let place = format!("/pipelines/{}", submitted["id"].as_str().unwrap());
    let status = host.end_of(&place).await;
    assert_eq!(status["status"], "paused", "{status}");
    assert!(
        status["reason"].as_str().unwrap().contains("max_steps"),
        "{status}"
    );
    let listed = host.get("/pipelines").await.json();
    assert_eq!(listed["pipelines"][0]["status"], "paused");
    assert_eq!(host.service.resume_interrupted().await.unwrap(), []);

    let resume = format!("{place}/resume");
    let unsure = host.post(&resume, JSON, r#"{"limit":1}"#).await;
    unsure.problem(400, "invalid-request");
    let body = r#"{"limits":{"max_steps":100}}"#;
    host.post(&resume, JSON, body).await.is(202);
    assert_eq!(host.end_of(&place).await["status"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_the_stage_that_works() {
    let root = root();
    let waits = ScriptedAttempt::from(Outcome::success()).act(Act::AwaitSteering);
    let backend = Arc::new(ScriptedBackend::new(Script::new().node("work", [waits])));
    let host = Host::with(root.path(), |builder| {
        builder.engine(move |engine| engine.backend(Arc::clone(&backend) as _))
    })
    .await;
    let place = host
        .submit(&digraph("work [prompt=Work]\n start -> work -> exit"))
        .await;
    let steer = format!("{place}/steer");
    let empty = host.post(&steer, JSON, r#"{"message":" "}"#).await;
    empty.problem(400, "invalid-request");
    let body = r#"{"message":"Use tabs.","node":"work"}"#;
    host.post(&steer, JSON, body).await.is(202);
    let mut events = host.events(&format!("{place}/events"), &[]).await;
    let steered = events.until("steered").await.pop().unwrap();
    assert_eq!(steered.data["message"], "Use tabs.");
    events.rest().await;
    host.post(&steer, JSON, body).await.problem(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_process_lists_all_runs_and_goes_on_with_those_that_were_cut_off() {
    let root = root();
    let (done, shut_down, cancelled) = {
        let host = Host::start(root.path()).await;
        let done = host.submit(&digraph("start -> exit")).await;
        host.end_of(&done).await;
        let cancelled = host.submit(&meets("c", "go")).await;
        host.post(&format!("{cancelled}/cancel"), JSON, "")
            .await
            .is(202);
        host.end_of(&cancelled).await;
        let shut_down = host.submit(&meets("s", "go")).await;
        host.service.shutdown().await;
        let late = host
            .post("/pipelines", DOT, &digraph("start -> exit"))
            .await;
        late.problem(503, "shutting-down");
        (done, shut_down, cancelled)
    };
    let killed = {
        let host = Host::start(root.path()).await;
        let place = host.submit(&meets("k", "go")).await;
        let mut events = host.events(&format!("{place}/events"), &[]).await;
        while events.until("stage_started").await.last().unwrap().data["node"] != "meet" {}
        place
    };

    let host = Host::start(root.path()).await;
    let status = async |place: &str| host.get(place).await.is(200).json()["status"].clone();
    assert_eq!(status(&done).await, "success");
    for place in [&cancelled, &shut_down, &killed] {
        assert_eq!(status(place).await, "interrupted", "{place}");
    }
    std::fs::write(root.path().join("go"), "").unwrap();
    let mut resumed = host.service.resume_interrupted().await.unwrap();
    resumed.sort();
    let mut expected: Vec<_> = [&shut_down, &killed]
        .map(|place| place.trim_start_matches("/pipelines/").parse().unwrap())
        .into();
    expected.sort();
    assert_eq!(resumed, expected);
    for place in [&shut_down, &killed] {
        assert_eq!(host.end_of(place).await["status"], "success");
    }
    assert_eq!(status(&cancelled).await, "interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_comes_in_pages_newest_first() {
    let root = root();
    let host = Host::start(root.path()).await;
    for _ in 0..5 {
        let place = host.submit(&digraph("start -> exit")).await;
        host.end_of(&place).await;
    }
    let mut seen = Vec::new();
    let mut path = "/pipelines?limit=2".to_owned();
    loop {
        let page = host.get(&path).await.is(200).json();
        let pipelines = page["pipelines"].as_array().unwrap();
        assert!(
            pipelines.iter().all(|it| it["status"] == "success"),
            "{page}"
        );
        seen.push(pipelines.len());
        match &page["next"] {
            Value::String(next) => path = format!("/pipelines?limit=2&before={next}"),
            _ => break,
        }
    }
    assert_eq!(seen, [2, 2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_another_process_executes_is_left_to_it() {
    let root = root();
    let host = Host::start(root.path()).await;
    let place = host.submit(&meets("here", "go")).await;
    // Another service on the same directory stands for the other process.
    let other = Host::start(root.path()).await;
    let refused = other.post(&format!("{place}/resume"), JSON, "").await;
    let problem = refused.problem(409, "conflict");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("is executing the run"),
        "{problem}"
    );
    let id = place.trim_start_matches("/pipelines/").parse().unwrap();
    assert_eq!(
        other.service.cancel(&id).unwrap_err().kind(),
        ErrorKind::Conflict
    );
    std::fs::write(root.path().join("go"), "").unwrap();
    assert_eq!(host.end_of(&place).await["status"], "success");
}
