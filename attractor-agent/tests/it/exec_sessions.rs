//! `exec_command` and `write_stdin`: commands that go on between calls.

use std::sync::Arc;

use attractor_agent::{
    Error, ErrorKind, OpenAiProfile, ProviderProfile as _, ToolContext, ToolOutput, ToolRegistry,
};
use attractor_llm::testing::{Script, Turn as Say};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Agent, Workspace};

/// The tools of one session of an agent.
struct Shells {
    tools: ToolRegistry,
    context: ToolContext,
    abort: CancellationToken,
    workspace: Workspace,
}

impl Shells {
    fn new() -> Self {
        let workspace = Workspace::new();
        let abort = CancellationToken::new();
        let context = ToolContext::new(workspace.environment.clone()).with_cancel(abort.clone());
        Self {
            tools: OpenAiProfile::new("m").with_exec_sessions().tools(),
            context,
            abort,
            workspace,
        }
    }

    async fn call(&self, tool: &str, input: Value) -> Result<ToolOutput, Error> {
        let tool = Arc::clone(self.tools.get(tool).unwrap());
        tool.execute(input, &self.context).await
    }

    async fn exec(&self, input: Value) -> ToolOutput {
        self.call("exec_command", input).await.unwrap()
    }

    async fn write(&self, chars: &str) -> ToolOutput {
        self.call(
            "write_stdin",
            json!({"session_id": 1, "chars": chars, "yield_time_ms": 10_000}),
        )
        .await
        .unwrap()
    }

    /// Waits until a command says that it is there.
    async fn wait_for(&self, file: &str) {
        self.workspace
            .run(&format!("until test -e {file}; do sleep 0.01; done"))
            .await;
    }
}

#[tokio::test]
async fn a_command_that_ends_tells_its_output_and_its_exit_code() {
    let shells = Shells::new();
    shells.workspace.write("sub/a", "");
    let output = shells
        .exec(json!({"cmd": "ls; echo no >&2; exit 3", "workdir": "sub"}))
        .await;
    assert!(output.is_error);
    for part in ["Exit code: 3\nOutput:\n", "a\n", "no\n"] {
        assert!(output.text.contains(part), "{}", output.text);
    }
}

#[tokio::test]
async fn a_command_that_goes_on_is_talked_to() {
    let shells = Shells::new();
    let started = shells
        .exec(json!({"cmd": "echo name?; read name; echo hello $name", "yield_time_ms": 0}))
        .await;
    assert!(started.text.contains("Still running as session 1"));
    let ended = shells.write("Ada\n").await;
    assert!(ended.text.contains("Exit code: 0") && ended.text.contains("hello Ada"));
    assert!(!ended.text.contains("name?") || !started.text.contains("name?"));
    let error = shells.call("write_stdin", json!({"session_id": 1})).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_input_can_be_ended_and_the_command_interrupted() {
    let shells = Shells::new();
    let sorting = json!({"cmd": "sort; echo sorted", "yield_time_ms": 0});
    shells.exec(sorting).await;
    let output = shells.write("b\na\n\u{4}").await;
    assert!(output.text.ends_with("a\nb\nsorted\n"), "{}", output.text);

    let shells = Shells::new();
    shells
        .exec(json!({"cmd": "touch up; exec sleep 60", "yield_time_ms": 0}))
        .await;
    shells.wait_for("up").await;
    let output = shells.write("\u{3}").await;
    assert!(output.text.contains("Exit code: 130"), "{}", output.text);
}

/// A script that starts a program in the background has it ignore the interrupt. This very program is
/// started like that, to run the test above.
#[cfg(target_os = "linux")]
#[test]
fn a_host_that_ignores_interrupts_can_interrupt_its_commands() {
    let ignoring = std::process::Command::new("sh")
        .args(["-c", "trap '' INT QUIT; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .arg("--exact")
        .arg("exec_sessions::the_input_can_be_ended_and_the_command_interrupted")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ignoring.stdout);
    assert!(said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn a_program_that_asks_gets_a_terminal() {
    let shells = Shells::new();
    let output = shells
        .exec(json!({"cmd": "test -t 0 && test -t 1 && echo a terminal", "tty": true}))
        .await;
    assert!(output.text.contains("a terminal"), "{}", output.text);
}

#[tokio::test]
async fn output_beyond_what_was_asked_for_is_in_a_file() {
    let shells = Shells::new();
    let output = shells
        .exec(json!({"cmd": "seq 1 5000", "max_output_tokens": 100}))
        .await;
    assert!(output.text.len() < 1_000, "{}", output.text);
    let file = output.text.split("The full output is in ").nth(1).unwrap();
    let file = file.split(':').next().unwrap();
    let whole = std::fs::read_to_string(file).unwrap();
    assert!(whole.starts_with("1\n2\n") && whole.ends_with("4999\n5000\n"));
}

#[tokio::test]
async fn commands_end_with_the_agents_session() {
    let shells = Shells::new();
    let sleeping = json!({"cmd": "echo $$ > pid; touch up; sleep 60", "yield_time_ms": 0});
    shells.exec(sleeping.clone()).await;
    shells.wait_for("up").await;
    let Shells {
        tools, workspace, ..
    } = shells;
    drop(tools);
    ends(&workspace).await;

    let shells = Shells::new();
    shells.exec(sleeping).await;
    shells.wait_for("up").await;
    shells.abort.cancel();
    ends(&shells.workspace).await;
}

#[tokio::test]
async fn commands_end_when_their_session_is_closed() {
    let sleeping = json!({"cmd": "echo $$ > pid; touch up; sleep 60", "yield_time_ms": 0});
    let script = Script::new()
        .turn(Say::tool_call("exec_command", sleeping))
        .turn(Say::text("It runs."));
    let mut agent = Agent::new(script).await;
    let tools = OpenAiProfile::new("m").with_exec_sessions().tools();
    let tool = Arc::clone(tools.get("exec_command").unwrap());
    agent.session.register_tool(tool).unwrap();
    agent.session.submit("go").await.unwrap();
    let up = "while ! test -e up; do sleep 0.01; done";
    assert!(agent.workspace.run(up).await.success());
    agent.session.close();
    ends(&agent.workspace).await;
    let error = agent.session.submit("on").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
}

/// Waits until the process whose number is in `pid` is gone.
async fn ends(workspace: &Workspace) {
    let gone = workspace
        .run("while kill -0 $(cat pid) 2>/dev/null; do sleep 0.01; done; echo gone")
        .await;
    assert_eq!(gone.stdout.text(), "gone\n");
}

#[tokio::test]
async fn each_session_of_the_agent_has_commands_of_its_own() {
    let profile = OpenAiProfile::new("m").with_exec_sessions();
    let shells = Shells::new();
    shells.exec(json!({"cmd": "cat", "yield_time_ms": 0})).await;
    let others = profile.tools();
    let tool = Arc::clone(others.get("write_stdin").unwrap());
    let poll = json!({"session_id": 1, "chars": "x"});
    let error = tool.execute(poll, &shells.context).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(profile.base_prompt().contains("`write_stdin`"));
    assert!(!profile.base_prompt().contains("`shell`"));
}
