//! `edit_file` as gemini-cli's models know it.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::EditFileTool;
use crate::{
    error::Error,
    tool::{Access, Tool, ToolContext, ToolOutput, summarise},
    tools::path_summary,
};

/// [`EditFileTool`] with the parameters of gemini-cli's own tool (coding-agent-loop-spec 3.6): what
/// the edit is for, in words, beside the texts, and `allow_multiple` for every occurrence. The
/// shared tool's `replace_all` is understood, too.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GeminiEditFileTool;

#[async_trait]
impl Tool for GeminiEditFileTool {
    fn name(&self) -> &str {
        "edit_file"
    }

    fn description(&self) -> &str {
        "Replace text in a file. old_string must be the file's literal text without the line \
         numbers that read_file shows, and must occur exactly once: include at least three lines \
         around the change, or set allow_multiple to change every occurrence."
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "file_path": {
                    "type": "string",
                    "description": "Path of the file, absolute or relative to the working directory"
                },
                "instruction": {
                    "type": "string",
                    "description": "In a sentence, what the edit changes and why; for the user"
                },
                "old_string": {"type": "string", "description": "The literal text to find"},
                "new_string": {
                    "type": "string",
                    "description": "The literal text to put in its place, whole"
                },
                "allow_multiple": {
                    "type": "boolean",
                    "description": "Replace every occurrence (default false)"
                }
            },
            "required": ["file_path", "old_string", "new_string"]
        })
    }

    fn access(&self, arguments: &Value) -> Access {
        EditFileTool.access(arguments)
    }

    fn summary(&self, arguments: &Value) -> String {
        let path = path_summary(arguments);
        match arguments.get("instruction").and_then(Value::as_str) {
            Some(why) => summarise(&format!("{path}: {why}")),
            None => path,
        }
    }

    async fn execute(&self, mut input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        if let Some(fields) = input.as_object_mut()
            && let Some(all) = fields.remove("allow_multiple")
        {
            fields.insert("replace_all".to_owned(), all);
        }
        EditFileTool.execute(input, context).await
    }
}
