//! `tool_hooks.pre` and `tool_hooks.post`: shell commands around every tool call of a stage's
//! model (attractor-spec 9.7).

use std::collections::BTreeMap;

use attractor_core::{HookKind, StageContext, StageProgress};
use attractor_llm::ToolCall;
use serde_json::{Value, json};

use crate::{
    environment::{ExecCommand, ExecResult},
    error::Error,
    limits,
    tool::{ToolContext, summarise},
};

/// The hooks of a stage: its node's, else its graph's.
#[derive(Debug)]
pub(super) struct ToolHooks {
    pre: Option<String>,
    post: Option<String>,
}

impl ToolHooks {
    pub(super) fn of(stage: &StageContext) -> Self {
        let command = |name: &str| {
            let own = stage.node().attr(name);
            let command = own.or_else(|| stage.graph().attrs().attr(name))?;
            let command = command.to_string();
            (!command.trim().is_empty()).then_some(command)
        };
        Self {
            pre: command("tool_hooks.pre"),
            post: command("tool_hooks.post"),
        }
    }

    /// Runs the hook before a call; why the call isn't to be executed, if it fails.
    pub(super) async fn before(
        &self,
        stage: &StageContext,
        call: &ToolCall,
        context: &ToolContext,
    ) -> Result<(), String> {
        let Some(command) = &self.pre else {
            return Ok(());
        };
        let hook = Hook::new(HookKind::Pre, command, stage, call);
        match hook.run(json!({}), context).await {
            None => Ok(()),
            Some(reason) => Err(format!("the pipeline's pre-hook refused it: {reason}")),
        }
    }

    /// Runs the hook after a call; its failure is only recorded.
    pub(super) async fn after(
        &self,
        stage: &StageContext,
        call: &ToolCall,
        output: &str,
        is_error: bool,
        context: &ToolContext,
    ) {
        if let Some(command) = &self.post {
            let result = json!({ "output": output, "is_error": is_error });
            let hook = Hook::new(HookKind::Post, command, stage, call);
            hook.run(result, context).await;
        }
    }
}

/// A hook about to run for a call.
struct Hook<'a> {
    kind: HookKind,
    command: &'a str,
    stage: &'a StageContext,
    call: &'a ToolCall,
}

impl<'a> Hook<'a> {
    fn new(kind: HookKind, command: &'a str, stage: &'a StageContext, call: &'a ToolCall) -> Self {
        Self {
            kind,
            command,
            stage,
            call,
        }
    }

    /// Runs the command with the call, and what came of it, as JSON; what was wrong, if anything.
    async fn run(&self, result: Value, context: &ToolContext) -> Option<String> {
        let began = tokio::time::Instant::now();
        let ended = self.execute(result, context).await;
        let failure = match &ended {
            Ok(result) => problem(result),
            Err(error) => Some(error.to_string()),
        };
        self.stage
            .progress()
            .send(StageProgress::ToolHookCompleted {
                hook: self.kind,
                call_id: self.call.id.clone(),
                tool: self.call.name.clone(),
                exit_code: ended.ok().map(|result| result.exit_code),
                error: failure.clone(),
                duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            });
        failure
    }

    async fn execute(&self, result: Value, context: &ToolContext) -> Result<ExecResult, Error> {
        let about = self.about(result).to_string();
        let environment = context.environment();
        let directory = environment.scratch_directory().await?;
        let file = format!("{directory}/hook-{:016x}.json", rand::random::<u64>());
        environment.write_file(&file, about.as_bytes()).await?;
        // An environment's commands have no standard input of their own; the file goes with the
        // command, which has it open by then.
        let (command, file) = (self.command, quoted(&file));
        let command = format!("exec <{file}\nrm -f {file}\n{command}\n");
        let command = ExecCommand::new(command, limits::HOOK_TIMEOUT)
            .variables(self.variables(&about, context))
            .cancel(context.cancel().clone())
            .cancel_grace(context.cancel_grace());
        environment.exec_command(command).await
    }

    /// The tool call, and what came of it.
    fn about(&self, result: Value) -> Value {
        let mut about = json!({
            "hook": self.kind,
            "run_id": self.stage.run_id(),
            "node": self.stage.node().id().as_str(),
            "call_id": self.call.id,
            "tool": self.call.name,
            "arguments": self.call.arguments,
        });
        if let (Value::Object(about), Value::Object(result)) = (&mut about, result) {
            about.extend(result);
        }
        about
    }

    fn variables(&self, about: &str, context: &ToolContext) -> BTreeMap<String, String> {
        let mut variables = context.variables().clone();
        let mut set = |name: &str, value: &str| {
            variables.insert(name.to_owned(), value.replace('\0', ""));
        };
        set("ATTRACTOR_TOOL_HOOK", self.kind.as_str());
        set("ATTRACTOR_TOOL_NAME", &self.call.name);
        set("ATTRACTOR_TOOL_CALL_ID", &self.call.id);
        // The system limits the size of a variable; standard input has it all.
        if about.len() <= limits::HOOK_VARIABLE_BYTES {
            set("ATTRACTOR_TOOL_CALL", about);
        }
        variables
    }
}

/// What was wrong with a hook, in a line.
fn problem(result: &ExecResult) -> Option<String> {
    if result.timed_out {
        let limit = limits::HOOK_TIMEOUT.as_secs();
        return Some(format!("it took more than {limit} s"));
    }
    if result.cancelled {
        return Some("it was cancelled".to_owned());
    }
    if result.exit_code == 0 {
        return None;
    }
    let said = [result.stderr.text(), result.stdout.text()];
    let said = said.iter().find(|text| !text.trim().is_empty());
    let said = said.map_or_else(String::new, |text| format!(": {}", summarise(text)));
    Some(format!("exit code {}{said}", result.exit_code))
}

fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}
