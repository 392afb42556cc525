//! The cross-provider parity matrix (coding-agent-loop-spec 9.12): a function for each row, run for
//! each provider over its own protocol.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use attractor_agent::{
    Access, Error, EventKind, Places, SessionConfig, Tool, ToolContext, ToolOutput,
};
use attractor_llm::testing::{Match, Script, Turn as Say};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::{sync::Barrier, time::timeout};

use crate::provider::{Provider, Task};

/// A test for each row and provider.
macro_rules! matrix {
    ($($row:ident),* $(,)?) => {
        matrix!(@provider openai, OpenAi, $($row),*);
        matrix!(@provider anthropic, Anthropic, $($row),*);
        matrix!(@provider gemini, Gemini, $($row),*);
    };
    (@provider $module:ident, $provider:ident, $($row:ident),*) => {
        mod $module {
            use crate::provider::Provider;

            $(
                #[tokio::test]
                async fn $row() {
                    super::$row(Provider::$provider).await;
                }
            )*
        }
    };
}

matrix!(
    a_file_is_created,
    a_file_is_read_and_edited,
    several_files_are_edited_in_one_session,
    a_command_is_run,
    a_command_that_takes_too_long_is_ended,
    files_are_found_by_grep_and_glob,
    a_task_of_several_steps_is_done,
    a_large_file_is_cut_for_the_model_only,
    parallel_calls_run_together,
    a_task_is_steered,
    the_reasoning_effort_changes,
    a_subagent_is_spawned_and_waited_for,
    a_loop_is_detected,
    a_tool_fails_and_the_model_recovers,
    the_providers_own_editing_format_works,
);

fn read(file: &str) -> Say {
    Say::tool_call("read_file", json!({"file_path": file}))
}

fn shell(command: &str) -> Say {
    Say::tool_call("shell", json!({"command": command}))
}

fn script(turns: impl IntoIterator<Item = Say>) -> Script {
    turns.into_iter().chain([Say::text("Done.")]).collect()
}

async fn a_file_is_created(provider: Provider) {
    let script = script([provider.create("src/hello.py", "print('Hello')")]);
    let mut task = Task::new(provider, script).await;
    assert_eq!(task.submit("Create src/hello.py").await, "Done.");
    assert_eq!(task.read("src/hello.py"), "print('Hello')\n");
}

async fn a_file_is_read_and_edited(provider: Provider) {
    let script = script([read("a.py"), provider.edit("a.py", "x = 1", "x = 2")]);
    let mut task = Task::new(provider, script).await;
    task.workspace.write("a.py", "import os\nx = 1\ny = 3\n");
    task.submit("Make x two").await;
    assert_eq!(task.read("a.py"), "import os\nx = 2\ny = 3\n");
    assert!(task.results()[0].contains("2 | x = 1"));
}

async fn several_files_are_edited_in_one_session(provider: Provider) {
    let edits = ["a.txt", "b.txt", "c.txt"].map(|file| provider.edit(file, "old", "new"));
    let [first, second, third] = edits;
    let turns = [first, Say::text("One."), second, third];
    let mut task = Task::new(provider, script(turns)).await;
    for file in ["a.txt", "b.txt", "c.txt"] {
        task.workspace.write(file, "top\nold\nend\n");
    }
    assert_eq!(task.submit("Renew a").await, "One.");
    assert_eq!(task.submit("And the others").await, "Done.");
    for file in ["a.txt", "b.txt", "c.txt"] {
        assert_eq!(task.read(file), "top\nnew\nend\n");
    }
}

