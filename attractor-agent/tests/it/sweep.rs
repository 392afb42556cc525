//! A long conversation that is aborted, dropped, steered, or loses its server at every event: the
//! next request is well-formed, and no process is left.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use attractor_agent::{
    EventKind, SessionConfig, SessionEvents, SessionState, StopReason, testing::check_requests,
};
use attractor_llm::testing::{Match, Script, ScriptedServer, Turn as Say};
use futures::{StreamExt as _, future::join_all};
use serde_json::json;

use crate::support::{Agent, blocks, client, fast_retry, profile};

/// Text, reasoning, calls side by side, edits of one file, a child in the background, a call that
/// fails, one that isn't JSON: everything that an answer can hold.
fn answers() -> Vec<Say> {
    let edit =
        |old: &str, new: &str| json!({"file_path": "a.txt", "old_string": old, "new_string": new});
    vec![
        Say::thinking("Look first.", "c2lnbmVk")
            .and_text("Both.")
            .and_tool_call("read_file", json!({"file_path": "a.txt"}))
            .and_tool_call(
                "shell",
                json!({"command": "echo a; sleep 300 & echo b >&2"}),
            ),
        Say::tool_call("edit_file", edit("one", "1"))
            .and_tool_call("edit_file", edit("two", "2"))
            .and_tool_call("read_file", json!({"file_path": "missing"})),
        Say::tool_call("teleport", json!({})).and_raw_tool_call("shell", "{\"command\": "),
        Say::tool_call("shell", json!({"command": "echo c"})).and_text("Nearly."),
        Say::text("Done, I think. Is that right?").delta_chars(6),
    ]
}

/// The answers by how many the model has given before, so that a request which is repeated gets
/// the same one; whatever comes after a disturbance is answered shortly.
fn script() -> Script {
    let turns = answers().into_iter().enumerate();
    let script = turns.fold(Script::new(), |script, (index, turn)| {
        script.turn(turn.when(Match::any().assistant_messages(index)))
    });
    script.turn(Say::text("Understood.").repeat())
}

async fn agent() -> Agent {
    let agent = Agent::new(script()).await;
    agent.workspace.write("a.txt", "one two");
    agent
}

/// Resolves at the event number `index`; never if there are fewer.
async fn event_number(events: SessionEvents, index: usize) {
    if events.skip(index).next().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Commands that run in this directory.
fn processes(directory: &Path) -> Vec<String> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let here = all.filter(|entry| {
        let place = std::fs::read_link(entry.path().join("cwd"));
        place.is_ok_and(|place| place == directory)
    });
    here.map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Ends the agent; nothing that it started may outlive it for longer than the system takes.
async fn leaves_nothing(agent: Agent) {
    agent.workspace.environment.cleanup().await.unwrap();
    let begun = Instant::now();
    while !processes(agent.workspace.path()).is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "something still runs"
        );
        tokio::task::yield_now().await;
    }
}

/// Runs the case of every event, some at a time, until one comes to its end undisturbed.
async fn at_every_event<F: Future<Output = bool>>(least: usize, case: impl Fn(usize) -> F) {
    const AT_A_TIME: usize = 8;
    for first in (0..).step_by(AT_A_TIME) {
        let done = join_all((first..first + AT_A_TIME).map(&case)).await;
        if let Some(last) = done.iter().position(|done| *done) {
            assert!(first + last > least, "only {} events", first + last);
            return;
        }
    }
}

#[tokio::test]
async fn aborted_at_every_event_and_resumed() {
    at_every_event(40, async |index| {
        let mut agent = agent().await;
        let path = agent.workspace.path().join("session.jsonl");
        agent.session.record_to(&path).unwrap();
        let (handle, events) = (agent.session.handle(), agent.session.events());
        let done = tokio::select! {
            biased;
            done = async {
                event_number(events, index).await;
                handle.abort();
                std::future::pending().await
            } => done,
            done = agent.session.submit("go") => done.unwrap(),
        };
        agent.check();
        if done.stop == StopReason::Completed {
            leaves_nothing(agent).await;
            return true;
        }
        assert_eq!(
            (done.stop, agent.session.state()),
            (StopReason::Aborted, SessionState::Closed)
        );
        assert_eq!(agent.event_names().last().unwrap(), "SESSION_END");
        resume(&mut agent, &path);
        agent.session.submit("go on").await.unwrap();
        agent.check();
        leaves_nothing(agent).await;
        false
    })
    .await;
}

