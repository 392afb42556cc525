//! `write_file`: a whole file at once.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, path_summary, write_whole};
use crate::{
    error::Error,
    tool::{Access, Places, Tool, ToolContext, ToolOutput},
};

/// Creates or replaces a file (coding-agent-loop-spec 3.3).
#[derive(Debug, Clone, Copy, Default)]
pub struct WriteFileTool;

#[derive(Debug, Deserialize)]
struct Arguments {
    file_path: String,
    content: String,
}

#[async_trait]
impl Tool for WriteFileTool {
    fn name(&self) -> &str {
        "write_file"
    }

    fn description(&self) -> &str {
        "Write content to a file, replacing what it had. Creates the file and missing parent \
         directories. Use edit_file to change a part of an existing file."
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "file_path": {
                    "type": "string",
                    "description": "Path of the file, absolute or relative to the working directory"
                },
                "content": {"type": "string", "description": "The full content of the file"}
            },
            "required": ["file_path", "content"],
            "additionalProperties": false
        })
    }

    fn access(&self, arguments: &Value) -> Access {
        Access::Writes(Places::argument(arguments, "file_path"))
    }

    fn summary(&self, arguments: &Value) -> String {
        path_summary(arguments)
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments { file_path, content } = arguments(input)?;
        let existed = context.environment().file_exists(&file_path).await?;
        let bytes = content.len();
        write_whole(context, &file_path, content.into_bytes()).await?;
        let done = if existed { "Replaced" } else { "Created" };
        Ok(ToolOutput::text(format!(
            "{done} {file_path} ({bytes} bytes)"
        )))
    }
}
