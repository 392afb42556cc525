//! `edit_file`: replace one text by another, byte for byte.

mod gemini;
mod indentation;
mod normalise;
mod plan;

use std::{borrow::Cow, fmt::Write as _};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use self::gemini::GeminiEditFileTool;
use self::{
    normalise::Level,
    plan::{Plan, Refusal, plan},
};
use super::{
    arguments, is_binary, path_summary,
    text::{lines::Lines, listed, nearest},
    write_whole,
};
use crate::{
    error::Error,
    tool::{Access, Places, Tool, ToolContext, ToolOutput},
};

/// Replaces text in a file (coding-agent-loop-spec 3.3).
///
/// Every byte outside the match stays: line endings, byte order mark, mode, bytes that aren't
/// UTF-8, a missing final newline. A text that isn't there exactly is also found when it differs
/// in line endings, trailing blanks, Unicode punctuation or indentation only, and the model is told so. Several
/// matches are refused unless all are to be replaced.
#[derive(Debug, Clone, Copy, Default)]
pub struct EditFileTool;

#[derive(Debug, Deserialize)]
struct Arguments {
    file_path: String,
    old_string: String,
    new_string: String,
    #[serde(default)]
    replace_all: bool,
}

#[async_trait]
impl Tool for EditFileTool {
    fn name(&self) -> &str {
        "edit_file"
    }

    fn description(&self) -> &str {
        "Replace an exact string in a file. old_string must be the file's text without the line \
         numbers that read_file shows, and must occur exactly once: include enough lines around \
         the change, or set replace_all to change every occurrence."
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "file_path": {
                    "type": "string",
                    "description": "Path of the file, absolute or relative to the working directory"
                },
                "old_string": {"type": "string", "description": "The exact text to find"},
                "new_string": {"type": "string", "description": "The text to put in its place"},
                "replace_all": {
                    "type": "boolean",
                    "description": "Replace every occurrence (default false)"
                }
            },
            "required": ["file_path", "old_string", "new_string"],
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
        let edit: Arguments = arguments(input)?;
        let path = &edit.file_path;
        let content = context.environment().read_file(path).await?;
        if is_binary(&content) {
            return Err(Error::invalid_input(format!(
                "{path} is a binary file; it can't be edited as text"
            )));
        }
        let plan = plan(
            &content,
            &edit.old_string,
            &edit.new_string,
            edit.replace_all,
        )
        .map_err(|refusal| Error::invalid_input(explain(&edit, &content, &refusal)))?;
        write_whole(context, path, plan.apply(&content)).await?;
        Ok(ToolOutput::text(report(path, &plan)))
    }
}

fn report(path: &str, plan: &Plan) -> String {
    let mut text = match plan.lines[..] {
        [line] => format!("Edited {path}: 1 replacement at line {line}"),
        _ => format!(
            "Edited {path}: {} replacements at {}",
            plan.lines.len(),
            listed(&plan.lines)
        ),
    };
    if let Some(level) = plan.overlooked {
        let _ = write!(
            text,
            ". old_string was not there exactly; the match overlooks {}. Check the result.",
            overlooked(level)
        );
    }
    text
}

fn explain(edit: &Arguments, content: &[u8], refusal: &Refusal) -> String {
    let path = &edit.file_path;
    match refusal {
        Refusal::EmptyOld => {
            "old_string is empty; use write_file to create a file or replace all of it".to_owned()
        }
        Refusal::NothingToChange => {
            "old_string and new_string are the same, so nothing would change".to_owned()
        }
        Refusal::Ambiguous {
            lines,
            overlooked: None,
        } => format!(
            "old_string occurs {} times in {path}, at {}. Include more of the surrounding \
             text to make it unique, or set replace_all",
            lines.len(),
            listed(lines)
        ),
        Refusal::Ambiguous {
            lines,
            overlooked: Some(level),
        } => format!(
            "old_string is not in {path} exactly; overlooking {} it matches at {}. Copy the \
             exact text of the place you mean, with more of its surroundings",
            overlooked(*level),
            listed(lines)
        ),
        Refusal::NotFound => not_found(edit, content),
    }
}

fn not_found(edit: &Arguments, content: &[u8]) -> String {
    let mut text = format!("old_string was not found in {}. ", edit.file_path);
    let file = Lines::new(content);
    let wanted: Vec<Cow<'_, str>> = edit.old_string.lines().map(Cow::from).collect();
    match nearest::nearest(&file, &wanted) {
        None => text.push_str("Nothing similar is there either: read the file again."),
        Some(place) => {
            text.push_str(&nearest::quote(&file, place, &wanted));
            text.push_str("Copy the exact text from the file, without the line numbers.");
        }
    }
    text
}

fn overlooked(level: Level) -> String {
    if level == Level::Indentation {
        return level.to_string();
    }
    let levels = Level::OF_BYTES.iter().filter(|other| **other <= level);
    levels
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
