//! Length, reasoning, sampling, tools and the answer's form; pure.

use serde_json::{Map, Value, json};

use super::compat::{Compat, MaxTokensField, ReasoningFormat, StructuredOutput, ToolChoiceWords};
use crate::error::{Error, ErrorKind};
use crate::provider::fields::Fields;
use crate::provider::options::is_strict;
use crate::provider::strict::{schema_name, strict};
use crate::types::{Request, ResponseFormat, ToolChoice, Warning};

/// The level that turns reasoning off.
const NO_EFFORT: &str = "none";

/// The parts of a body that aren't the conversation, while it is being built.
#[derive(Debug)]
pub(super) struct Params<'a> {
    pub(super) request: &'a Request,
    pub(super) options: &'a Map<String, Value>,
    pub(super) compat: &'a Compat,
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

    pub(super) fn length(&mut self) {
        let field = match self.compat.max_tokens_field {
            MaxTokensField::MaxTokens => "max_tokens",
            MaxTokensField::MaxCompletionTokens => "max_completion_tokens",
        };
        if let Some(max_tokens) = self.request.max_tokens {
            self.set(field, max_tokens);
        }
    }

    /// The stop sequences, as many as the service takes.
    pub(super) fn stop(&mut self) {
        let wanted = &self.request.stop_sequences;
        let taken = self.compat.max_stop_sequences.unwrap_or(wanted.len());
        if wanted.len() > taken {
            let message = format!("the service takes {taken} stop sequences for this model");
            self.warn("stop_sequences_dropped", message);
        }
        let sent: Vec<&String> = wanted.iter().take(taken).collect();
        if !sent.is_empty() {
            self.set("stop", json!(sent));
        }
    }

    /// `temperature` and `top_p`, as far as the model takes them.
    ///
    /// Runs after the caller's own options are merged in, which may change the effort.
    pub(super) fn sampling(&mut self) {
        let values = [
            ("temperature", self.request.temperature),
            ("top_p", self.request.top_p),
        ];
        if values.iter().all(|(_, value)| value.is_none()) {
            return;
        }
        let off = self
            .body
            .get("reasoning_effort")
            .is_some_and(|it| it == NO_EFFORT);
        if !self.compat.sampling && !off {
            let message = "the model takes neither temperature nor top_p";
            self.warn("sampling_dropped", message);
            return;
        }
        for (key, value) in values {
            if let Some(value) = value
                && !self.body.contains(key)
            {
                self.set(key, value);
            }
        }
    }

    pub(super) fn metadata(&mut self) {
        if self.request.metadata.is_empty() || !self.compat.metadata {
            return;
        }
        // What isn't kept has no use for it, and OpenAI says so with an error.
        if self.compat.store && self.options.get("store") != Some(&Value::Bool(true)) {
            let message = "metadata goes only with answers that are stored";
            self.warn("metadata_dropped", message);
            return;
        }
        self.set("metadata", json!(self.request.metadata));
    }

    /// How much to reason, in the service's dialect.
    pub(super) fn reasoning(&mut self) {
        let Some(wanted) = self.request.reasoning_effort.as_deref() else {
            return;
        };
        let wanted = if wanted == "off" { NO_EFFORT } else { wanted };
        let word = match self.compat.efforts.get(wanted) {
            Some(word) => word.clone(),
            None => Some(wanted.to_owned()),
        };
        let (Some(word), Some(fields)) = (word.clone(), word.and_then(|word| self.spell(&word)))
        else {
            let message = format!("the model can't be asked to reason with the effort {wanted:?}");
            self.warn("reasoning_effort_ignored", message);
            return;
        };
        if word != wanted {
            let message = format!("the effort {wanted:?} is asked for as {word:?}");
            self.warn("reasoning_effort_changed", message);
        }
        for (key, value) in fields {
            self.body.set(key, value);
        }
    }

    /// The fields that ask for an effort; `None` where there are none.
    fn spell(&self, word: &str) -> Option<Map<String, Value>> {
        let on = word != NO_EFFORT;
        let thinking = json!({"type": if on { "enabled" } else { "disabled" }});
        let fields = match self.compat.reasoning_format {
            ReasoningFormat::None => return None,
            ReasoningFormat::Effort => json!({"reasoning_effort": word}),
            ReasoningFormat::ReasoningEffort => json!({"reasoning": {"effort": word}}),
            ReasoningFormat::ReasoningEnabled => json!({"reasoning": {"enabled": on}}),
            ReasoningFormat::ThinkingTypeAndEffort if on => {
                json!({"thinking": thinking, "reasoning_effort": word})
            }
            ReasoningFormat::ThinkingType | ReasoningFormat::ThinkingTypeAndEffort => {
                json!({"thinking": thinking})
            }
            ReasoningFormat::EnableThinking => json!({"enable_thinking": on}),
            ReasoningFormat::DisableReasoning => json!({"disable_reasoning": !on}),
            ReasoningFormat::TemplateEnableThinking => {
                json!({"chat_template_kwargs": {"enable_thinking": on}})
            }
            ReasoningFormat::TemplateThinking => json!({"chat_template_kwargs": {"thinking": on}}),
            ReasoningFormat::TemplateEffort => {
                json!({"chat_template_kwargs": {"reasoning_effort": word}})
            }
        };
        fields.as_object().cloned()
    }

    /// Tools and the choice among them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnsupportedToolChoice`] for a choice that the service has no word for.
    pub(super) fn tools(&mut self) -> Result<(), Error> {
        let request = self.request;
        let others = self.options.get("tools").is_some_and(Value::is_array);
        if request.tools.is_empty() && !others {
            return Ok(());
        }
        match &request.tool_choice {
            None => {}
            Some(ToolChoice::Auto) => self.set("tool_choice", "auto"),
            Some(ToolChoice::None) if self.compat.tool_choice == ToolChoiceWords::AutoOnly => {
                // Without tools there is nothing to choose.
                return Ok(());
            }
            Some(ToolChoice::None) => self.set("tool_choice", "none"),
            Some(_) if self.compat.tool_choice == ToolChoiceWords::AutoOnly => {
                let message = "the service chooses among tools by itself";
                return Err(Error::new(ErrorKind::UnsupportedToolChoice, message));
            }
            Some(ToolChoice::Required) if self.compat.tool_choice == ToolChoiceWords::Any => {
                self.set("tool_choice", "any");
            }
            Some(ToolChoice::Required) => self.set("tool_choice", "required"),
            Some(ToolChoice::Named(name)) => {
                self.set(
                    "tool_choice",
                    json!({"type": "function", "function": {"name": name}}),
                );
            }
        }
        let mut tools: Vec<Value> = Vec::new();
        for tool in &request.tools {
            let mut function = json!({
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
            });
            if is_strict(self.options, &tool.name) {
                match strict(&tool.parameters).filter(|_| self.compat.strict_tools) {
                    Some(parameters) => {
                        function["parameters"] = parameters;
                        function["strict"] = true.into();
                    }
                    None => self.not_strict(&format!("the tool {}", tool.name)),
                }
            }
            tools.push(json!({"type": "function", "function": function}));
        }
        self.set("tools", tools);
        Ok(())
    }

    /// The form of the answer: natively where the model can, else by asking for it.
    ///
    /// Returns what to add to the instructions.
    pub(super) fn response_format(&mut self) -> Option<String> {
        let request = self.request;
        let supported = self.compat.structured_output;
        let (schema, wanted) = match &request.response_format {
            None | Some(ResponseFormat::Text) => return None,
            Some(ResponseFormat::Json) => {
                if supported != StructuredOutput::None {
                    self.set("response_format", json!({"type": "json_object"}));
                }
                // Most services give free JSON only to a conversation that has the word.
                return Some("Answer with one JSON value and nothing else.".to_owned());
            }
            Some(ResponseFormat::JsonSchema {
                json_schema,
                strict,
            }) => (json_schema, *strict),
        };
        if supported != StructuredOutput::JsonSchema {
            if supported == StructuredOutput::JsonObject {
                self.set("response_format", json!({"type": "json_object"}));
            }
            return Some(format!(
                "Answer with one JSON value and nothing else: no prose, no code fence. It must fit \
                 this JSON Schema:\n{schema}"
            ));
        }
        let enforced = if wanted { strict(schema) } else { None };
        if wanted && enforced.is_none() {
            self.not_strict("the answer");
        }
        let format = json!({
            "name": schema_name(schema),
            "strict": enforced.is_some(),
            "schema": enforced.unwrap_or_else(|| schema.clone()),
        });
        self.set(
            "response_format",
            json!({"type": "json_schema", "json_schema": format}),
        );
        None
    }

    fn not_strict(&mut self, what: &str) {
        let message = format!(
            "the schema of {what} isn't enforced exactly: the service can't, or an optional property \
             or a keyword stands against it"
        );
        self.warn("strict_dropped", message);
    }
}
