//! Tasks that subagents are given, and what comes of them.

use std::sync::Arc;

use attractor_agent::{OpenAiProfile, Session, SessionConfig, StopReason, SubAgentStatus};
use attractor_llm::testing::{Match, Script, Turn as Say};
use serde_json::json;

use super::{JOB, child, parent, requests_of, results, run, shell, spawn, wait};
use crate::support::{Agent, MODEL, blocks, client, tool_results};

#[tokio::test]
async fn a_subagent_works_and_its_report_is_a_tool_result() {
    let script = Script::new()
        .turn(parent(spawn("count the lines")))
        .turn(child("count the lines", shell("wc -l < notes.txt")))
        .turn(child("count the lines", Say::text("There are 2 lines.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::text("Two.")));
    let mut agent = Agent::new(script).await;
    agent.workspace.write("notes.txt", "one\ntwo\n");
    assert_eq!(run(&mut agent).await.text, "Two.");
    assert_eq!(
        results(&agent),
        [
            "\"agent_id: agent-1\\nstatus: RUNNING\"",
            "\"agent-1: COMPLETED (success: true, turns used: 2)\\n\\nThere are 2 lines.\"",
        ]
    );
    let handle = agent.session.handle().subagents().remove(0);
    assert_eq!(handle.status(), SubAgentStatus::Completed);
    assert_eq!(handle.result().unwrap().output, "There are 2 lines.");
}

#[tokio::test]
async fn its_history_is_its_own_and_its_files_are_the_parents() {
    let script = Script::new()
        .turn(parent(shell("echo secret plan").and_tool_call(
            "spawn_agent",
            json!({"task": "write a file"}),
        )))
        .turn(child("write a file", shell("echo hi > from-child")))
        .turn(child("write a file", Say::text("Written.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(shell("cat from-child")))
        .turn(parent(Say::text("Read.")));
    let mut agent = Agent::new(script).await;
    run(&mut agent).await;
    assert!(results(&agent)[3].contains("hi"), "{:?}", results(&agent));
    for request in requests_of(&agent, "write a file") {
        let text = request["messages"].to_string();
        assert!(
            !text.contains("secret plan") && !text.contains(JOB),
            "{text}"
        );
    }
    let parents = agent.session.messages();
    assert!(!format!("{parents:?}").contains("echo hi"));
    attractor_agent::check_history(&parents).unwrap();
}

#[tokio::test]
async fn several_work_at_the_same_time() {
    // Each waits for the file of the next: none ends unless all run.
    let task = |n: usize| format!("part {n}");
    let command = |n: usize| {
        let next = (n + 1) % 4;
        shell(&format!(
            "touch here-{n}; until [ -e here-{next} ]; do :; done; echo met"
        ))
    };
    let mut all = spawn(&task(0));
    let mut wait_all = wait("agent-1");
    for n in 1..4 {
        all = all.and_tool_call("spawn_agent", json!({"task": task(n)}));
        let id = format!("agent-{}", n + 1);
        wait_all = wait_all.and_tool_call("wait", json!({"agent_id": id}));
    }
    let mut script = Script::new().turn(parent(all));
    for n in 0..4 {
        script = script
            .turn(child(&task(n), command(n)))
            .turn(child(&task(n), Say::text(format!("Report {n}."))));
    }
    let script = script
        .turn(parent(wait_all))
        .turn(parent(Say::text("All.")));
    let mut agent = Agent::new(script).await;
    assert_eq!(run(&mut agent).await.text, "All.");
    let results = results(&agent);
    let reports: Vec<_> = results[4..].iter().collect();
    for (n, report) in reports.iter().enumerate() {
        assert!(
            report.contains("COMPLETED") && report.contains(&format!("Report {n}.")),
            "{report}"
        );
    }
    assert_eq!(agent.server.unmatched(), Vec::<String>::new());
}

#[tokio::test]
async fn the_first_of_several_ends_a_wait() {
    let script = Script::new()
        .turn(parent(
            spawn("never").and_tool_call("spawn_agent", json!({"task": "soon"})),
        ))
        .turn(child("never", Say::silence()))
        .turn(child("soon", Say::text("Here.")))
        .turn(parent(Say::tool_call(
            "wait",
            json!({"agent_ids": ["agent-1", "agent-2"]}),
        )))
        .turn(parent(Say::text("One of two.")));
    let mut agent = Agent::new(script).await;
    agent.session = Session::new(
        client(&agent.server),
        // As OpenAI's models have the tool, over the protocol at hand.
        Arc::new(OpenAiProfile::new(MODEL).with_provider("anthropic")),
        agent.workspace.environment.clone(),
        SessionConfig::new(),
    );
    assert_eq!(run(&mut agent).await.text, "One of two.");
    let report = results(&agent).remove(2);
    assert!(
        report.contains("agent-1: RUNNING") && report.contains("agent-2: COMPLETED"),
        "{report}"
    );
}

#[tokio::test]
async fn a_message_reaches_a_running_subagent_and_wakes_one_that_is_done() {
    let message = |text: &str| {
        Say::tool_call(
            "send_input",
            json!({"agent_id": "agent-1", "message": text}),
        )
    };
    let hears = |text: &str, say: Say| {
        let child = Match::any().system_contains("You are a subagent");
        say.when(child.any_message_contains(text))
    };
    let script = Script::new()
        .turn(parent(spawn("listen")))
        .turn(child("listen", shell("until [ -e go ]; do :; done")))
        .turn(parent(
            message("say blue").and_tool_call("shell", json!({"command": "touch go"})),
        ))
        .turn(hears("say blue", Say::text("Blue.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(message("now green")))
        .turn(hears("now green", Say::text("Green.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::text("Both.")));
    let mut agent = Agent::new(script).await;
    assert_eq!(run(&mut agent).await.text, "Both.");
    let results = results(&agent);
    assert!(
        results[1].contains("after its current round"),
        "{results:?}"
    );
    assert!(
        results[3].contains("turns used: 2)\\n\\nBlue."),
        "{results:?}"
    );
    assert!(results[4].contains("RUNNING again"), "{results:?}");
    assert!(
        results[5].contains("turns used: 3)\\n\\nGreen."),
        "{results:?}"
    );
    assert_eq!(agent.server.unmatched(), Vec::<String>::new());
}

#[tokio::test]
async fn a_failed_subagent_is_told_as_such() {
    let script = Script::new()
        .turn(parent(
            Say::tool_call("spawn_agent", json!({"task": "one turn", "max_turns": 1}))
                .and_tool_call("spawn_agent", json!({"task": "bad request"}))
                .and_tool_call("spawn_agent", json!({"task": "no words"})),
        ))
        .turn(child(
            "one turn",
            shell("echo on it").and_text("I'm looking."),
        ))
        .turn(child("bad request", Say::api_error(400, "no such thing")))
        .turn(child("no words", Say::empty()))
        .turn(parent(
            wait("agent-1")
                .and_tool_call("wait", json!({"agent_id": "agent-2"}))
                .and_tool_call("wait", json!({"agent_id": "agent-3"})),
        ))
        .turn(parent(Say::text("I'll do it myself.")));
    let mut agent = Agent::new(script).await;
    assert_eq!(run(&mut agent).await.stop, StopReason::Completed);
    let last = agent.requests().pop().unwrap();
    let results = tool_results(&last);
    assert!(
        results[3].contains("limit of turns is reached") && results[3].contains("I'm looking."),
        "{results:?}"
    );
    assert!(results[4].contains("no such thing"), "{results:?}");
    assert!(results[5].contains("empty answer"), "{results:?}");
    let errors = blocks(&last)
        .into_iter()
        .filter(|(_, block)| block["is_error"] == true);
    assert_eq!(errors.count(), 3);
}

#[tokio::test]
async fn a_subagent_may_start_in_a_subdirectory_and_nowhere_else() {
    // A link that leads out is outside.
    let outside = tempfile::TempDir::new().unwrap();
    let spawn_in = |directory: &str| json!({"task": "where", "working_dir": directory});
    let script = Script::new()
        .turn(parent(
            Say::tool_call("spawn_agent", spawn_in("src/deep"))
                .and_tool_call("spawn_agent", spawn_in("../elsewhere"))
                .and_tool_call("spawn_agent", spawn_in("missing"))
                .and_tool_call("spawn_agent", spawn_in("link")),
        ))
        .turn(child("where", shell("pwd; cat here.txt")))
        .turn(child("where", Say::text("There.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::text("Known.")));
    let mut agent = Agent::new(script).await;
    agent.workspace.write("src/deep/here.txt", "found\n");
    std::os::unix::fs::symlink(outside.path(), agent.workspace.path().join("link")).unwrap();
    run(&mut agent).await;
    let output = tool_results(&requests_of(&agent, "where")[1]).remove(0);
    assert!(output.contains("/src/deep\\nfound"), "{output}");
    let results = results(&agent);
    assert!(results[1].contains("not below your own"), "{results:?}");
    assert!(
        results[2].contains("no such file or directory"),
        "{results:?}"
    );
    assert!(results[3].contains("not below your own"), "{results:?}");
}

#[tokio::test]
async fn a_subagent_may_have_another_model() {
    let script = Script::new()
        .turn(parent(Say::tool_call(
            "spawn_agent",
            json!({"task": "be quick", "model": "claude-haiku-4-5"}),
        )))
        .turn(child("be quick", Say::text("Quick.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::text("Done.")));
    let mut agent = Agent::new(script).await;
    run(&mut agent).await;
    assert_eq!(
        requests_of(&agent, "be quick")[0]["model"],
        "claude-haiku-4-5"
    );
}

#[tokio::test]
async fn a_wrong_id_is_answered_with_the_right_ones() {
    let script = Script::new()
        .turn(parent(
            wait("agent-1").and_tool_call("spawn_agent", json!({"task": "exist"})),
        ))
        .turn(child("exist", Say::text("I do.")))
        .turn(parent(wait("agent-7")))
        .turn(parent(Say::text("Done.")));
    let mut agent = Agent::new(script).await;
    run(&mut agent).await;
    let results = results(&agent);
    assert!(
        results[0].contains("no subagent agent-1: none was spawned"),
        "{results:?}"
    );
    assert!(
        results[2].contains("the subagents are: agent-1"),
        "{results:?}"
    );
}
