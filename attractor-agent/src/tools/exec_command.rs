//! `exec_command`: a command that may go on running after the call.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    arguments,
    exec_sessions::{ExecSessions, Turn, shared_parameters, wait},
};
use crate::{
    environment::ExecCommand,
    error::Error,
    limits,
    tool::{Tool, ToolContext, ToolOutput, summarise},
};

/// Runs a command and returns what it wrote, or the number of the session in which it goes on:
/// codex's own tool, offered in the place of `shell` by
/// [`OpenAiProfile::with_exec_sessions`](crate::OpenAiProfile::with_exec_sessions).
#[derive(Debug, Clone)]
pub(crate) struct ExecCommandTool {
    sessions: ExecSessions,
}

impl ExecCommandTool {
    pub(super) fn new(sessions: ExecSessions) -> Self {
        Self { sessions }
    }
}

#[derive(Debug, Deserialize)]
struct Arguments {
    cmd: String,
    workdir: Option<String>,
    #[serde(default)]
    tty: bool,
    yield_time_ms: Option<u64>,
    max_output_tokens: Option<u64>,
}

#[async_trait]
impl Tool for ExecCommandTool {
    fn name(&self) -> &str {
        "exec_command"
    }

    fn description(&self) -> &str {
        "Run a shell command and return its output, or a session number if it is still running. A \
         command in a session goes on in the background; talk to it or look at it again with \
         write_stdin. Every call starts a new shell in the working directory."
    }

    fn parameters(&self) -> Value {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "cmd": {"type": "string", "description": "The command to run"},
                "workdir": {
                    "type": "string",
                    "description": "Directory to run it in (default: the working directory)"
                },
                "tty": {
                    "type": "boolean",
                    "description": "Whether to give it a terminal, for programs that want one \
                                    (default false)"
                }
            },
            "required": ["cmd"],
            "additionalProperties": false
        });
        for (name, parameter) in shared_parameters() {
            schema["properties"][name] = parameter;
        }
        schema
    }

    fn summary(&self, arguments: &Value) -> String {
        let command = arguments.get("cmd").and_then(Value::as_str);
        summarise(command.unwrap_or_default())
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments {
            cmd,
            workdir,
            tty,
            yield_time_ms,
            max_output_tokens,
        } = arguments(input)?;
        let mut command = ExecCommand::new(cmd, limits::EXEC_YIELD[1])
            .variables(context.variables().clone())
            .terminal(tty);
        if let Some(directory) = workdir {
            command = command.working_dir(directory);
        }
        let (session, ended) = self.sessions.start(command, context).await?;
        let turn = Turn {
            wait: wait(
                yield_time_ms,
                limits::EXEC_YIELD_DEFAULT,
                limits::EXEC_YIELD,
            ),
            max_output_tokens,
        };
        let mut output = self.sessions.watch(&session, turn, context).await?;
        if let Some(number) = ended {
            output.text = format!(
                "Session {number} was ended: too many commands were running.\n{}",
                output.text
            );
        }
        Ok(output)
    }
}
