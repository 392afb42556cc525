//! `list_dir`: what a directory holds.

use std::fmt::Write as _;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, search_places, text::on_one_line};
use crate::{
    environment::DirEntry,
    error::Error,
    limits,
    tool::{Access, Tool, ToolContext, ToolOutput},
};

/// Lists a directory, to a depth (coding-agent-loop-spec 3.6).
#[derive(Debug, Clone, Copy, Default)]
pub struct ListDirTool;

#[derive(Debug, Deserialize)]
struct Arguments {
    path: Option<String>,
    depth: Option<usize>,
}

#[async_trait]
impl Tool for ListDirTool {
    fn name(&self) -> &str {
        "list_dir"
    }

    fn description(&self) -> &str {
        "List the entries of a directory, sorted by name. Directories end in /, files have their \
         size. With a depth above 1 the entries of its directories follow each of them."
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "path": {
                    "type": "string",
                    "description": "The directory (default: the working directory)"
                },
                "depth": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": limits::DIRECTORY_DEPTH,
                    "description": "How many levels to list (default 1)"
                }
            },
            "additionalProperties": false
        })
    }

    fn access(&self, arguments: &Value) -> Access {
        Access::Reads(search_places(arguments))
    }

    fn summary(&self, arguments: &Value) -> String {
        let path = arguments.get("path").and_then(Value::as_str);
        path.unwrap_or(".").to_owned()
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments { path, depth } = arguments(input)?;
        let path = path.as_deref().unwrap_or(".");
        let environment = context.environment();
        let entries = environment.list_directory(path, depth.unwrap_or(1)).await?;
        Ok(ToolOutput::text(listing(path, &entries)))
    }
}

fn listing(path: &str, entries: &[DirEntry]) -> String {
    if entries.is_empty() {
        return format!("{path} is empty");
    }
    let mut text = String::new();
    for entry in entries.iter().take(limits::DIRECTORY_ENTRIES) {
        let name = on_one_line(&entry.name);
        let _ = match (entry.is_dir, entry.is_link, entry.size) {
            (true, _, _) => writeln!(text, "{name}/"),
            (_, true, _) => writeln!(text, "{name} (link)"),
            (_, _, Some(size)) => writeln!(text, "{name} ({size} bytes)"),
            (_, _, None) => writeln!(text, "{name}"),
        };
    }
    if entries.len() >= limits::DIRECTORY_ENTRIES {
        text.push_str("[there are more entries than can be listed: list a directory below]\n");
    }
    text
}
