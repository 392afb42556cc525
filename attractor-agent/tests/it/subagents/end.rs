//! Whatever ends a session ends its subagents and what they run.

use std::{
    path::Path,
    pin::pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use attractor_agent::{EventKind, SessionConfig, SessionEvents, SessionState, StopReason};
use attractor_llm::testing::{Script, Turn as Say};
use futures::StreamExt as _;
use serde_json::json;
use tokio::sync::mpsc;

use super::{JOB, child, parent, spawn, wait};
use crate::support::{Agent, PROMPTLY};

/// A session whose subagents' commands mind no polite signal, and aren't given long for it.
async fn with_stubborn_commands() -> Agent {
    Agent::with(script(), SessionConfig::new().abort_grace_ms(200)).await
}

/// Two subagents, one of which runs a command that would last.
fn script() -> Script {
    let lasting = Say::tool_call(
        "shell",
        json!({"command": "trap '' TERM; echo begun; sleep 300"}),
    );
    Script::new()
        .turn(parent(
            spawn("be short").and_tool_call("spawn_agent", json!({"task": "last"})),
        ))
        .turn(child(
            "be short",
            Say::tool_call("shell", json!({"command": "echo a"})),
        ))
        .turn(child("be short", Say::text("Short.")))
        .turn(child("last", lasting))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::tool_call(
            "close_agent",
            json!({"agent_id": "agent-2"}),
        )))
        .turn(parent(Say::text("Done.")))
        .turn(parent(Say::text("Again.").repeat()))
}

/// Processes that were started in the workspace.
pub(super) fn processes(workspace: &Path) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let there = |path: &Path| std::fs::read_link(path.join("cwd")).ok();
    entries
        .map(|entry| entry.path())
        .filter(|path| there(path).is_some_and(|cwd| cwd.starts_with(workspace)))
        .map(|path| std::fs::read_to_string(path.join("cmdline")).unwrap_or_default())
        .collect()
}

/// Lets the subagents' tasks end; they have a second.
async fn settle(agent: &Agent) {
    let begun = Instant::now();
    let ended = || {
        // The environment is the tests' own, the session's, and nobody else's.
        let held = Arc::strong_count(&agent.workspace.environment);
        held <= 2 && processes(agent.workspace.path()).is_empty()
    };
    while !ended() {
        let (held, left) = (
            Arc::strong_count(&agent.workspace.environment),
            processes(agent.workspace.path()),
        );
        assert!(begun.elapsed() < PROMPTLY, "{held} holders, {left:?}");
        tokio::task::yield_now().await;
    }
}

/// Every subagent that the host was told of has ended for it, too, before the session did.
fn check_told(agent: &mut Agent, ended: bool) {
    let mut running = 0_i32;
    let events = agent.events();
    for event in &events {
        match event {
            EventKind::SubagentStart { .. } => running += 1,
            EventKind::SubagentEnd { .. } => running -= 1,
            EventKind::SessionEnd { .. } => assert_eq!(running, 0, "{events:?}"),
            _ => {}
        }
    }
    assert_eq!(running, 0, "{events:?}");
    if ended {
        assert!(
            matches!(events.last(), Some(EventKind::SessionEnd { .. })),
            "{events:?}"
        );
    }
    attractor_agent::check_history(&agent.session.messages()).unwrap();
}

