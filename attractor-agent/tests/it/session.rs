//! The loop over real HTTP: from the input to the last answer.

use std::sync::Arc;

use async_trait::async_trait;
use attractor_agent::{
    Access, Error, ErrorKind, EventKind, Places, SessionConfig, SessionState, StopReason, Tool,
    ToolContext, ToolOutput, Turn,
};
use attractor_llm::testing::{Script, Turn as Say};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::{Agent, blocks, tool_results};

fn shell(command: &str) -> Say {
    Say::tool_call("shell", json!({"command": command}))
}

#[tokio::test]
async fn a_file_is_read_edited_and_tested() {
    let script = Script::new()
        .turn(Say::tool_call("read_file", json!({"file_path": "add.sh"})).and_text("I'll look."))
        .turn(Say::tool_call(
            "edit_file",
            json!({"file_path": "add.sh", "old_string": "$1 - $2", "new_string": "$1 + $2"}),
        ))
        .turn(shell("sh add.sh 2 3"))
        .turn(Say::text("Fixed: it prints 5."));
    let mut agent = Agent::new(script).await;
    agent.workspace.write("add.sh", "echo $(($1 - $2))\n");
    let done = agent.session.submit("fix add.sh").await.unwrap();
    assert_eq!(
        (done.text.as_str(), done.stop, done.responses),
        ("Fixed: it prints 5.", StopReason::Completed, 4)
    );
    assert_eq!(agent.workspace.read("add.sh"), b"echo $(($1 + $2))\n");
    assert_eq!(agent.session.state(), SessionState::Idle);
    let last = agent.requests().pop().unwrap();
    assert!(
        tool_results(&last)[2].contains("5\\nExit code: 0"),
        "{last}"
    );
    agent.check();
}

#[tokio::test]
async fn events_bracket_what_happens() {
    let script = Script::new()
        .turn(shell("echo hi"))
        .turn(Say::text("Done."));
    let mut agent = Agent::new(script).await;
    agent.session.submit("say hi").await.unwrap();
    agent.session.close();
    assert_eq!(
        agent.event_names(),
        [
            "SESSION_START",
            "USER_INPUT",
            "MODEL_REQUEST",
            "ASSISTANT_TEXT_START",
            "ASSISTANT_TEXT_END",
            "TOOL_CALL_START",
            "TOOL_CALL_END",
            "MODEL_REQUEST",
            "ASSISTANT_TEXT_START",
            "ASSISTANT_TEXT_END",
            "PROCESSING_END",
            "SESSION_END",
        ]
    );
    assert_eq!(agent.session.state(), SessionState::Closed);
    assert!(agent.session.submit("more").await.is_err());
}

#[tokio::test]
async fn text_and_tool_output_arrive_in_pieces() {
    let script = Script::new()
        .turn(shell("echo one"))
        .turn(Say::text("A longer answer in several pieces.").delta_chars(5));
    let mut agent = Agent::new(script).await;
    agent.session.submit("go").await.unwrap();
    let (mut text, mut output) = (String::new(), String::new());
    for event in agent.events() {
        match event {
            EventKind::AssistantTextDelta { delta } => text.push_str(&delta),
            EventKind::ToolCallOutputDelta { delta, .. } => output.push_str(&delta),
            _ => {}
        }
    }
    assert_eq!(
        (text.as_str(), output.as_str()),
        ("A longer answer in several pieces.", "one\n")
    );
}

#[tokio::test]
async fn the_model_is_told_what_is_wrong_with_its_calls() {
    let script = Script::new()
        .turn(
            Say::tool_call("teleport", json!({}))
                .and_tool_call("read_file", json!({"path": "x"}))
                .and_raw_tool_call("shell", "{\"command\": \"rm -rf"),
        )
        .turn(Say::text("Sorry."));
    let mut agent = Agent::new(script).await;
    agent.session.submit("go").await.unwrap();
    let results = tool_results(&agent.requests()[1]);
    assert!(
        results[0].contains("Unknown tool: teleport. The tools are: read_file, write_file"),
        "{results:?}"
    );
    assert!(
        results[1].contains("invalid arguments for read_file") && results[1].contains("file_path"),
        "{results:?}"
    );
    assert!(results[2].contains("was not executed"), "{results:?}");
    agent.check();
}

