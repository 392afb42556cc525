//! A process with a session, killed at any moment: the next one goes on with the file.

#![expect(
    clippy::print_stdout,
    reason = "the child tells its events to the test"
)]

use std::{path::Path, process::Stdio, sync::Arc};

use attractor_agent::{
    LocalEnvironment, Session, SessionConfig, check_history, testing::check_requests,
};
use attractor_llm::testing::{Script, ScriptedServer, Turn as Say};
use futures::StreamExt as _;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::support::{client_at, fast_retry, profile};

/// Where the models of the child are, and the directory that it works in.
const SERVER: &str = "KILL_TEST_SERVER";
const DIRECTORY: &str = "KILL_TEST_DIRECTORY";

const FILE: &str = "session.jsonl";

/// What the child prints for each event.
const EVENT: &str = "event:";

fn script() -> Script {
    let shell = |command: &str| Say::tool_call("shell", json!({ "command": command }));
    Script::new()
        .turn(shell("echo one").and_tool_call("read_file", json!({"file_path": "none"})))
        .turn(
            Say::thinking("Hm.", "c2lnbmVk").and_tool_call("shell", json!({"command": "echo two"})),
        )
        .turn(shell("echo three").and_text("One more."))
        .turn(Say::text("Done."))
}

fn session(base_url: &str, directory: &Path) -> Session {
    let environment = Arc::new(LocalEnvironment::new(directory).unwrap());
    let config = SessionConfig::new().retry(fast_retry());
    Session::new(client_at(base_url), profile(), environment, config)
}

#[tokio::test]
async fn as_a_child_it_works_until_it_is_killed() {
    let (Ok(server), Ok(directory)) = (std::env::var(SERVER), std::env::var(DIRECTORY)) else {
        println!("SKIPPED: only has something to do as a child of the test below");
        return;
    };
    let directory = Path::new(&directory);
    let mut session = session(&server, directory);
    session.record_to(directory.join(FILE)).unwrap();
    let mut events = session.events();
    let tell = async {
        while let Some(event) = events.next().await {
            println!("{EVENT} {:?}", event.kind);
        }
    };
    let work = async {
        session.submit("go").await.unwrap();
        session.close();
    };
    tokio::join!(work, tell);
}

fn start(server: &ScriptedServer, directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "kill::as_a_child_it_works_until_it_is_killed",
            "--nocapture",
        ])
        .env(SERVER, server.base_url())
        .env(DIRECTORY, directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Reads the child's events, at most so many; how many there were.
async fn watch(child: &mut Child, most: usize) -> usize {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    while seen < most
        && let Some(line) = lines.next_line().await.unwrap()
    {
        seen += usize::from(line.contains(EVENT));
    }
    seen
}

#[tokio::test]
async fn a_session_whose_process_is_killed_at_any_event_goes_on_in_the_next() {
    let mut at = 1;
    loop {
        let workspace = tempfile::tempdir().unwrap();
        let server = ScriptedServer::start(script()).await.unwrap();
        let mut child = start(&server, workspace.path());
        let seen = watch(&mut child, at).await;
        child.kill().await.unwrap();

        let next = Script::new().turn(Say::text("Back.").repeat());
        let next = ScriptedServer::start(next).await.unwrap();
        let mut resumed = Session::resume(
            client_at(&next.base_url()),
            profile(),
            Arc::new(LocalEnvironment::new(workspace.path()).unwrap()),
            SessionConfig::new().retry(fast_retry()),
            workspace.path().join(FILE),
        )
        .unwrap();
        check_history(&resumed.messages()).unwrap();
        assert_eq!(resumed.submit("go on").await.unwrap().text, "Back.");
        let sent = next.requests();
        check_requests(&sent).unwrap();
        for before in server.requests() {
            check_requests(&[before, sent[0].clone()]).unwrap();
        }
        if seen < at {
            assert!(at > 25, "the child had {seen} events");
            return;
        }
        at += 1;
    }
}
