use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::{Script, ScriptedHandler};
use crate::engine::{Engine, RunOptions, RunReport};
use crate::journal::MemoryJournal;
use crate::run::JournalEntry;
use crate::{Error, RunEvent};

/// Keys that differ from run to run, or that the line shows elsewhere.
const HIDDEN: [&str; 6] = [
    "duration_ms",
    "event",
    "graph_hash",
    "seq",
    "time",
    "version",
];

/// A journal as text, one event a line, without what differs from run to run.
pub fn event_log(entries: &[JournalEntry]) -> String {
    let mut text = String::new();
    for entry in entries {
        if let Some(branch) = &entry.branch {
            let _ = write!(text, "[{branch}] ");
        }
        text.push_str(&event_line(&entry.event));
        text.push('\n');
    }
    text
}

/// An event as one line: its name, and its fields in alphabetic order.
pub fn event_line(event: &RunEvent) -> String {
    let mut line = event.name().to_owned();
    let Ok(Value::Object(fields)) = serde_json::to_value(event) else {
        return line;
    };
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    for (key, value) in fields
        .iter()
        .filter(|(key, _)| !HIDDEN.contains(&key.as_str()))
    {
        let _ = match value {
            Value::String(text) if !text.contains(char::is_whitespace) => {
                write!(line, " {key}={text}")
            }
            other => write!(line, " {key}={other}"),
        };
    }
    line
}

/// Runs a pipeline in memory, the models, tools and people of which play the script, and returns its events as
/// text and its report.
///
/// # Errors
///
/// If the pipeline can't be prepared or the run not be executed.
pub async fn run_dot(source: &str, script: Script) -> Result<(String, RunReport), Error> {
    let handler = Arc::new(ScriptedHandler::new(script));
    let mut builder = Engine::builder();
    for kind in ["codergen", "tool", "wait.human"] {
        builder = builder.handler(kind, Arc::clone(&handler) as _);
    }
    let engine = builder.build();
    let pipeline = engine.prepare(source)?;
    let journal = Arc::new(MemoryJournal::new());
    let options = RunOptions::with_journal(Arc::clone(&journal) as _)
        .run_id("run")
        .seed(7);
    let report = engine.start(&pipeline, options).await?.execute().await?;
    Ok((event_log(&journal.entries()), report))
}
