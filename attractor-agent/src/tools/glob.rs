//! `glob`: files by name, newest first.

use std::fmt::Write as _;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, search_places, text::on_one_line};
use crate::{
    environment::{GlobResult, SearchStop},
    error::Error,
    limits,
    tool::{Access, Tool, ToolContext, ToolOutput, summarise},
};

/// Finds files by a name pattern, the newest first (coding-agent-loop-spec 3.3).
#[derive(Debug, Clone, Copy, Default)]
pub struct GlobTool;

#[derive(Debug, Deserialize)]
struct Arguments {
    pattern: String,
    path: Option<String>,
}

#[async_trait]
impl Tool for GlobTool {
    fn name(&self) -> &str {
        "glob"
    }

    fn description(&self) -> &str {
        "Find files by a name pattern. Returns their paths, the most recently changed first. * and \
         ? match within a name, ** any number of directories: **/*.ts finds at any depth, *.ts only \
         in the directory itself. Files that .gitignore names are left out."
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "pattern": {
                    "type": "string",
                    "description": "The pattern, e.g. **/*.ts or src/**/test_*.{py,pyi}"
                },
                "path": {
                    "type": "string",
                    "description": "Directory to start from (default: the working directory)"
                }
            },
            "required": ["pattern"],
            "additionalProperties": false
        })
    }

    fn access(&self, arguments: &Value) -> Access {
        Access::Reads(search_places(arguments))
    }

    fn summary(&self, arguments: &Value) -> String {
        let pattern = arguments.get("pattern").and_then(Value::as_str);
        summarise(pattern.unwrap_or_default())
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments { pattern, path } = arguments(input)?;
        let path = path.as_deref().unwrap_or(".");
        let environment = context.environment();
        let found = environment
            .glob(&pattern, path, limits::GLOB_RESULTS)
            .await?;
        let mut text = String::new();
        for path in &found.paths {
            let _ = writeln!(text, "{}", on_one_line(path));
        }
        text.push_str(&remark(&pattern, path, &found));
        Ok(ToolOutput::text(text))
    }
}

fn remark(pattern: &str, path: &str, found: &GlobResult) -> String {
    match found.stopped {
        Some(SearchStop::Results) => format!(
            "[these are the newest {}, and there are more: narrow the pattern or the path]",
            found.paths.len()
        ),
        Some(SearchStop::Time | SearchStop::Files) => {
            "[not all files were looked at: start from a smaller directory]".to_owned()
        }
        None if !found.paths.is_empty() => String::new(),
        None if pattern.contains('/') => format!("No files match {pattern} in {path}"),
        None => format!(
            "No files match {pattern} directly in {path}; **/{pattern} looks in all directories \
             below it"
        ),
    }
}
