//! Messages that arrive while the agent works.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use attractor_agent::{EventKind, SessionGuard, SessionHandle, SessionState, Turn};
use attractor_llm::testing::{Match, Script, Turn as Say};
use futures::StreamExt as _;
use serde_json::json;

use crate::support::{Agent, blocks};

fn texts(request: &serde_json::Value) -> Vec<String> {
    let blocks = blocks(request).into_iter();
    blocks
        .map(|(role, block)| match block["type"].as_str().unwrap() {
            "text" => format!("{role}: {}", block["text"].as_str().unwrap()),
            kind => format!("{role}: <{kind}>"),
        })
        .collect()
}

#[tokio::test]
async fn a_steering_message_follows_all_results_of_its_round() {
    // It ends when the message was sent, however busy the machine is.
    let lasting = json!({"command": "until [ -e steered ]; do sleep 0.01; done"});
    let script = Script::new()
        .turn(Say::tool_call("shell", lasting).and_tool_call("shell", json!({"command": "echo b"})))
        .turn(Say::text("As you wish.").when(Match::any().any_message_contains("use b")));
    let mut agent = Agent::new(script).await;
    let (handle, mut events) = (agent.session.handle(), agent.session.events());
    let steered = agent.workspace.path().join("steered");
    let steer = async {
        while let Some(event) = events.next().await {
            if matches!(event.kind, EventKind::ToolCallStart { .. }) {
                handle.steer("use b").unwrap();
                std::fs::write(&steered, "").unwrap();
                break;
            }
        }
    };
    let (done, ()) = tokio::join!(agent.session.submit("go"), steer);
    assert_eq!(done.unwrap().text, "As you wish.");
    assert_eq!(
        texts(&agent.requests()[1]),
        [
            "user: go",
            "assistant: <tool_use>",
            "assistant: <tool_use>",
            "user: <tool_result>",
            "user: <tool_result>",
            "user: use b"
        ]
    );
    agent.check();
}

#[tokio::test]
async fn steering_while_idle_comes_with_the_next_input() {
    let mut agent = Agent::new(Script::new().turn(Say::text("Ok."))).await;
    agent.session.handle().steer("be brief").unwrap();
    agent.session.submit("go").await.unwrap();
    assert_eq!(texts(&agent.requests()[0]), ["user: go", "user: be brief"]);
    let history = agent.session.history();
    assert!(matches!(&history[1], Turn::Steering { content, .. } if content == "be brief"));
}

/// Steers when the first answer begins, before the session takes another step.
#[derive(Debug)]
struct SteersOnce {
    handle: SessionHandle,
    done: AtomicBool,
}

impl SessionGuard for SteersOnce {
    fn observe(&self, event: &EventKind) {
        let begins = matches!(event, EventKind::AssistantTextStart);
        if begins && !self.done.swap(true, Ordering::Relaxed) {
            self.handle.steer("and that?").unwrap();
        }
    }
}

#[tokio::test]
async fn steering_during_the_last_answer_is_answered_too() {
    let script = Script::new()
        .turn(Say::text("Done."))
        .turn(Say::text("And this."));
    let mut agent = Agent::new(script).await;
    let handle = agent.session.handle();
    let done = AtomicBool::new(false);
    let guard = SteersOnce { handle, done };
    agent.session.set_guard(Some(Arc::new(guard)));
    assert_eq!(agent.session.submit("go").await.unwrap().text, "And this.");
    agent.check();
}

#[tokio::test]
async fn follow_ups_are_worked_on_in_order_within_one_cycle() {
    let script = Script::new()
        .turn(Say::text("One.").when(Match::any().last_message_contains("first")))
        .turn(Say::text("Two.").when(Match::any().last_message_contains("second")))
        .turn(Say::text("Three.").when(Match::any().last_message_contains("third")));
    let mut agent = Agent::new(script).await;
    let handle = agent.session.handle();
    handle.follow_up("second").unwrap();
    handle.follow_up("third").unwrap();
    let done = agent.session.submit("first").await.unwrap();
    assert_eq!((done.text.as_str(), done.responses), ("Three.", 3));
    let names = agent.event_names();
    assert_eq!(
        names
            .iter()
            .filter(|name| *name == "PROCESSING_END")
            .count(),
        1
    );
    assert_eq!(names.iter().filter(|name| *name == "USER_INPUT").count(), 3);
    assert_eq!(agent.session.state(), SessionState::Idle);
    agent.check();
}

#[tokio::test]
async fn a_closed_session_takes_no_messages() {
    let mut agent = Agent::new(Script::new()).await;
    agent.session.close();
    assert!(agent.session.handle().steer("hello").is_err());
    assert!(agent.session.handle().follow_up("hello").is_err());
}
