//! A session in a file: written as it happens, resumed from whatever a kill leaves, forked.

use std::path::{Path, PathBuf};

use attractor_agent::{
    Budget, BudgetLimits, ErrorKind, Session, SessionConfig, check_extends, check_history,
    testing::check_requests,
};
use attractor_llm::{
    Client, Message,
    testing::{Script, ScriptedServer, Turn as Say},
};
use serde_json::json;

use crate::support::{Agent, Workspace, blocks, client, fast_retry, profile};

/// An answer that thinks and calls two tools, one that calls one, and a last one.
fn script() -> Script {
    let thinking = Say::thinking("Let me see.", "c2lnbmVk").and_redacted_thinking("b3BhcXVl");
    Script::new()
        .turn(
            thinking
                .and_tool_call("shell", json!({"command": "echo é"}))
                .and_tool_call("read_file", json!({"file_path": "a.txt"})),
        )
        .turn(Say::tool_call("shell", json!({"command": "echo b"})).and_text("One more."))
        .turn(Say::text("Done."))
        .turn(Say::text("Here again.").repeat())
}

/// A session that was recorded to a file, with the file's bytes.
async fn recorded() -> (Agent, PathBuf, Vec<u8>) {
    let mut agent = Agent::new(script()).await;
    agent.workspace.write("a.txt", "text");
    let path = agent.workspace.path().join("session.jsonl");
    agent.session.record_to(&path).unwrap();
    agent.session.handle().steer("And be quick.").unwrap();
    agent.session.submit("go").await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    (agent, path, bytes)
}

/// Lets go of the session, as the end of its process would.
fn leave(agent: &mut Agent) {
    agent.session = agent.session.fork_at(0).unwrap();
}

fn resume(server: &ScriptedServer, workspace: &Workspace, path: &Path) -> Session {
    try_resume(server, workspace, path).unwrap()
}

fn try_resume(
    server: &ScriptedServer,
    workspace: &Workspace,
    path: &Path,
) -> Result<Session, attractor_agent::Error> {
    with_client(client(server), workspace, path)
}

fn with_client(
    client: Client,
    workspace: &Workspace,
    path: &Path,
) -> Result<Session, attractor_agent::Error> {
    Session::resume(
        client,
        profile(),
        workspace.environment.clone(),
        SessionConfig::new().retry(fast_retry()),
        path,
    )
}

/// Lengths of what a kill can leave that ends with a whole line.
fn line_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(|(end, _)| end + 1).collect::<Vec<_>>().into_iter()
}

#[tokio::test]
async fn a_resumed_session_goes_on_where_the_last_one_was() {
    let (mut agent, path, _) = recorded().await;
    let (id, turns) = (
        agent.session.id().to_owned(),
        agent.session.history().to_vec(),
    );
    leave(&mut agent);
    let mut resumed = resume(&agent.server, &agent.workspace, &path);
    assert_eq!((resumed.id(), resumed.history()), (id.as_str(), &turns[..]));
    assert_eq!(
        resumed.submit("still there?").await.unwrap().text,
        "Here again."
    );
    let requests = agent.server.requests();
    check_requests(&requests).unwrap();
    let last = requests.last().unwrap().body.to_string();
    assert!(
        last.contains("c2lnbmVk") && last.contains("b3BhcXVl"),
        "{last}"
    );
}

#[tokio::test]
async fn a_kill_at_any_line_leaves_a_session_that_goes_on() {
    let (agent, _, bytes) = recorded().await;
    let asked = agent.server.requests();
    let mut longest = 0;
    for end in line_ends(&bytes) {
        let path = agent.workspace.path().join(format!("killed-{end}.jsonl"));
        std::fs::write(&path, &bytes[..end]).unwrap();
        let server = ScriptedServer::start(Script::new().turn(Say::text("Back.").repeat()))
            .await
            .unwrap();
        let mut session = resume(&server, &agent.workspace, &path);
        session.submit("go on").await.unwrap();
        check_history(&session.messages()).unwrap();
        // It extends what was sent before, as far as that was in the file.
        let sent = server.requests();
        check_requests(&sent).unwrap();
        let now = blocks(&sent[0].body).len();
        assert!(
            now > longest,
            "the conversation grows with each line: {now}"
        );
        longest = now - usize::from(end < bytes.len());
        let before = asked.iter().filter(|request| {
            let before = request.body["messages"].as_array().unwrap().len();
            before < sent[0].body["messages"].as_array().unwrap().len()
        });
        for request in before {
            check_requests(&[request.clone(), sent[0].clone()]).unwrap();
        }
    }
}

