//! Thinking, sampling, tools and the answer's form; pure.

use serde_json::{Map, Value, json};

use super::model::{ModelTraits, ThinkingStyle};
use super::turns::Turn;
use crate::error::{Error, ErrorKind};
use crate::provider::{effort, schema};
use crate::types::{Request, ResponseFormat, ToolChoice, Warning};

/// What the answer may take where neither the caller nor the catalog says it
/// (unified-llm-spec 7.3).
const DEFAULT_MAX_TOKENS: u64 = 4096;

/// The smallest thinking budget the API takes.
const MIN_BUDGET: u64 = 1024;

/// The parts of a body that depend on the model, while it is being built.
#[derive(Debug)]
pub(super) struct Params<'a> {
    pub(super) request: &'a Request,
    pub(super) traits: ModelTraits,
    /// The most the model can answer, where it is known.
    pub(super) max_output: Option<u64>,
    pub(super) body: Map<String, Value>,
    pub(super) warnings: Vec<Warning>,
}

impl Params<'_> {
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.body.insert(key.to_owned(), value.into());
    }

    fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.warnings.push(Warning::new(code, message));
    }

    /// `max_tokens`, which the API requires, and how the model thinks within it.
    pub(super) fn length_and_thinking(&mut self) -> Result<(), Error> {
        let default = self.max_output.unwrap_or(DEFAULT_MAX_TOKENS);
        self.set("max_tokens", self.request.max_tokens.unwrap_or(default));
        let Some(effort) = self.request.reasoning_effort.as_deref() else {
            return Ok(());
        };
        if matches!(effort, "none" | "off") {
            if !self.traits.can_stop_thinking {
                self.warn("reasoning_effort_ignored", "the model always reasons");
            } else if self.traits.thinking != ThinkingStyle::None {
                self.set("thinking", json!({"type": "disabled"}));
            }
            return Ok(());
        }
        match self.traits.thinking {
            ThinkingStyle::None => {
                self.warn("reasoning_effort_ignored", "the model doesn't reason");
            }
            ThinkingStyle::Adaptive => self.adaptive(effort),
            ThinkingStyle::Budget => self.budgeted(effort)?,
        }
        Ok(())
    }

    fn adaptive(&mut self, effort: &str) {
        let effort = self.traits.effort(effort).to_owned();
        self.output_config("effort", effort);
        if self.forces_a_tool() {
            self.warn(
                "thinking_dropped",
                "the model can't think when a tool is forced",
            );
            return;
        }
        let mut thinking = json!({"type": "adaptive"});
        if self.traits.hides_thinking {
            thinking["display"] = "summarized".into();
        }
        self.set("thinking", thinking);
    }

    fn budgeted(&mut self, effort: &str) -> Result<(), Error> {
        let Some(wanted) = effort::budget(effort) else {
            let message = format!("reasoning effort {effort:?} isn't one this model knows");
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        };
        if self.forces_a_tool() {
            self.warn(
                "thinking_dropped",
                "the model can't think when a tool is forced",
            );
            return Ok(());
        }
        let budget = match (self.request.max_tokens, self.max_output) {
            // The budget is part of what the caller allows: half of it is for the answer.
            (Some(max_tokens), _) => wanted.min(max_tokens / 2),
            (None, Some(_)) => wanted,
            (None, None) => {
                self.set("max_tokens", wanted + DEFAULT_MAX_TOKENS);
                wanted
            }
        };
        if budget < MIN_BUDGET {
            self.warn("thinking_dropped", "max_tokens leaves no room for thinking");
        } else {
            self.set(
                "thinking",
                json!({"type": "enabled", "budget_tokens": budget}),
            );
        }
        Ok(())
    }

    fn forces_a_tool(&self) -> bool {
        matches!(
            self.request.tool_choice,
            Some(ToolChoice::Required | ToolChoice::Named(_))
        )
    }

    /// `temperature`, `top_p` and stop sequences, as far as the model takes them.
    ///
    /// Runs after the caller's own options are merged in, which may turn thinking on.
    pub(super) fn sampling(&mut self) {
        let (mut temperature, mut top_p) = (self.request.temperature, self.request.top_p);
        let thinks = self
            .body
            .get("thinking")
            .is_some_and(|value| value["type"] != "disabled");
        if (temperature.is_some() || top_p.is_some()) && !self.traits.sampling {
            self.warn(
                "sampling_dropped",
                "the model takes neither temperature nor top_p",
            );
            (temperature, top_p) = (None, None);
        }
        if thinks && temperature.is_some_and(|value| (value - 1.0).abs() > f64::EPSILON) {
            self.warn(
                "sampling_dropped",
                "a model that thinks takes no temperature",
            );
            temperature = None;
        }
        if temperature.is_some() && top_p.is_some() && !self.traits.both_samplers {
            self.warn(
                "sampling_dropped",
                "the model takes temperature or top_p, not both",
            );
            top_p = None;
        }
        for (key, value) in [("temperature", temperature), ("top_p", top_p)] {
            if let Some(value) = value
                && !self.body.contains_key(key)
            {
                self.set(key, value);
            }
        }
    }

    /// Tools and the choice among them.
    pub(super) fn tools(&mut self, turns: &[Turn]) {
        let request = self.request;
        let mut tools: Vec<Value> = request
            .tools
            .iter()
            .map(|tool| {
                json!({
                    "name": tool.name,
                    "description": tool.description,
                    "input_schema": tool.parameters,
                })
            })
            .collect();
        let choice = request.tool_choice.as_ref();
        let used = used_tools(turns);
        if tools.is_empty() && !used.is_empty() {
            // A history of calls is rejected without tools: they are named but can't be chosen.
            tools = used.iter().map(|name| placeholder(name)).collect();
            self.set("tool_choice", json!({"type": "none"}));
        } else if tools.is_empty() {
            return;
        } else if choice == Some(&ToolChoice::None) {
            if used.is_empty() {
                return;
            }
            self.set("tool_choice", json!({"type": "none"}));
        } else if let Some(choice) = choice {
            self.set("tool_choice", tool_choice(choice));
        }
        self.set("tools", tools);
    }

    /// The form of the answer: natively where the model can, else by asking for it.
    ///
    /// Returns what to add to the system prompt.
    pub(super) fn response_format(&mut self) -> Option<String> {
        match self.request.response_format.as_ref()? {
            ResponseFormat::Text => None,
            ResponseFormat::Json => Some(
                "Answer with one JSON value and nothing else: no prose, no code fence.".to_owned(),
            ),
            ResponseFormat::JsonSchema { json_schema, .. } if self.traits.native_format => {
                let schema = schema::closed(json_schema);
                self.output_config("format", json!({"type": "json_schema", "schema": schema}));
                None
            }
            ResponseFormat::JsonSchema { json_schema, .. } => Some(format!(
                "Answer with one JSON value and nothing else: no prose, no code fence. It must fit \
                 this JSON Schema:\n{json_schema}"
            )),
        }
    }

    fn output_config(&mut self, key: &str, value: impl Into<Value>) {
        let config = self
            .body
            .entry("output_config")
            .or_insert_with(|| Value::Object(Map::new()));
        config[key] = value.into();
    }
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!({"type": "auto"}),
        ToolChoice::None => json!({"type": "none"}),
        ToolChoice::Required => json!({"type": "any"}),
        ToolChoice::Named(name) => json!({"type": "tool", "name": name}),
    }
}

/// The names of the tools that the conversation calls, each once.
fn used_tools(turns: &[Turn]) -> Vec<&str> {
    let mut names: Vec<&str> = turns
        .iter()
        .flat_map(|turn| &turn.content)
        .filter(|block| block["type"] == "tool_use")
        .filter_map(|block| block["name"].as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn placeholder(name: &str) -> Value {
    json!({"name": name, "description": "", "input_schema": {"type": "object"}})
}
