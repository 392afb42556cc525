//! What a manager sees: the stage's context with what is known of its child on top.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::condition::Condition;
use crate::engine::Telemetry;
use crate::handler::StageContext;
use crate::run::limits::MANAGER_TEXT_CHARACTERS;
use crate::state::Context;
use crate::text::truncate;

/// The prefix of the keys of the child's own context.
const CHILD_CONTEXT: &str = "stack.child.context.";

/// One look at a child run.
#[derive(Debug)]
pub(super) struct View {
    /// The stage's context and the keys `stack.child.*`.
    context: Context,
    updates: BTreeMap<String, Value>,
    child: Context,
    last_text: Option<String>,
}

impl View {
    /// What is seen; without telemetry, only what was known before.
    pub(super) fn new(stage: &StageContext, telemetry: Option<Telemetry>) -> Self {
        let updates = telemetry.as_ref().map(Telemetry::context_updates);
        let updates = updates.unwrap_or_default();
        let mut context = stage.context().clone();
        context.apply_updates(&updates);
        let telemetry = telemetry.unwrap_or_default();
        Self {
            context,
            updates,
            child: telemetry.context,
            last_text: telemetry.last_text,
        }
    }

    /// The value of a key; `stack.child.context.<key>` is one of the child's own context.
    pub(super) fn lookup(&self, key: &str) -> Option<String> {
        let bare = key.strip_prefix("context.").unwrap_or(key);
        match bare.strip_prefix(CHILD_CONTEXT) {
            Some(key) => self.child.lookup(&format!("context.{key}")),
            None => self.context.lookup(key),
        }
    }

    pub(super) fn holds(&self, condition: &Condition) -> bool {
        condition.eval(|key| self.lookup(key))
    }

    /// The view as a model reads it.
    pub(super) fn render(&self) -> String {
        let mut text = String::from("The state of the run that you supervise:\n");
        for (key, value) in &self.updates {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if !value.is_empty() {
                let key = key.trim_start_matches("stack.child.");
                let _ = writeln!(
                    text,
                    "- {key}: {}",
                    truncate(&value, MANAGER_TEXT_CHARACTERS)
                );
            }
        }
        if let Some(last) = &self.last_text {
            let last = truncate(last, MANAGER_TEXT_CHARACTERS);
            let _ = writeln!(text, "\nThe last message of its model:\n{last}");
        }
        text
    }
}
