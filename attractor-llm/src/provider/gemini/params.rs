//! Length, reasoning, sampling, tools and the answer's form; pure.

use serde_json::{Map, Value, json};

use super::model::{ModelTraits, Thinking};
use crate::types::{Request, ResponseFormat, ToolChoice, ToolDefinition, Warning};

/// The most stop sequences that the API takes.
const MAX_STOP_SEQUENCES: usize = 5;

/// The parts of a body that aren't the conversation, while it is being built.
#[derive(Debug)]
pub(super) struct Params<'a> {
    pub(super) request: &'a Request,
    pub(super) traits: ModelTraits,
    pub(super) body: Map<String, Value>,
    pub(super) generation: Map<String, Value>,
    pub(super) warnings: Vec<Warning>,
}

impl Params<'_> {
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.body.insert(key.to_owned(), value.into());
    }

    pub(super) fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.warnings.push(Warning::new(code, message));
    }

    fn generation(&mut self, key: &str, value: impl Into<Value>) {
        self.generation.insert(key.to_owned(), value.into());
    }

    /// How long the answer may be, where it stops and how it is chosen.
    pub(super) fn length_and_sampling(&mut self) {
        let request = self.request;
        for (key, value) in [
            ("maxOutputTokens", request.max_tokens.map(Value::from)),
            ("temperature", request.temperature.map(Value::from)),
            ("topP", request.top_p.map(Value::from)),
        ] {
            if let Some(value) = value {
                self.generation(key, value);
            }
        }
        let stops = &request.stop_sequences;
        if stops.len() > MAX_STOP_SEQUENCES {
            let message =
                format!("the API takes {MAX_STOP_SEQUENCES} stop sequences: the rest is left out");
            self.warn("stop_sequences_dropped", message);
        }
        if !stops.is_empty() {
            let stops = &stops[..stops.len().min(MAX_STOP_SEQUENCES)];
            self.generation("stopSequences", stops.to_vec());
        }
    }

    /// How much to reason; what is thought is shown, too.
    pub(super) fn reasoning(&mut self) {
        let Some(wanted) = self.request.reasoning_effort.as_deref() else {
            return;
        };
        let config = match self.traits.think(wanted, self.request.max_tokens) {
            Thinking::Ignored => {
                let message = format!("the model can't reason with the effort {wanted:?}");
                self.warn("reasoning_effort_ignored", message);
                return;
            }
            Thinking::Budget(0) => json!({"thinkingBudget": 0}),
            Thinking::Budget(budget) => {
                json!({"thinkingBudget": budget, "includeThoughts": true})
            }
            Thinking::Level { word, is_other } => {
                if is_other {
                    let message =
                        format!("the model has no effort {wanted:?}: it is asked for {word:?}");
                    self.warn("reasoning_effort_changed", message);
                }
                json!({"thinkingLevel": word, "includeThoughts": true})
            }
        };
        self.generation("thinkingConfig", config);
    }

    /// Tools and the choice among them.
    pub(super) fn tools(&mut self) {
        let request = self.request;
        if request.tools.is_empty() {
            return;
        }
        let declare = |tool: &ToolDefinition| {
            json!({
                "name": tool.name,
                "description": tool.description,
                "parametersJsonSchema": schema(&tool.parameters),
            })
        };
        let declarations: Vec<Value> = request.tools.iter().map(declare).collect();
        self.set("tools", json!([{"functionDeclarations": declarations}]));
        if let Some(choice) = &request.tool_choice {
            self.set("toolConfig", tool_config(choice));
        }
    }

    /// The form of the answer: natively where the model can, else by asking for it.
    ///
    /// Returns what to add to the instructions.
    pub(super) fn response_format(&mut self) -> Option<String> {
        let wanted = match self.request.response_format.as_ref()? {
            ResponseFormat::Text => return None,
            ResponseFormat::Json => None,
            ResponseFormat::JsonSchema { json_schema, .. } => Some(json_schema),
        };
        let native =
            self.traits.native_format && (self.request.tools.is_empty() || self.traits.combines());
        if !native {
            let ask = "Answer with one JSON value and nothing else: no prose, no code fence.";
            return Some(match wanted {
                None => ask.to_owned(),
                Some(schema) => format!("{ask} It must fit this JSON Schema:\n{schema}"),
            });
        }
        self.generation("responseMimeType", "application/json");
        if let Some(wanted) = wanted {
            self.generation("responseJsonSchema", schema(wanted));
        }
        None
    }
}

/// The API takes JSON Schema itself, but not the word for which edition it is.
fn schema(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$schema");
    }
    schema
}

fn tool_config(choice: &ToolChoice) -> Value {
    let mode = match choice {
        ToolChoice::Auto => "AUTO",
        ToolChoice::None => "NONE",
        ToolChoice::Required | ToolChoice::Named(_) => "ANY",
    };
    let mut config = json!({"mode": mode});
    if let ToolChoice::Named(name) = choice {
        config["allowedFunctionNames"] = json!([name]);
    }
    json!({"functionCallingConfig": config})
}