fn resume(agent: &mut Agent, path: &Path) {
    let config = SessionConfig::new().retry(fast_retry());
    agent.session = agent.session.fork_at(0).unwrap();
    agent.session = attractor_agent::Session::resume(
        client(&agent.server),
        profile(),
        agent.workspace.environment.clone(),
        config,
        path,
    )
    .unwrap();
}

#[tokio::test]
async fn dropped_at_every_event() {
    at_every_event(40, async |index| {
        let mut agent = agent().await;
        let events = agent.session.events();
        let is_done = tokio::select! {
            biased;
            () = event_number(events, index) => false,
            done = agent.session.submit("go") => done.is_ok(),
        };
        agent.check();
        agent.session.submit("and now?").await.unwrap();
        agent.check();
        leaves_nothing(agent).await;
        is_done
    })
    .await;
}

#[tokio::test]
async fn steered_at_every_event() {
    at_every_event(40, async |index| {
        let mut agent = agent().await;
        let (handle, events) = (agent.session.handle(), agent.session.events());
        let steer = async {
            event_number(events, index).await;
            handle.steer("Mind the tests.").unwrap();
            handle.set_reasoning_effort(Some("low".to_owned()));
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = steer => {}
            done = agent.session.submit("go") => assert_eq!(done.unwrap().stop, StopReason::Completed),
        }
        agent.session.submit("more").await.unwrap();
        agent.check();
        let injected = |event: &EventKind| matches!(event, EventKind::SteeringInjected { .. });
        let steered = agent.events().iter().any(injected);
        let last = agent.server.requests().pop().unwrap().body;
        let steering =
            |(_, block): &(String, serde_json::Value)| block["text"] == "Mind the tests.";
        assert_eq!(
            blocks(&last).iter().filter(|block| steering(block)).count(),
            usize::from(steered)
        );
        leaves_nothing(agent).await;
        !steered
    })
    .await;
}

#[tokio::test]
async fn without_its_server_from_any_event_of_any_answer() {
    for number in 0..answers().len() {
        at_every_event(3, |events| cut_off(number, events)).await;
    }
}

/// The server breaks off after so many events of that answer; whether it has no more than that.
async fn cut_off(number: usize, events: usize) -> bool {
    let mut script = Script::new();
    for (index, turn) in answers().into_iter().enumerate().take(number + 1) {
        let turn = turn.when(Match::any().assistant_messages(index)).repeat();
        script = script.turn(match index == number {
            true => turn.cut_after_events(events),
            false => turn,
        });
    }
    let mut agent = Agent::new(script.turn(Say::text("Whole.").repeat())).await;
    agent.workspace.write("a.txt", "one two");
    let path = agent.workspace.path().join("session.jsonl");
    agent.session.record_to(&path).unwrap();
    let result = agent.session.submit("go").await;
    let sent = agent.server.requests();
    check_requests(&sent).unwrap();
    let Err(error) = result else {
        leaves_nothing(agent).await;
        return true;
    };
    // A failure that may pass leaves the session as it was, for the same server or another.
    assert!(error.is_retryable(), "{error}");
    assert_eq!(agent.session.state(), SessionState::Idle);
    let after = Script::new().turn(Say::text("Understood.").repeat());
    agent.server = ScriptedServer::start(after).await.unwrap();
    resume(&mut agent, &path);
    agent.session.submit("again").await.unwrap();
    let now = agent.server.requests().remove(0);
    check_requests(&[sent.last().unwrap().clone(), now]).unwrap();
    leaves_nothing(agent).await;
    false
}
