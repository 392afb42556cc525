//! Stopping a session at any point leaves a conversation that every provider takes.

use std::time::{Duration, Instant};

use attractor_agent::{EventKind, SessionConfig, SessionState, StopReason, Submission};
use attractor_llm::testing::{Script, Turn as Say};
use futures::StreamExt as _;
use serde_json::json;

use crate::support::{Agent, PROMPTLY, assert_gone};

/// Submits and aborts at the first event for which `at` holds; the time from the abort to the end.
async fn abort_at(agent: &mut Agent, at: fn(&EventKind) -> bool) -> (Submission, Duration) {
    let (handle, mut events) = (agent.session.handle(), agent.session.events());
    let abort = async {
        while let Some(event) = events.next().await {
            if at(&event.kind) {
                handle.abort();
                return Instant::now();
            }
        }
        Instant::now()
    };
    let (done, aborted) = tokio::join!(agent.session.submit("go"), abort);
    (done.unwrap(), aborted.elapsed())
}

fn check_aborted(agent: &mut Agent, done: &Submission) {
    assert_eq!(done.stop, StopReason::Aborted);
    assert_eq!(agent.session.state(), SessionState::Closed);
    assert_eq!(agent.event_names().last().unwrap(), "SESSION_END");
    agent.check();
}

#[tokio::test]
async fn while_the_model_is_silent() {
    let mut agent = Agent::new(Script::new().turn(Say::silence())).await;
    let (done, took) = abort_at(&mut agent, |event| {
        matches!(event, EventKind::ModelRequest { .. })
    })
    .await;
    assert!(took < PROMPTLY, "{took:?}");
    check_aborted(&mut agent, &done);
}

#[tokio::test]
async fn while_the_answer_streams() {
    let answer = Say::text("One word after the other.")
        .delta_chars(1)
        .event_delay_ms(20);
    let mut agent = Agent::new(Script::new().turn(answer)).await;
    let (done, _) = abort_at(&mut agent, |event| {
        matches!(event, EventKind::AssistantTextDelta { .. })
    })
    .await;
    check_aborted(&mut agent, &done);
}

#[tokio::test]
async fn while_a_command_runs() {
    let calls = Say::tool_call(
        "shell",
        json!({"command": "echo $$ > pid; echo begun; sleep 300"}),
    )
    .and_tool_call("shell", json!({"command": "touch never"}));
    let mut agent = Agent::new(Script::new().turn(calls)).await;
    let (done, took) = abort_at(&mut agent, |event| {
        matches!(event, EventKind::ToolCallOutputDelta { .. })
    })
    .await;
    assert!(took < PROMPTLY, "{took:?}");
    assert!(!agent.workspace.path().join("never").exists());
    let pid = String::from_utf8(agent.workspace.read("pid")).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(
        stat.is_empty() || stat.contains(") Z "),
        "the command still runs: {stat}"
    );
    let messages = agent.session.messages();
    assert!(
        messages[2].content.len() == 1 && messages.len() == 4,
        "{messages:?}"
    );
    check_aborted(&mut agent, &done);
}

/// Aborts while this command runs, and tells how long that took.
async fn abort_command(command: &str, config: SessionConfig) -> (Agent, Duration) {
    let script = Script::new().turn(Say::tool_call("shell", json!({ "command": command })));
    let mut agent = Agent::with(script, config).await;
    let (done, took) = abort_at(&mut agent, |event| {
        matches!(event, EventKind::ToolCallOutputDelta { .. })
    })
    .await;
    check_aborted(&mut agent, &done);
    (agent, took)
}

/// It minds no polite signal.
const STUBBORN: &str = "trap '' TERM; echo $$ > pid; echo begun; while :; do sleep 0.1; done";

#[tokio::test]
async fn a_command_that_does_not_want_to_end_has_two_seconds() {
    let (agent, took) = abort_command(STUBBORN, SessionConfig::new()).await;
    assert!(took >= Duration::from_secs(2), "{took:?}");
    let pid = String::from_utf8(agent.workspace.read("pid")).unwrap();
    assert_gone(pid.trim());
}

#[tokio::test]
async fn a_session_may_allow_a_command_no_time_at_all() {
    let command = "trap 'sleep 5; touch cleaned; exit' TERM; echo begun; \
                   while :; do sleep 0.05; done";
    let config = SessionConfig::new().abort_grace_ms(0);
    let (agent, _) = abort_command(command, config).await;
    assert!(!agent.workspace.path().join("cleaned").exists());
}

#[tokio::test]
async fn a_command_may_clean_up_in_the_time_that_it_is_allowed() {
    let command = "trap 'sleep 0.5; touch cleaned; exit' TERM; echo begun; \
                   while :; do sleep 0.05; done";
    let config = SessionConfig::new().abort_grace_ms(60_000);
    let (agent, _) = abort_command(command, config).await;
    assert!(agent.workspace.path().join("cleaned").exists());
}

#[tokio::test]
async fn who_asks_an_ended_session_for_events_gets_none() {
    let mut agent = Agent::new(Script::new()).await;
    agent.session.close();
    assert!(agent.session.events().next().await.is_none());
    let handle = agent.session.handle();
    assert!(handle.events().next().await.is_none());
    handle.abort();
    assert_eq!(agent.event_names(), ["SESSION_END"]);
}

#[tokio::test]
async fn while_idle() {
    let mut agent = Agent::new(Script::new()).await;
    agent.session.handle().abort();
    assert_eq!(agent.session.state(), SessionState::Closed);
    assert!(agent.session.submit("go").await.is_err());
    assert_eq!(agent.event_names(), ["SESSION_END"]);
}

#[tokio::test]
async fn a_dropped_submit_can_be_followed_by_another_input() {
    let script = Script::new()
        .turn(Say::tool_call(
            "shell",
            json!({"command": "echo begun; sleep 300"}),
        ))
        .turn(Say::text("Then not."));
    let mut agent = Agent::new(script).await;
    let mut events = agent.session.events();
    tokio::select! {
        _ = agent.session.submit("go") => panic!("the command must still run"),
        () = async {
            while let Some(event) = events.next().await {
                if matches!(event.kind, EventKind::ToolCallOutputDelta { .. }) {
                    break;
                }
            }
        } => {}
    }
    agent.check();
    assert_eq!(
        agent.session.submit("never mind").await.unwrap().text,
        "Then not."
    );
    assert!(
        agent.requests()[1]
            .to_string()
            .contains("interrupted before its result was known")
    );
    agent.check();
}