/// Resolves at the event number `index`; never if there are fewer.
async fn event_number(events: SessionEvents, index: usize) {
    if events.skip(index).next().await.is_none() {
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn an_abort_at_any_event_leaves_no_process_and_no_task() {
    for index in 0.. {
        let mut agent = with_stubborn_commands().await;
        let (handle, events) = (agent.session.handle(), agent.session.events());
        let (done, took) = {
            let mut submit = pin!(agent.session.submit(JOB));
            tokio::select! {
                biased;
                () = event_number(events, index) => {
                    handle.abort();
                    let aborted = Instant::now();
                    (submit.await.unwrap(), aborted.elapsed())
                }
                done = &mut submit => (done.unwrap(), Duration::ZERO),
            }
        };
        assert!(took < PROMPTLY, "{took:?} at event {index}");
        if done.stop == StopReason::Completed {
            assert!(index > 25, "only {index} events");
            return;
        }
        assert_eq!(agent.session.state(), SessionState::Closed);
        check_told(&mut agent, true);
        settle(&agent).await;
    }
}

#[tokio::test]
async fn dropping_an_input_at_any_event_ends_its_subagents_and_the_session_goes_on() {
    for index in 0.. {
        let mut agent = with_stubborn_commands().await;
        let events = agent.session.events();
        let is_done = tokio::select! {
            biased;
            () = event_number(events, index) => false,
            done = agent.session.submit(JOB) => done.is_ok(),
        };
        if is_done {
            assert!(index > 25, "only {index} events");
            return;
        }
        settle(&agent).await;
        check_told(&mut agent, false);
        agent.session.submit("and now?").await.unwrap();
    }
}

/// Runs until the lasting command has begun.
async fn until_it_lasts(agent: &mut Agent) {
    let events = agent.session.events();
    let begun = events.any(|event| async move {
        matches!(
            event.kind,
            EventKind::SubagentEvent { event, .. }
                if matches!(&event.kind, EventKind::ToolCallOutputDelta { delta, .. } if delta.contains("begun"))
        )
    });
    let (done, begun) = tokio::join!(agent.session.submit(JOB), begun);
    assert!(done.is_ok() && begun);
    assert!(!processes(agent.workspace.path()).is_empty());
}

#[tokio::test]
async fn an_abort_reaches_the_deepest() {
    let lasting = json!({"command": "trap '' TERM; echo begun; sleep 300"});
    let script = Script::new()
        .turn(parent(spawn("go deeper")))
        .turn(child("go deeper", spawn("last")))
        .turn(child("last", Say::tool_call("shell", lasting)))
        .turn(child("go deeper", wait("agent-1")))
        .turn(parent(wait("agent-1")));
    let config = SessionConfig::new()
        .max_subagent_depth(2)
        .abort_grace_ms(200);
    let mut agent = Agent::with(script, config).await;
    let (handle, events) = (agent.session.handle(), agent.session.events());
    let abort = async {
        let nested = |event: EventKind| match event {
            EventKind::SubagentEvent { event, .. } => Some(event.kind),
            _ => None,
        };
        let mut inner = pin!(events.filter_map(|event| async move { nested(nested(event.kind)?) }));
        while let Some(event) = inner.next().await {
            if matches!(event, EventKind::ToolCallOutputDelta { .. }) {
                handle.abort();
                return Instant::now();
            }
        }
        panic!("it never began");
    };
    let (done, aborted) = tokio::join!(agent.session.submit(JOB), abort);
    let took = aborted.elapsed();
    assert_eq!(done.unwrap().stop, StopReason::Aborted);
    assert!(took < PROMPTLY, "{took:?}");
    assert_eq!(processes(agent.workspace.path()), Vec::<String>::new());
    check_told(&mut agent, true);
    settle(&agent).await;
}

/// A parent that answers while its subagent works.
fn without_waiting() -> Script {
    let lasting = json!({"command": "echo begun; sleep 300"});
    Script::new()
        .turn(parent(spawn("last")))
        .turn(child("last", Say::tool_call("shell", lasting)))
        .turn(parent(Say::text("It works on.")))
}

#[tokio::test]
async fn closing_a_session_ends_what_works_beside_it() {
    let mut agent = Agent::new(without_waiting()).await;
    until_it_lasts(&mut agent).await;
    agent.session.close();
    check_told(&mut agent, true);
    settle(&agent).await;
}

#[tokio::test]
async fn aborting_an_idle_session_ends_what_works_beside_it() {
    let mut agent = Agent::new(without_waiting()).await;
    until_it_lasts(&mut agent).await;
    agent.session.handle().abort();
    check_told(&mut agent, true);
    settle(&agent).await;
}

#[tokio::test]
async fn dropping_a_session_ends_what_works_beside_it() {
    let mut agent = Agent::new(without_waiting()).await;
    until_it_lasts(&mut agent).await;
    let fork = agent.session.fork_at(0).unwrap();
    let session = std::mem::replace(&mut agent.session, fork);
    let events = session.events();
    drop(session);
    let last = events.collect::<Vec<_>>().await.pop().unwrap();
    assert!(matches!(last.kind, EventKind::SessionEnd { .. }));
    let begun = Instant::now();
    let workspace = &agent.workspace;
    // The fork has one, and the workspace.
    while Arc::strong_count(&workspace.environment) > 2 || !processes(workspace.path()).is_empty() {
        assert!(begun.elapsed() < PROMPTLY);
        tokio::task::yield_now().await;
    }
}

/// A subagent that answers at once.
fn short() -> Script {
    Script::new()
        .turn(parent(spawn("be short")))
        .turn(child("be short", Say::text("Short.")))
        .turn(parent(Say::text("I don't wait for it.")))
}

/// The ways to end a session in a moment, without waiting for anything.
const ENDINGS: [fn(&mut Agent); 3] = [
    |agent| agent.session.close(),
    |agent| agent.session.handle().abort(),
    |agent| {
        let fork = agent.session.fork_at(0).unwrap();
        drop(std::mem::replace(&mut agent.session, fork));
    },
];

/// Stops whoever tells it of a subagent's end, until it is let go.
#[derive(Debug)]
struct Stops {
    reached: mpsc::UnboundedSender<()>,
    go_on: Mutex<std::sync::mpsc::Receiver<()>>,
}

impl attractor_agent::SessionGuard for Stops {
    fn observe(&self, event: &EventKind) {
        if let EventKind::SubagentEnd { .. } = event {
            self.reached.send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_is_just_being_told_is_not_lost() {
    for end in ENDINGS {
        let mut agent = Agent::new(short()).await;
        let (reached, mut is_reached) = mpsc::unbounded_channel();
        let (let_go, go_on) = std::sync::mpsc::channel();
        let go_on = Mutex::new(go_on);
        let guard = Stops { reached, go_on };
        agent.session.set_guard(Some(Arc::new(guard)));
        agent.session.submit(JOB).await.unwrap();
        is_reached.recv().await.unwrap();
        end(&mut agent);
        let_go.send(()).unwrap();
        check_told(&mut agent, true);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_with_its_subagent_tells_both_ends() {
    for round in 0..60 {
        let mut agent = Agent::new(short()).await;
        let mut events = pin!(agent.session.events().filter_map(|event| async move {
            match event.kind {
                EventKind::SubagentEvent { event, .. } => Some(event.kind),
                _ => None,
            }
        }));
        agent.session.submit(JOB).await.unwrap();
        // What it tells last is followed by its end, on another thread.
        while let Some(event) = events.next().await {
            if matches!(event, EventKind::ProcessingEnd { .. }) {
                break;
            }
        }
        ENDINGS[round % ENDINGS.len()](&mut agent);
        check_told(&mut agent, true);
    }
}