#[tokio::test]
async fn a_call_cut_off_by_the_token_limit_is_not_executed() {
    let script = Script::new()
        .turn(shell("touch must-not-exist").finish_reason("length"))
        .turn(Say::text("Shorter now."));
    let mut agent = Agent::new(script).await;
    agent.session.submit("go").await.unwrap();
    assert!(!agent.workspace.path().join("must-not-exist").exists());
    agent.check();
}

#[derive(Debug)]
struct Panics;

#[async_trait]
impl Tool for Panics {
    fn name(&self) -> &str {
        "panics"
    }
    fn description(&self) -> &str {
        "Panics."
    }
    fn parameters(&self) -> Value {
        json!({"type": "object"})
    }
    async fn execute(&self, _: Value, _: &ToolContext) -> Result<ToolOutput, Error> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_panic_in_a_tool_is_an_error_for_the_model() {
    let script = Script::new()
        .turn(Say::tool_call("panics", json!({})))
        .turn(Say::text("Hm."));
    let mut agent = Agent::new(script).await;
    agent.session.register_tool(Arc::new(Panics)).unwrap();
    assert_eq!(agent.session.submit("go").await.unwrap().text, "Hm.");
    assert!(tool_results(&agent.requests()[1])[0].contains("internal error"));
    agent.check();
}

/// Succeeds only when two calls run at the same time.
#[derive(Debug)]
struct Meets(Barrier);

#[async_trait]
impl Tool for Meets {
    fn name(&self) -> &str {
        "meets"
    }
    fn description(&self) -> &str {
        "Waits for another call."
    }
    fn parameters(&self) -> Value {
        json!({"type": "object"})
    }
    fn access(&self, _: &Value) -> Access {
        Access::Reads(Places::Anywhere)
    }
    async fn execute(&self, arguments: Value, _: &ToolContext) -> Result<ToolOutput, Error> {
        self.0.wait().await;
        Ok(ToolOutput::text(arguments["n"].to_string()))
    }
}

#[tokio::test]
async fn calls_that_change_nothing_run_together_and_answer_in_order() {
    let both = Say::tool_call("meets", json!({"n": 1})).and_tool_call("meets", json!({"n": 2}));
    let mut agent = Agent::new(Script::new().turn(both).turn(Say::text("Met."))).await;
    agent
        .session
        .register_tool(Arc::new(Meets(Barrier::new(2))))
        .unwrap();
    agent.session.submit("go").await.unwrap();
    let results = tool_results(&agent.requests()[1]);
    assert!(
        results[0].contains('1') && results[1].contains('2'),
        "{results:?}"
    );
}

/// Writes a file of its own; all calls of a message must be at work before one may end.
#[derive(Debug)]
struct WritesTogether(Barrier);

#[async_trait]
impl Tool for WritesTogether {
    fn name(&self) -> &str {
        "writes"
    }
    fn description(&self) -> &str {
        "Writes a file."
    }
    fn parameters(&self) -> Value {
        json!({"type": "object"})
    }
    fn access(&self, arguments: &Value) -> Access {
        Access::Writes(Places::argument(arguments, "path"))
    }
    async fn execute(&self, arguments: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        self.0.wait().await;
        let path = arguments["path"].as_str().unwrap();
        context.environment().write_file(path, b"written").await?;
        Ok(ToolOutput::text(path))
    }
}

#[tokio::test]
async fn calls_that_write_different_files_run_together() {
    let call = |path: &str| json!({"path": path});
    let both = Say::tool_call("writes", call("a")).and_tool_call("writes", call("b"));
    let mut agent = Agent::new(Script::new().turn(both).turn(Say::text("Done."))).await;
    let tool = WritesTogether(Barrier::new(2));
    agent.session.register_tool(Arc::new(tool)).unwrap();
    agent.session.submit("go").await.unwrap();
    assert_eq!(tool_results(&agent.requests()[1]), ["\"a\"", "\"b\""]);
    agent.check();
}

#[tokio::test]
async fn two_edits_of_one_file_in_one_message_both_count() {
    let edit =
        |old: &str, new: &str| json!({"file_path": "a.txt", "old_string": old, "new_string": new});
    let mut both =
        Say::tool_call("edit_file", edit("one", "1")).and_tool_call("edit_file", edit("two", "2"));
    both = both.and_tool_call("read_file", json!({"file_path": "./a.txt"}));
    let mut agent = Agent::new(Script::new().turn(both).turn(Say::text("Done."))).await;
    agent.workspace.write("a.txt", "one two");
    agent.session.submit("go").await.unwrap();
    assert_eq!(agent.workspace.read("a.txt"), b"1 2");
    let read = tool_results(&agent.requests()[1]).remove(2);
    assert!(
        read.contains("1 2"),
        "what is read after an edit is edited: {read}"
    );
}

#[tokio::test]
async fn the_model_sees_cut_output_and_the_host_all_of_it() {
    let script = Script::new()
        .turn(shell("seq 1 20000"))
        .turn(Say::text("Long."));
    let mut agent = Agent::new(script).await;
    agent.session.submit("go").await.unwrap();
    let shown = tool_results(&agent.requests()[1]).remove(0);
    assert!(
        shown.len() < 32_000 && shown.contains("Tool output was truncated"),
        "{shown}"
    );
    let full = agent.events().into_iter().find_map(|event| match event {
        EventKind::ToolCallEnd { output, .. } => Some(output),
        _ => None,
    });
    let full = full.unwrap();
    let all: String = (1..=20_000)
        .map(|n| {
            format!(
                "{n}
"
            )
        })
        .collect();
    assert!(full.starts_with(&all));
    let file = shown
        .split("The full output is in ")
        .nth(1)
        .unwrap()
        .split(": read")
        .next()
        .unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), *full);
}

