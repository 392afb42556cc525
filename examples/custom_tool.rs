//! A tool of one's own on top of a profile: the project's tests, by name, with an answer made for
//! a model. The agent uses it to mend a program.
//!
//! With a key in the environment it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::{error::Error, fs, sync::Arc, time::Duration};

use attractor_agent::{
    Access, EventKind, ExecCommand, LocalEnvironment, Places, Session, SessionConfig, Tool,
    ToolContext, ToolOutput, async_trait,
};
use attractor_llm::testing::{Script, Turn};
use serde_json::{Value, json};

#[derive(Debug)]
struct RunTests;

#[async_trait]
impl Tool for RunTests {
    fn name(&self) -> &str {
        "run_tests"
    }

    fn description(&self) -> &str {
        "Run the project's test suite. Returns the tests that failed, or that all passed."
    }

    fn parameters(&self) -> Value {
        let filter = json!({"type": "string", "description": "Part of a test's name"});
        json!({"type": "object", "properties": {"filter": filter}})
    }

    /// Tests change nothing: they may run beside other calls that don't.
    fn access(&self, _: &Value) -> Access {
        Access::Reads(Places::Anywhere)
    }

    async fn execute(
        &self,
        input: Value,
        context: &ToolContext,
    ) -> Result<ToolOutput, attractor_agent::Error> {
        let filter = input["filter"].as_str().unwrap_or_default();
        let command = ExecCommand::new("sh tests.sh \"$FILTER\"", Duration::from_secs(60))
            .variable("FILTER", filter)
            .cancel(context.cancel().clone())
            .output(context.output().clone());
        let result = context.environment().exec_command(command).await?;
        Ok(match result.success() {
            true => ToolOutput::text("All tests passed."),
            false => ToolOutput::error(result.stdout.text()),
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mend = json!({"file_path": "add.sh", "old_string": "-", "new_string": "+"});
    let script = Script::new()
        .turn(Turn::tool_call("run_tests", json!({"filter": "add"})))
        .turn(Turn::tool_call("edit_file", mend))
        .turn(Turn::tool_call("run_tests", json!({})))
        .turn(Turn::text("add.sh subtracted; now it adds."));
    let model = attractor_examples::model(script).await?;

    let project = tempfile::tempdir()?;
    fs::write(project.path().join("add.sh"), "echo $(($1 - $2))\n")?;
    let test = "[ $(sh add.sh 2 3) = 5 ] || { echo 'FAILED add: 2 + 3 is not 5'; exit 1; }\n";
    fs::write(project.path().join("tests.sh"), test)?;
    let environment = Arc::new(LocalEnvironment::new(project.path())?);
    let mut session = Session::new(
        model.client,
        model.profile,
        environment,
        SessionConfig::new(),
    );
    session.register_tool(Arc::new(RunTests))?;

    let mut events = session.events();
    let done = session
        .submit("Make the tests pass; use run_tests.")
        .await?;
    while let Some(event) = events.try_next() {
        if let EventKind::ToolCallEnd {
            tool_name, output, ..
        } = event.kind
        {
            println!("[{tool_name}] {}", output.trim_end());
        }
    }
    println!("{}", done.text);
    Ok(())
}
