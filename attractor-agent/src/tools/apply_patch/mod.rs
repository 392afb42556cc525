//! `apply_patch`: changes in several files at once, in the v4a format.
//!
//! A patch goes through [`envelope`] and [`parse`]; for each file [`matcher`] finds where its hunks
//! fit, [`choose`] which of these places they get, [`rewrite`] makes the new content: all of it
//! pure. [`changes`] works a patch out on an environment, [`steps`] says in which order, [`apply`]
//! writes the result.

mod apply;
mod changes;
mod choose;
mod compare;
mod envelope;
mod header;
mod index;
mod matcher;
mod parse;
mod patch;
mod problem;
#[cfg(test)]
mod properties;
mod rewrite;
mod steps;
mod update;

use std::fmt::Write as _;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use self::{
    changes::{Changes, Done},
    patch::Operation,
};
use super::arguments;
use crate::{
    error::Error,
    tool::{Access, Places, Tool, ToolContext, ToolOutput},
};

/// Applies a patch in the v4a format (coding-agent-loop-spec, appendix A).
///
/// The whole patch is applied, or nothing. A hunk that fits at several places is refused with
/// their lines, as is one that fits nowhere, with the nearest lines and what differs; neither the
/// first place is taken nor the likeliest. Lines that no hunk removes keep every byte. A
/// match that overlooks blanks or typographic characters is reported as such. No path leads out of
/// the working directory, and a file that is moved keeps its mode.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApplyPatchTool;

#[derive(Debug, Deserialize)]
struct Arguments {
    patch: String,
}

#[async_trait]
impl Tool for ApplyPatchTool {
    fn name(&self) -> &str {
        "apply_patch"
    }

    fn description(&self) -> &str {
        include_str!("description.md").trim_ascii_end()
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "patch": {
                    "type": "string",
                    "description": "The patch, from `*** Begin Patch` to `*** End Patch`"
                }
            },
            "required": ["patch"],
            "additionalProperties": false
        })
    }

    fn access(&self, arguments: &Value) -> Access {
        let paths = |text: &str| {
            let text = envelope::unwrap(text);
            let patch = parse::parse(&text).ok()?;
            let paths = patch.operations.iter().flat_map(Operation::paths);
            Some(Places::paths(paths))
        };
        let patch = arguments.get("patch").and_then(Value::as_str);
        Access::Writes(patch.and_then(paths).unwrap_or(Places::Anywhere))
    }

    fn summary(&self, arguments: &Value) -> String {
        match self.access(arguments).places() {
            Places::Paths(paths) => paths.join(", "),
            Places::Anywhere => String::new(),
        }
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments { patch } = arguments(input)?;
        let text = envelope::unwrap(&patch);
        let patch =
            parse::parse(&text).map_err(|malformed| Error::invalid_input(malformed.to_string()))?;
        let changes = Changes::collect(context.environment(), &patch).await?;
        if context.cancel().is_cancelled() {
            return Err(Error::cancelled());
        }
        let steps = steps::steps(&changes);
        context
            .to_its_end(async move |environment| apply::apply(&*environment, steps).await)
            .await?;
        Ok(ToolOutput::text(report(&changes.report)))
    }
}

/// The files in the order added, modified, deleted, each with what is to be known of it.
fn report(done: &[Done]) -> String {
    let mut text = "Success. Updated the following files:\n".to_owned();
    for mark in ['A', 'M', 'D'] {
        for file in done.iter().filter(|file| file.mark == mark) {
            let _ = writeln!(text, "{mark} {}", file.path);
            for note in &file.notes {
                let _ = writeln!(text, "  {note}");
            }
        }
    }
    text
}
