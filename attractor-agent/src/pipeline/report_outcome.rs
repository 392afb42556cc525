//! `report_outcome`: how a model says that its stage failed, or which way to go on.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use attractor_core::{Outcome, StageStatus};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::Error,
    tool::{Tool, ToolContext, ToolOutput},
};

/// What the model of a stage has reported; the last report counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Reported(Arc<Mutex<Option<Outcome>>>);

impl Reported {
    pub(super) fn clear(&self) {
        self.take();
    }

    pub(super) fn take(&self) -> Option<Outcome> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, outcome: Outcome) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }
}

/// Takes a stage's report.
#[derive(Debug)]
pub(super) struct ReportOutcomeTool {
    reported: Reported,
}

impl ReportOutcomeTool {
    pub(super) fn new(reported: Reported) -> Self {
        Self { reported }
    }
}

#[derive(Debug, Deserialize)]
struct Arguments {
    outcome: String,
    preferred_label: Option<String>,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    context_updates: BTreeMap<String, Value>,
}

impl Arguments {
    fn into_outcome(self) -> Outcome {
        let mut outcome = Outcome::from_word(&self.outcome).with_notes(&self.notes);
        outcome.preferred_label = self.preferred_label.filter(|label| !label.is_empty());
        outcome.context_updates = self.context_updates;
        if matches!(outcome.status, StageStatus::Fail | StageStatus::Retry) {
            let reason = if self.notes.is_empty() {
                "the agent reported it"
            } else {
                &self.notes
            };
            outcome = outcome.with_failure_reason(reason);
        }
        outcome
    }
}

#[async_trait]
impl Tool for ReportOutcomeTool {
    fn name(&self) -> &str {
        "report_outcome"
    }

    fn description(&self) -> &str {
        "Report how this stage of the pipeline went. Call it once, when the work is done or has \
         failed, and only if plain success isn't the whole story; then give your last answer."
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "outcome": {
                    "type": "string",
                    "minLength": 1,
                    "description": "success, partial_success, retry (run this stage again), fail, or a word that the pipeline's conditions test"
                },
                "preferred_label": {
                    "type": "string",
                    "description": "Label of the edge on which the pipeline should go on"
                },
                "notes": {
                    "type": "string",
                    "description": "In a sentence or two, what was done, or why it failed"
                },
                "context_updates": {
                    "type": "object",
                    "description": "Values that later stages need, by key"
                }
            },
            "required": ["outcome"],
            "additionalProperties": false
        })
    }

    fn summary(&self, arguments: &Value) -> String {
        let text = |name: &str| {
            arguments
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        [text("outcome"), text("preferred_label")]
            .join(" ")
            .trim()
            .to_owned()
    }

    async fn execute(&self, input: Value, _: &ToolContext) -> Result<ToolOutput, Error> {
        let report: Arguments = serde_json::from_value(input)
            .map_err(|error| Error::invalid_input(format!("invalid arguments: {error}")))?;
        let outcome = report.into_outcome();
        let text = format!("Reported: {}. Now give your last answer.", outcome.word());
        self.reported.set(outcome);
        Ok(ToolOutput::text(text))
    }
}