#[tokio::test]
async fn any_tool_s_whole_output_is_in_a_file_that_the_model_can_read() {
    let script = Script::new()
        .turn(Say::tool_call("read_file", json!({"file_path": "big.txt"})))
        .turn(Say::text("Long."));
    let mut agent = Agent::new(script).await;
    agent.workspace.write("big.txt", "é".repeat(100_000));
    agent.session.submit("go").await.unwrap();
    let shown = tool_results(&agent.requests()[1]).remove(0);
    assert!(
        shown.contains("characters were removed from the middle"),
        "{shown}"
    );
    let file = shown.split("The full output is in ").nth(1).unwrap();
    let file = file.split(": read").next().unwrap();
    let whole = agent.workspace.environment.read_file(file).await.unwrap();
    assert_eq!(whole, format!("1 | {}\n", "é".repeat(100_000)).as_bytes());
}

#[tokio::test]
async fn an_image_reaches_the_model() {
    let script = Script::new()
        .turn(Say::tool_call("read_file", json!({"file_path": "dot.png"})))
        .turn(Say::text("A dot."));
    let mut agent = Agent::new(script).await;
    agent.workspace.write("dot.png", b"\x89PNG\r\n\x1a\nrest");
    agent.session.submit("look").await.unwrap();
    assert!(agent.requests()[1].to_string().contains("image/png"));
    agent.check();
}

#[tokio::test]
async fn several_inputs_continue_one_conversation() {
    let script = Script::new()
        .turn(Say::text("One."))
        .turn(Say::text("Which one?"))
        .turn(Say::text("Ok."));
    let mut agent = Agent::new(script).await;
    agent.session.submit("first").await.unwrap();
    agent.session.submit("second").await.unwrap();
    assert_eq!(agent.session.state(), SessionState::AwaitingInput);
    agent.session.submit("the left one").await.unwrap();
    assert_eq!(agent.session.state(), SessionState::Idle);
    let turns = agent.session.history().iter();
    let inputs: Vec<_> = turns
        .filter(|turn| matches!(turn, Turn::User { .. }))
        .collect();
    assert_eq!(inputs.len(), 3);
    agent.check();
}

