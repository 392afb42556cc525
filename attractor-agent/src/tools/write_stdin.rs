//! `write_stdin`: input for a command that is running, or another look at it.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    arguments,
    exec_sessions::{ExecSession, ExecSessions, Turn, shared_parameters, wait},
};
use crate::{
    error::{Error, ErrorKind},
    limits,
    tool::{Tool, ToolContext, ToolOutput},
};

const INTERRUPT: char = '\u{3}';
const END_OF_INPUT: char = '\u{4}';

/// Writes to a command that [`exec_command`](super::exec_command) has left running, and returns what
/// it wrote since.
#[derive(Debug, Clone)]
pub(crate) struct WriteStdinTool {
    sessions: ExecSessions,
}

impl WriteStdinTool {
    pub(super) fn new(sessions: ExecSessions) -> Self {
        Self { sessions }
    }
}

#[derive(Debug, Deserialize)]
struct Arguments {
    session_id: u64,
    #[serde(default)]
    chars: String,
    yield_time_ms: Option<u64>,
    max_output_tokens: Option<u64>,
}

#[async_trait]
impl Tool for WriteStdinTool {
    fn name(&self) -> &str {
        "write_stdin"
    }

    fn description(&self) -> &str {
        "Write characters to a command that exec_command has left running, and return its new \
         output. Without chars, wait for more output. \\u0003 interrupts the command, \\u0004 ends \
         its input."
    }

    fn parameters(&self) -> Value {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "session_id": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "Number of the session, as exec_command gave it"
                },
                "chars": {
                    "type": "string",
                    "description": "What to write; end a line with \\n. Leave it out to wait only"
                }
            },
            "required": ["session_id"],
            "additionalProperties": false
        });
        for (name, parameter) in shared_parameters() {
            schema["properties"][name] = parameter;
        }
        schema
    }

    fn summary(&self, arguments: &Value) -> String {
        let session = &arguments["session_id"];
        match arguments.get("chars").and_then(Value::as_str) {
            None | Some("") => format!("session {session}: wait"),
            Some(chars) => format!("session {session}: {}", chars.escape_debug()),
        }
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments {
            session_id,
            chars,
            yield_time_ms,
            max_output_tokens,
        } = arguments(input)?;
        let session = self.sessions.find(session_id)?;
        write(&session, &chars).await?;
        let turn = Turn {
            wait: patience(yield_time_ms, chars.is_empty()),
            max_output_tokens,
        };
        self.sessions.watch(&session, turn, context).await
    }
}

fn patience(asked_ms: Option<u64>, is_poll: bool) -> Duration {
    if is_poll {
        wait(asked_ms, limits::EXEC_POLL[0], limits::EXEC_POLL)
    } else {
        wait(asked_ms, limits::EXEC_YIELD[0], limits::EXEC_YIELD)
    }
}

/// Writes the characters; without a terminal the two that control a command are done in another way.
async fn write(session: &ExecSession, chars: &str) -> Result<(), Error> {
    let is_control = |c: char| !session.is_terminal && matches!(c, INTERRUPT | END_OF_INPUT);
    for piece in chars.split_inclusive(is_control) {
        let control = piece.chars().next_back().filter(|c| is_control(*c));
        let text = piece.trim_end_matches(is_control);
        let written = if text.is_empty() {
            Ok(())
        } else {
            session.command.write_input(text.as_bytes()).await
        };
        match written {
            // It has just ended: how, the output tells.
            Err(error) if error.kind() == ErrorKind::Closed => return Ok(()),
            written => written?,
        }
        match control {
            Some(INTERRUPT) => session.command.interrupt().await?,
            Some(_) => session.command.close_input().await?,
            None => {}
        }
    }
    Ok(())
}