#[tokio::test]
async fn a_kill_within_a_line_leaves_the_lines_before_it() {
    let (agent, _, bytes) = recorded().await;
    // The first line is written at once. The crate's own test has every byte of shorter lines.
    let whole = agent.session.messages();
    let (first, client) = (line_ends(&bytes).next().unwrap(), client(&agent.server));
    let near_ends = line_ends(&bytes).flat_map(|end| end - 2..end + 2);
    for end in (first..bytes.len())
        .step_by(29)
        .chain(near_ends.filter(|end| (first..=bytes.len()).contains(end)))
    {
        let path = agent.workspace.path().join("cut.jsonl");
        std::fs::write(&path, &bytes[..end]).unwrap();
        let session = with_client(client.clone(), &agent.workspace, &path).unwrap();
        let messages = session.messages();
        check_history(&messages).unwrap();
        let is_dangling =
            |message: &&Message| format!("{message:?}").contains("interrupted before");
        let known = messages
            .iter()
            .take_while(|message| !is_dangling(message))
            .count();
        check_extends(&messages[..known], &whole).unwrap();
        drop(session);
        let after = std::fs::read(&path).unwrap();
        let kept = line_ends(&bytes[..end]).last().unwrap();
        assert_eq!(after[..kept], bytes[..kept]);
        assert_eq!(after.last(), Some(&b'\n'));
    }
}

#[tokio::test]
async fn results_that_were_known_survive_a_kill_in_the_middle_of_a_round() {
    let (agent, _, bytes) = recorded().await;
    let text = String::from_utf8(bytes).unwrap();
    let first_result = text.find(r#"{"type":"result""#).unwrap();
    let end = first_result + text[first_result..].find('\n').unwrap() + 1;
    let path = agent.workspace.path().join("killed.jsonl");
    std::fs::write(&path, &text[..end]).unwrap();
    let session = resume(&agent.server, &agent.workspace, &path);
    let last = session.history().last().unwrap();
    let is_error: Vec<bool> = last.results().map(|result| result.is_error).collect();
    let mut sorted = is_error.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [false, true], "one was done, one wasn't: {last:?}");
}

#[tokio::test]
async fn a_fork_goes_another_way_and_leaves_the_first_as_it_was() {
    let (mut agent, _, bytes) = recorded().await;
    let all = agent.session.history().len();
    for turns in 0..=all {
        let mut fork = agent.session.fork_at(turns).unwrap();
        let path = agent.workspace.path().join(format!("fork-{turns}.jsonl"));
        fork.record_to(&path).unwrap();
        assert_ne!(fork.id(), agent.session.id());
        assert_eq!(fork.history(), &agent.session.history()[..turns]);
        fork.submit("another way").await.unwrap();
        check_history(&fork.messages()).unwrap();
        let forked = fork.messages();
        drop(fork);
        let resumed = resume(&agent.server, &agent.workspace, &path);
        assert_eq!(resumed.messages(), forked);
    }
    let error = agent.session.fork_at(all + 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let last = agent.server.requests().pop().unwrap();
    let before = agent.server.requests().remove(2);
    check_requests(&[before, last]).unwrap();
    agent.is_one_conversation = false;
    assert_eq!(
        std::fs::read(agent.workspace.path().join("session.jsonl")).unwrap(),
        bytes
    );
}

#[tokio::test]
async fn what_was_spent_before_counts_after_a_resume() {
    let (mut agent, path, _) = recorded().await;
    let before = agent.session.budget().spent();
    leave(&mut agent);
    let budget = Budget::new(BudgetLimits::new().max_turns(before.turns));
    let mut resumed = Session::resume(
        client(&agent.server),
        profile(),
        agent.workspace.environment.clone(),
        SessionConfig::new().budget(budget),
        &path,
    )
    .unwrap();
    let spent = resumed.budget().spent();
    assert_eq!((spent.tokens, spent.turns), (before.tokens, before.turns));
    assert_eq!(spent.cost_micro_usd, before.cost_micro_usd);
    assert_eq!(resumed.submit("more").await.unwrap().responses, 0);
}

#[tokio::test]
async fn files_that_are_no_sessions_are_refused() {
    let (agent, path, bytes) = recorded().await;
    let in_use = try_resume(&agent.server, &agent.workspace, &path).unwrap_err();
    assert!(in_use.to_string().contains("is in use"), "{in_use}");
    let text = String::from_utf8(bytes).unwrap();
    let cases = [
        (
            text.replacen("\"version\":1", "\"version\":2", 1),
            "format 2",
        ),
        (
            text.replacen("{\"type\":\"user\"", "{\"type\":\"guess\"", 1),
            "line 3",
        ),
        (
            text.replacen("\"call\":1", "\"call\":7", 1),
            "answers no open call",
        ),
        (String::new(), "empty"),
        ("not a session\n".to_owned(), "line 1"),
    ];
    for (content, expected) in cases {
        let path = agent.workspace.path().join("other.jsonl");
        std::fs::write(&path, content).unwrap();
        let error = try_resume(&agent.server, &agent.workspace, &path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(expected), "{error}");
    }
    let missing = try_resume(
        &agent.server,
        &agent.workspace,
        Path::new("/nowhere/at/all"),
    );
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
}