#[tokio::test]
async fn an_empty_answer_does_not_poison_the_conversation() {
    let mut agent = Agent::new(Script::new().turn(Say::empty()).turn(Say::text("Here."))).await;
    assert_eq!(agent.session.submit("hello").await.unwrap().text, "");
    assert_eq!(agent.session.submit("hello?").await.unwrap().text, "Here.");
    agent.check();
}

#[tokio::test]
async fn thinking_is_sent_back_as_it_came() {
    let script = Script::new()
        .turn(
            Say::thinking("I should look.", "c2lnbmF0dXJl")
                .and_tool_call("shell", json!({"command": "ls"})),
        )
        .turn(Say::text("Empty."));
    let mut agent = Agent::new(script).await;
    agent.session.submit("look").await.unwrap();
    let requests = agent.requests();
    let thinking = blocks(&requests[1])
        .into_iter()
        .find(|(_, block)| block["type"] == "thinking");
    assert_eq!(thinking.unwrap().1["signature"], "c2lnbmF0dXJl");
}

#[tokio::test]
async fn the_reasoning_effort_can_change_between_two_calls() {
    let script = Script::new()
        .turn(Say::text("One."))
        .turn(Say::text("Two."));
    let mut agent = Agent::with(script, SessionConfig::new().reasoning_effort("low")).await;
    agent.session.submit("first").await.unwrap();
    agent
        .session
        .handle()
        .set_reasoning_effort(Some("high".to_owned()));
    agent.session.submit("second").await.unwrap();
    let requests = agent.requests();
    assert_ne!(
        (&requests[0]["thinking"], &requests[0]["output_config"]),
        (&requests[1]["thinking"], &requests[1]["output_config"])
    );
}

#[tokio::test]
async fn variables_of_the_session_reach_its_commands() {
    let script = Script::new()
        .turn(shell("echo \"[$ATTRACTOR_RUN_ID]\""))
        .turn(Say::text("Seen."));
    let config = SessionConfig::new().variable("ATTRACTOR_RUN_ID", "run-7");
    let mut agent = Agent::with(script, config).await;
    agent.session.submit("go").await.unwrap();
    assert!(tool_results(&agent.requests()[1])[0].contains("[run-7]"));
}

#[tokio::test]
async fn a_session_sets_its_own_output_limits() {
    let script = Script::new()
        .turn(shell("seq 1 100"))
        .turn(Say::text("Short."));
    let config = SessionConfig::new()
        .tool_output_limit("shell", 200)
        .tool_line_limit("shell", 4);
    let mut agent = Agent::with(script, config).await;
    agent.session.submit("go").await.unwrap();
    let shown = tool_results(&agent.requests()[1]).remove(0);
    assert!(
        shown.starts_with("\"1\\n2\\n[WARNING") && shown.len() < 500,
        "{shown}"
    );
}

#[tokio::test]
async fn output_beyond_memory_is_named_by_its_one_file() {
    let command = "head -c 3000000 /dev/zero | tr '\\0' x";
    let mut agent = Agent::new(Script::new().turn(shell(command)).turn(Say::text("Much."))).await;
    agent.session.submit("go").await.unwrap();
    let shown = tool_results(&agent.requests()[1]).remove(0);
    let file = shown
        .split("The full output is in ")
        .nth(1)
        .unwrap()
        .split(": read")
        .next()
        .unwrap();
    assert_eq!(std::fs::metadata(file).unwrap().len(), 3_000_000);
}

#[tokio::test]
async fn a_message_without_content_is_refused() {
    let mut agent = Agent::new(Script::new()).await;
    let error = agent.session.submit(" \n").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(agent.session.state(), SessionState::Idle);
}
