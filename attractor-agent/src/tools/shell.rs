//! `shell`: one command, its output, its exit code.

use std::{fmt::Write as _, time::Duration};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments;
use crate::{
    environment::{ExecCommand, ExecResult},
    error::Error,
    tool::{Tool, ToolContext, ToolOutput, summarise},
};

/// Runs a shell command (coding-agent-loop-spec 3.3).
#[derive(Debug, Clone, Copy, Default)]
pub struct ShellTool;

#[derive(Debug, Deserialize)]
struct Arguments {
    command: String,
    timeout_ms: Option<u64>,
}

#[async_trait]
impl Tool for ShellTool {
    fn name(&self) -> &str {
        "shell"
    }

    fn description(&self) -> &str {
        "Execute a shell command in the working directory. Returns its output, exit code and \
         duration. Every call starts a new shell, so directory changes and variables don't carry \
         over; standard input is empty; a command that outlives its timeout is ended. To leave a \
         server running, start it in the background with &."
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "command": {"type": "string", "description": "The command to run"},
                "timeout_ms": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "Milliseconds after which the command is ended"
                },
                "description": {
                    "type": "string",
                    "description": "In a few words, what the command does"
                }
            },
            "required": ["command"],
            "additionalProperties": false
        })
    }

    fn summary(&self, arguments: &Value) -> String {
        summarise(
            arguments
                .get("command")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        )
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments {
            command,
            timeout_ms,
        } = arguments(input)?;
        let timeout = context.timeout(timeout_ms);
        let command = ExecCommand::new(command, timeout)
            .variables(context.variables().clone())
            .cancel(context.cancel().clone())
            .cancel_grace(context.cancel_grace())
            .output(context.output().clone());
        let result = context.environment().exec_command(command).await?;
        let mut text = output(&result);
        let fingerprint = format!("{text}{}", ending(&result, timeout));
        let _ = write!(text, "{}", ending(&result, timeout));
        let _ = write!(text, "\nDuration: {:.1} s", result.duration.as_secs_f64());
        Ok(ToolOutput::text(text)
            .is_error(!result.success())
            .fingerprint(fingerprint)
            .file(whole_output(&result)))
    }
}

/// The file with all of the output, where only one stream has any.
fn whole_output(result: &ExecResult) -> Option<String> {
    let stream = match (&result.stdout, &result.stderr) {
        (stream, other) | (other, stream) if other.total_bytes() == 0 => stream,
        _ => return None,
    };
    let file = stream.file().filter(|_| stream.file_is_whole());
    file.map(str::to_owned)
}

/// Standard output, then standard error under its own heading.
fn output(result: &ExecResult) -> String {
    let mut text = result.stdout.text();
    let stderr = result.stderr.text();
    if !stderr.is_empty() {
        end_line(&mut text);
        text.push_str("[stderr]\n");
        text.push_str(&stderr);
    }
    if text.is_empty() {
        text.push_str("(no output)");
    }
    end_line(&mut text);
    text
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// How the command ended; stands last, where truncation keeps it.
fn ending(result: &ExecResult, timeout: Duration) -> String {
    if result.timed_out {
        return format!(
            "[ERROR: Command timed out after {}ms. Partial output is shown above.\nYou can retry \
             with a longer timeout by setting the timeout_ms parameter.]",
            timeout.as_millis()
        );
    }
    if result.cancelled {
        return "[ERROR: The command was cancelled. Partial output is shown above.]".to_owned();
    }
    format!("Exit code: {}", result.exit_code)
}
