//! Length, sampling, reasoning and the answer's form; pure.

use serde_json::{Map, Value, json};

use super::model::{ModelTraits, Reasoning};
use crate::provider::schema;
use crate::types::{Request, ResponseFormat, ToolChoice, Warning};

/// The smallest thinking budget that Claude takes.
const MIN_BUDGET: u64 = 1024;

/// Room for the answer beside a thinking budget where the caller sets no length.
const ANSWER_TOKENS: u64 = 4096;

/// The parts of a body that depend on the model, while it is being built.
#[derive(Debug)]
pub(super) struct Params<'a> {
    pub(super) request: &'a Request,
    pub(super) traits: ModelTraits,
    pub(super) body: Map<String, Value>,
    pub(super) warnings: Vec<Warning>,
}

impl Params<'_> {
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.body.insert(key.to_owned(), value.into());
    }

    fn put(&mut self, object: &str, key: &str, value: impl Into<Value>) {
        let object = self.body.entry(object).or_insert_with(|| json!({}));
        object[key] = value.into();
    }

    fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.warnings.push(Warning::new(code, message));
    }

    /// `inferenceConfig`, but for what depends on reasoning.
    pub(super) fn inference(&mut self) {
        if let Some(max_tokens) = self.request.max_tokens {
            self.put("inferenceConfig", "maxTokens", max_tokens);
        }
        if !self.request.stop_sequences.is_empty() {
            let sequences = self.request.stop_sequences.clone();
            self.put("inferenceConfig", "stopSequences", sequences);
        }
    }

    /// How much the model reasons, each family's own way.
    pub(super) fn reasoning(&mut self) {
        let Some(effort) = self.request.reasoning_effort.as_deref() else {
            return;
        };
        let traits = self.traits;
        let style = traits.reasoning();
        if matches!(effort, "none" | "off") {
            match style {
                Reasoning::Budget | Reasoning::Adaptive if traits.can_stop() => {
                    self.model_field("thinking", json!({"type": "disabled"}));
                }
                Reasoning::Adaptive | Reasoning::Effort => {
                    self.warn("reasoning_effort_ignored", "the model always reasons");
                }
                Reasoning::Nova => self.model_field("reasoningConfig", json!({"type": "disabled"})),
                Reasoning::None | Reasoning::Budget => {}
            }
            return;
        }
        let word = traits.effort(effort).to_owned();
        match style {
            Reasoning::None => self.warn(
                "reasoning_effort_ignored",
                "the model isn't known to reason",
            ),
            Reasoning::Effort => self.model_field("reasoning_effort", word),
            Reasoning::Nova => {
                let config = json!({"type": "enabled", "maxReasoningEffort": word});
                self.model_field("reasoningConfig", config);
            }
            Reasoning::Adaptive => {
                self.model_field("output_config", json!({"effort": word}));
                if !self.is_forced() {
                    self.model_field("thinking", json!({"type": "adaptive"}));
                }
            }
            Reasoning::Budget if self.is_forced() => {}
            Reasoning::Budget => self.budget(effort),
        }
    }

    fn budget(&mut self, effort: &str) {
        let wanted = match effort {
            "minimal" => 1024,
            "low" => 2048,
            "medium" => 8192,
            "high" => 16_384,
            _ => 32_768,
        };
        let budget = match self.request.max_tokens {
            // The budget is part of what the caller allows: half of it is for the answer.
            Some(max_tokens) => wanted.min(max_tokens / 2),
            None => {
                self.put("inferenceConfig", "maxTokens", wanted + ANSWER_TOKENS);
                wanted
            }
        };
        if budget < MIN_BUDGET {
            self.warn("thinking_dropped", "max_tokens leaves no room for thinking");
            return;
        }
        let thinking = json!({"type": "enabled", "budget_tokens": budget});
        self.model_field("thinking", thinking);
    }

    /// A model that has to call a tool can't think first.
    fn is_forced(&mut self) -> bool {
        let choice = &self.request.tool_choice;
        let forced = matches!(choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
        if forced {
            self.warn(
                "thinking_dropped",
                "the model can't think when a tool is forced",
            );
        }
        forced
    }

    fn model_field(&mut self, key: &str, value: impl Into<Value>) {
        self.put("additionalModelRequestFields", key, value);
    }

    /// Temperature and `top_p`; a Claude that thinks takes neither.
    ///
    /// Runs after the caller's own options are merged in, which may turn thinking on.
    pub(super) fn sampling(&mut self) {
        let kind = self
            .body
            .get("additionalModelRequestFields")
            .and_then(|fields| fields["thinking"]["type"].as_str());
        let thinks = kind.is_some_and(|kind| kind != "disabled");
        let wanted = [
            ("temperature", self.request.temperature),
            ("topP", self.request.top_p),
        ];
        for (key, value) in wanted {
            let Some(value) = value else { continue };
            if thinks {
                let message = format!("a model that thinks takes no {key}");
                self.warn("sampling_dropped", message);
            } else if self.body["inferenceConfig"].get(key).is_none() {
                self.put("inferenceConfig", key, value);
            }
        }
    }

    /// The form of the answer: natively where the model can, else by asking for it.
    ///
    /// Returns what to add to the system prompt.
    pub(super) fn response_format(&mut self) -> Option<String> {
        let only = "Answer with one JSON value and nothing else: no prose, no code fence.";
        match self.request.response_format.as_ref()? {
            ResponseFormat::Text => None,
            ResponseFormat::Json => Some(only.to_owned()),
            ResponseFormat::JsonSchema { json_schema, .. } if self.traits.native_format => {
                let schema = schema::closed(json_schema).to_string();
                let structure = json!({"jsonSchema": {"name": "answer", "schema": schema}});
                let format = json!({"type": "json_schema", "structure": structure});
                self.put("outputConfig", "textFormat", format);
                None
            }
            ResponseFormat::JsonSchema { json_schema, .. } => Some(format!(
                "{only} It must fit this JSON Schema:\n{json_schema}"
            )),
        }
    }
}
