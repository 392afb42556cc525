//! Length, reasoning, sampling, tools and the answer's form; pure.

use serde_json::{Map, Value, json};

use super::model::{Effort, ModelTraits};
use crate::provider::fields::Fields;
use crate::provider::options::is_strict;
use crate::provider::strict::{schema_name, strict};
use crate::types::{Request, ResponseFormat, ToolChoice, Warning};

/// The fewest output tokens that the API takes.
const MIN_OUTPUT_TOKENS: u64 = 16;

/// The parts of a body that aren't the conversation, while it is being built.
#[derive(Debug)]
pub(super) struct Params<'a> {
    pub(super) request: &'a Request,
    pub(super) options: &'a Map<String, Value>,
    pub(super) traits: ModelTraits,
    pub(super) body: Fields,
    pub(super) warnings: Vec<Warning>,
}

impl Params<'_> {
    pub(super) fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.body.set(key, value);
    }

    fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.warnings.push(Warning::new(code, message));
    }

    /// `max_output_tokens`, and what the API has no parameter for.
    pub(super) fn length(&mut self) {
        if let Some(max_tokens) = self.request.max_tokens {
            if max_tokens < MIN_OUTPUT_TOKENS {
                let message = format!("max_tokens is raised to {MIN_OUTPUT_TOKENS}, the minimum");
                self.warn("max_tokens_raised", message);
            }
            self.set("max_output_tokens", max_tokens.max(MIN_OUTPUT_TOKENS));
        }
        if !self.request.stop_sequences.is_empty() {
            let message = "the Responses API has no stop sequences";
            self.warn("stop_sequences_dropped", message);
        }
    }

    /// How much to reason.
    pub(super) fn reasoning(&mut self) {
        let Some(wanted) = self.request.reasoning_effort.as_deref() else {
            return;
        };
        match self.traits.effort(wanted) {
            Effort::Is(word) => self.set("reasoning", json!({"effort": word})),
            Effort::Nearest(level) => {
                let message =
                    format!("the model has no effort {wanted:?}: it is asked for {level:?}");
                self.warn("reasoning_effort_changed", message);
                self.set("reasoning", json!({"effort": level}));
            }
            Effort::Ignored => {
                let message = format!("the model can't reason with the effort {wanted:?}");
                self.warn("reasoning_effort_ignored", message);
            }
        }
    }

    /// `temperature` and `top_p`, as far as the model takes them.
    ///
    /// Runs after the caller's own options are merged in, which may change the effort.
    pub(super) fn sampling(&mut self) {
        let (temperature, top_p) = (self.request.temperature, self.request.top_p);
        if temperature.is_none() && top_p.is_none() {
            return;
        }
        let effort = self
            .body
            .get("reasoning")
            .and_then(|it| it["effort"].as_str());
        if !self.traits.samples(effort) {
            let message = "a model that reasons takes neither temperature nor top_p";
            self.warn("sampling_dropped", message);
            return;
        }
        for (key, value) in [("temperature", temperature), ("top_p", top_p)] {
            if let Some(value) = value
                && !self.body.contains(key)
            {
                self.set(key, value);
            }
        }
    }

    /// Tools and the choice among them.
    pub(super) fn tools(&mut self) {
        let request = self.request;
        let mut tools: Vec<Value> = Vec::new();
        for tool in &request.tools {
            let mut function = json!({
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                // The API's own default would change the schema where it can.
                "strict": false,
            });
            if is_strict(self.options, &tool.name) {
                match strict(&tool.parameters) {
                    Some(parameters) => {
                        function["parameters"] = parameters;
                        function["strict"] = true.into();
                    }
                    None => self.not_strict(&format!("the tool {}", tool.name)),
                }
            }
            tools.push(function);
        }
        let others = self.options.get("tools").is_some_and(Value::is_array);
        if let Some(choice) = &request.tool_choice
            && (others || !tools.is_empty())
        {
            self.set("tool_choice", tool_choice(choice));
        }
        if !tools.is_empty() {
            self.set("tools", tools);
        }
    }

    /// The form of the answer: natively where the model can, else by asking for it.
    ///
    /// Returns what to add to the instructions.
    pub(super) fn response_format(&mut self) -> Option<String> {
        let request = self.request;
        let format = match &request.response_format {
            None | Some(ResponseFormat::Text) => return None,
            Some(ResponseFormat::Json) => json!({"type": "json_object"}),
            Some(ResponseFormat::JsonSchema { json_schema, .. }) if !self.traits.native_format => {
                return Some(format!(
                    "Answer with one JSON value and nothing else: no prose, no code fence. It must \
                     fit this JSON Schema:\n{json_schema}"
                ));
            }
            Some(ResponseFormat::JsonSchema {
                json_schema,
                strict: wanted,
            }) => {
                let enforced = if *wanted { strict(json_schema) } else { None };
                if *wanted && enforced.is_none() {
                    self.not_strict("the answer");
                }
                json!({
                    "type": "json_schema",
                    "name": schema_name(json_schema),
                    "strict": enforced.is_some(),
                    "schema": enforced.unwrap_or_else(|| json_schema.clone()),
                })
            }
        };
        self.set("text", json!({"format": format}));
        None
    }

    fn not_strict(&mut self, what: &str) {
        let message = format!(
            "the schema of {what} can't be enforced exactly: an optional property or a keyword \
             stands against it"
        );
        self.warn("strict_dropped", message);
    }
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({"type": "function", "name": name}),
    }
}