async fn a_command_is_run(provider: Provider) {
    let mut task = Task::new(provider, script([shell("echo out; echo err >&2; exit 3")])).await;
    task.submit("Run it").await;
    let shown = &task.results()[0];
    for part in ["out", "err", "Exit code: 3"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(task.calls()[0].tool, "shell");
}

async fn a_command_that_takes_too_long_is_ended(provider: Provider) {
    let sleep = json!({"command": "echo begun; sleep 30", "timeout_ms": 2_000});
    let mut task = Task::new(provider, script([Say::tool_call("shell", sleep)])).await;
    let done = timeout(Duration::from_secs(20), task.submit("Wait")).await;
    assert_eq!(done.unwrap(), "Done.");
    let shown = &task.results()[0];
    for part in ["begun", "timed out after 2000ms", "timeout_ms"] {
        assert!(shown.contains(part), "{shown}");
    }
}

async fn files_are_found_by_grep_and_glob(provider: Provider) {
    let both = Say::tool_call(
        "grep",
        json!({"pattern": "fn \\w+_total", "glob_filter": "*.rs"}),
    )
    .and_tool_call("glob", json!({"pattern": "**/*.rs"}));
    let mut task = Task::new(provider, script([both])).await;
    task.workspace.write("src/sum.rs", "\nfn the_total() {}\n");
    task.workspace.write("src/other.rs", "fn total() {}\n");
    task.workspace.write("notes.txt", "fn a_total\n");
    task.submit("Where are totals?").await;
    let results = task.results();
    assert!(
        results[0].contains("src/sum.rs:2:fn the_total() {}"),
        "{results:?}"
    );
    assert!(!results[0].contains("other.rs") && !results[0].contains("notes.txt"));
    assert!(results[1].contains("src/sum.rs") && results[1].contains("src/other.rs"));
    assert!(!results[1].contains("notes.txt"), "{results:?}");
}

async fn a_task_of_several_steps_is_done(provider: Provider) {
    let script = script([
        Say::tool_call("grep", json!({"pattern": "fn add"})),
        read("add.sh").when(Match::any().last_message_contains("add.sh:1")),
        provider
            .edit("add.sh", "echo $(($1 - $2))", "echo $(($1 + $2))")
            .when(Match::any().last_message_contains("$1 - $2")),
        shell("sh add.sh 2 3").when(Match::any().tool_results(3)),
    ]);
    let mut task = Task::new(provider, script).await;
    task.workspace
        .write("add.sh", "# fn add\necho $(($1 - $2))\n");
    task.submit("add.sh is wrong").await;
    assert_eq!(task.read("add.sh"), "# fn add\necho $(($1 + $2))\n");
    let results = task.results();
    assert!(
        results[3].contains('5') && results[3].contains("Exit code: 0"),
        "{results:?}"
    );
}

async fn a_large_file_is_cut_for_the_model_only(provider: Provider) {
    let mut task = Task::new(provider, script([read("big.txt")])).await;
    task.workspace.write("big.txt", "x".repeat(100_000));
    task.submit("Read big.txt").await;
    let shown = &task.results()[0];
    assert!(
        shown.contains("[WARNING: Tool output was truncated."),
        "{shown}"
    );
    assert!(shown.len() < 52_000, "{}", shown.len());
    let whole = &task.calls()[0].output;
    assert!(whole.matches('x').count() == 100_000);
}

/// Returns only when another call is running at the same time.
#[derive(Debug)]
struct Meet(Barrier);

#[async_trait]
impl Tool for Meet {
    fn name(&self) -> &str {
        "meet"
    }
    fn description(&self) -> &str {
        "Meets another call."
    }
    fn parameters(&self) -> Value {
        json!({"type": "object", "properties": {"name": {"type": "string"}}})
    }
    fn access(&self, _: &Value) -> Access {
        Access::Reads(Places::nowhere())
    }
    async fn execute(&self, arguments: Value, _: &ToolContext) -> Result<ToolOutput, Error> {
        self.0.wait().await;
        Ok(ToolOutput::text(arguments["name"].as_str().unwrap()))
    }
}

async fn parallel_calls_run_together(provider: Provider) {
    let both = Say::tool_call("meet", json!({"name": "ada"}))
        .and_tool_call("meet", json!({"name": "bob"}));
    let mut task = Task::new(provider, script([both])).await;
    let meet = Arc::new(Meet(Barrier::new(2)));
    task.session.register_tool(meet).unwrap();
    let done = timeout(Duration::from_secs(20), task.submit("Meet")).await;
    assert_eq!(done.unwrap(), "Done.");
    let results = task.results();
    assert!(
        results[0].contains("ada") && results[1].contains("bob"),
        "{results:?}"
    );
}

async fn a_task_is_steered(provider: Provider) {
    let script = Script::new()
        .turn(shell("until test -e steered; do sleep 0.01; done"))
        .turn(Say::text("As you wish.").when(Match::any().any_message_contains("use b")));
    let mut task = Task::new(provider, script).await;
    let (handle, mut events) = (task.session.handle(), task.session.events());
    let steered = task.workspace.path().join("steered");
    let steer = async {
        while let Some(event) = events.next().await {
            if matches!(event.kind, EventKind::ToolCallStart { .. }) {
                handle.steer("use b").unwrap();
                return std::fs::write(steered, "").unwrap();
            }
        }
    };
    let (done, ()) = tokio::join!(task.submit("go"), steer);
    assert_eq!(done, "As you wish.");
    let injected = |kind: &EventKind| matches!(kind, EventKind::SteeringInjected { .. });
    assert_eq!(
        task.events().iter().filter(|kind| injected(kind)).count(),
        1
    );
}

async fn the_reasoning_effort_changes(provider: Provider) {
    let script = Script::new().turn(Say::text("Ok.").repeat());
    let config = SessionConfig::new().reasoning_effort("low");
    let mut task = Task::with(provider, script, config).await;
    task.submit("first").await;
    for effort in [Some("medium"), Some("high"), None] {
        let effort = effort.map(str::to_owned);
        task.session.handle().set_reasoning_effort(effort);
        task.submit("next").await;
    }
    let requests = task.requests();
    let efforts: Vec<_> = requests
        .iter()
        .map(|request| provider.effort(request))
        .collect();
    assert_eq!(efforts, [Some("low"), Some("medium"), Some("high"), None]);
}

async fn a_subagent_is_spawned_and_waited_for(provider: Provider) {
    let spawn = json!({"task": "Write the tests"});
    let parent = |results| {
        Match::any()
            .any_message_contains("Have tests")
            .tool_results(results)
    };
    let child = |results| {
        Match::any()
            .any_message_contains("Write the tests")
            .tool_results(results)
    };
    let script = Script::new()
        .turn(Say::tool_call("spawn_agent", spawn).when(parent(0)))
        .turn(Say::tool_call("wait", json!({"agent_id": "agent-1"})).when(parent(1)))
        .turn(Say::text("They are good.").when(parent(2)))
        .turn(provider.create("test_a.py", "assert True").when(child(0)))
        .turn(Say::text("One test, it passes.").when(child(1)));
    let mut task = Task::new(provider, script).await;
    assert_eq!(task.submit("Have tests written").await, "They are good.");
    assert_eq!(task.read("test_a.py"), "assert True\n");
    let calls = task.calls();
    assert_eq!(
        calls
            .iter()
            .map(|call| call.tool.as_str())
            .collect::<Vec<_>>(),
        ["spawn_agent", "wait"]
    );
    assert!(
        calls[1].output.contains("One test, it passes."),
        "{calls:?}"
    );
}

async fn a_loop_is_detected(provider: Provider) {
    let again = Match::any().any_message_contains("repeat");
    let script = Script::new()
        .turn(Say::text("Another way, then.").when(again))
        .turn(shell("true").repeat());
    let mut task = Task::new(provider, script).await;
    assert_eq!(task.submit("go").await, "Another way, then.");
    assert_eq!(task.results().len(), 10);
    let detected = |kind: &EventKind| matches!(kind, EventKind::LoopDetection { .. });
    assert!(task.events().iter().any(detected));
}

async fn a_tool_fails_and_the_model_recovers(provider: Provider) {
    let script = Script::new()
        .turn(provider.edit("a.txt", "colour = red", "colour = blue"))
        .turn(read("a.txt").when(Match::any().tool_results(1)))
        .turn(
            provider
                .edit("a.txt", "color = red", "color = blue")
                .when(Match::any().last_message_contains("color = red")),
        )
        .turn(Say::text("Done.").when(Match::any().tool_results(3)));
    let mut task = Task::new(provider, script).await;
    task.workspace.write("a.txt", "size = 1\ncolor = red\n");
    task.submit("Paint it blue").await;
    assert_eq!(task.read("a.txt"), "size = 1\ncolor = blue\n");
    let failed: Vec<bool> = task.calls().into_iter().map(|call| call.is_error).collect();
    assert_eq!(failed, [true, false, false]);
}

async fn the_providers_own_editing_format_works(provider: Provider) {
    let call = match provider {
        Provider::OpenAi => Say::tool_call("apply_patch", json!({"patch": PATCH})),
        Provider::Anthropic | Provider::Gemini => {
            let edit = |old: &str, new: &str, all: bool| json!({"file_path": "main.py", "old_string": old, "new_string": new, "replace_all": all});
            Say::tool_call(
                "edit_file",
                edit("def b():\n    pass", "def b():\n    return 2", false),
            )
            .and_tool_call("edit_file", edit("import os\n", "import sys\n", true))
            .and_tool_call("edit_file", edit("pass", "return 1", false))
        }
    };
    let mut task = Task::new(provider, script([call])).await;
    let before = "import os\ndef a():\n    pass\n\ndef b():\n    pass\n";
    task.workspace.write("main.py", before);
    task.submit("Fill them in").await;
    let after = "import sys\ndef a():\n    return 1\n\ndef b():\n    return 2\n";
    let requests = task.requests();
    let offered = provider.tools(&requests[0]);
    if provider == Provider::OpenAi {
        assert_eq!(task.read("app.py"), after);
        assert!(!task.workspace.path().join("main.py").exists());
        assert!(!offered.contains(&"edit_file"));
    } else {
        assert_eq!(task.read("main.py"), after);
        assert!(!offered.contains(&"apply_patch"));
    }
}

/// Several hunks, stacked context, a move.
const PATCH: &str = "*** Begin Patch
*** Update File: main.py
*** Move to: app.py
@@
-import os
+import sys
 def a():
-    pass
+    return 1
@@ def b():
-    pass
+    return 2
*** End Patch";
