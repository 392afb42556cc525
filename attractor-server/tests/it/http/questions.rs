//! Human gates that are answered over HTTP.

use serde_json::{Value, json};

use super::client::{Host, JSON, root};
use super::digraph;

const GATE: &str = "gate [shape=hexagon, label=\"Ship it?\"]
    ship [shape=parallelogram, tool_command=\"echo shipped\"]
    fix  [shape=parallelogram, tool_command=\"echo fixed\"]
    start -> gate
    gate -> ship [label=\"[A] Approve\"]
    gate -> fix  [label=\"[F] Fix\"]
    ship -> exit; fix -> exit";

/// A pipeline that waits at a gate: its path, and the question.
async fn asked(host: &Host, statements: &str) -> (String, Value) {
    let place = host.submit(&digraph(statements)).await;
    let mut events = host.events(&format!("{place}/events"), &[]).await;
    events.until("interview_started").await;
    let question = host.questions(&place, 1).await.remove(0);
    (place, question)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_is_answered_once_and_the_run_goes_the_chosen_way() {
    let root = root();
    let host = Host::start(root.path()).await;
    let (place, question) = asked(&host, GATE).await;
    assert_eq!(question["text"], "Ship it?");
    assert_eq!(question["kind"], "multiple_choice");
    assert_eq!(question["stage"], "gate");
    assert_eq!(
        question["options"][1],
        json!({ "key": "F", "label": "[F] Fix" })
    );
    assert_eq!(host.get(&place).await.json()["pending_questions"], 1);

    let path = format!(
        "{place}/questions/{}/answer",
        question["id"].as_str().unwrap()
    );
    let wrong = host.post(&path, JSON, r#"{"value":"perhaps"}"#).await;
    let problem = wrong.problem(422, "invalid-answer");
    assert!(
        problem["detail"].as_str().unwrap().contains("F ([F] Fix)"),
        "{problem}"
    );
    let body = r#"{"value":"f","text":"the title is wrong"}"#;
    host.post(&path, JSON, body).await.is(200);
    host.post(&path, JSON, body).await.problem(409, "conflict");

    assert_eq!(host.end_of(&place).await["status"], "success");
    let context = host.get(&format!("{place}/context")).await.json();
    assert_eq!(context["tool.output"], "fixed");
    assert_eq!(context["human.gate.text"], "the title is wrong");
    host.post(&path, JSON, body).await.problem(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_whose_time_is_up_takes_its_default_and_no_answer() {
    let root = root();
    let host = Host::start(root.path()).await;
    let gate = GATE.replace(
        "hexagon,",
        "hexagon, timeout=\"300ms\", human.default_choice=ship,",
    );
    let (place, question) = asked(&host, &gate).await;
    assert_eq!(question["timeout_ms"], 300);
    assert_eq!(question["default"]["selected_option"]["key"], "A");
    assert_eq!(host.end_of(&place).await["status"], "success");
    let context = host.get(&format!("{place}/context")).await.json();
    assert_eq!(context["tool.output"], "shipped");
    let path = format!(
        "{place}/questions/{}/answer",
        question["id"].as_str().unwrap()
    );
    let late = host.post(&path, JSON, r#"{"value":"F"}"#).await;
    late.problem(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_question_is_no_yes() {
    let root = root();
    let host = Host::start(root.path()).await;
    let (place, question) = asked(&host, GATE).await;
    let path = format!(
        "{place}/questions/{}/answer",
        question["id"].as_str().unwrap()
    );
    host.post(&path, JSON, r#"{"skip":true}"#).await.is(200);
    let status = host.end_of(&place).await;
    assert_eq!(status["status"], "fail");
    assert!(
        status["reason"].as_str().unwrap().contains("skipped"),
        "{status}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_survives_the_process_and_is_asked_again() {
    let root = root();
    let first = Host::start(root.path()).await;
    let (place, old) = asked(&first, GATE).await;
    first.service.shutdown().await;
    drop(first);

    let host = Host::start(root.path()).await;
    assert_eq!(host.service.resume_interrupted().await.unwrap().len(), 1);
    let mut events = host.events(&format!("{place}/events"), &[]).await;
    events.until("run_resumed").await;
    events.until("interview_started").await;
    let answer = async |id: &Value| {
        let path = format!("{place}/questions/{}/answer", id.as_str().unwrap());
        host.post(&path, JSON, r#"{"value":"A"}"#).await
    };
    answer(&old["id"]).await.problem(404, "not-found");
    answer(&host.questions(&place, 1).await[0]["id"])
        .await
        .is(200);
    assert_eq!(host.end_of(&place).await["status"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_of_branches_are_asked_side_by_side() {
    let root = root();
    let host = Host::start(root.path()).await;
    let place = host
        .submit(&digraph(
            "fan [shape=component]; join [shape=tripleoctagon]
             one [shape=hexagon, label=\"One?\"]; two [shape=hexagon, label=\"Two?\"]
             start -> fan -> one; fan -> two
             one -> join [label=Yes]; two -> join [label=Yes]; join -> exit",
        ))
        .await;
    let mut events = host.events(&format!("{place}/events"), &[]).await;
    events.until("interview_started").await;
    events.until("interview_started").await;
    let questions = host.questions(&place, 2).await;
    assert_eq!(questions.len(), 2);
    for question in questions {
        let path = format!(
            "{place}/questions/{}/answer",
            question["id"].as_str().unwrap()
        );
        host.post(&path, JSON, r#"{"value":"Yes"}"#).await.is(200);
    }
    assert_eq!(host.end_of(&place).await["status"], "success");
}
