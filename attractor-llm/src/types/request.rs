use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Message, ResponseFormat, ToolChoice, ToolDefinition};

/// What is asked of a model; the input of both `complete` and `stream`.
///
/// ```
/// use attractor_llm::{Message, Request};
///
/// let request = Request::new("claude-opus-5-5", vec![Message::user("Name a prime.")])
///     .max_tokens(100)
///     .reasoning_effort("low")
///     .provider_option("anthropic", "auto_cache", false);
/// assert_eq!(request.max_tokens, Some(100));
/// ```
///
/// Source: unified-llm-spec 3.6.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Request {
    /// The provider's own model id, or `provider/model`.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The provider to send it to; the client's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The tools that the model may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolDefinition>,
    /// Whether and which tools it uses; the provider's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// What form the answer takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// The sampling temperature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The nucleus sampling bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// The most tokens the model may generate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Texts that end the generation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<String>,
    /// How much to reason, for example `low`, `medium` or `high`; the provider's default when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// Free key and value pairs, for middleware and for providers that take them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Parameters of one provider, under its name. Code that uses this isn't portable.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub provider_options: Map<String, Value>,
}

impl Request {
    /// A request with nothing but a model and a conversation.
    #[must_use]
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            model: model.into(),
            messages,
            provider: None,
            tools: Vec::new(),
            tool_choice: None,
            response_format: None,
            temperature: None,
            top_p: None,
            max_tokens: None,
            stop_sequences: Vec::new(),
            reasoning_effort: None,
            metadata: BTreeMap::new(),
            provider_options: Map::new(),
        }
    }

    /// Sets the provider.
    #[must_use]
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Sets the tools.
    #[must_use]
    pub fn tools(mut self, tools: Vec<ToolDefinition>) -> Self {
        self.tools = tools;
        self
    }

    /// Sets whether and which tools the model uses.
    #[must_use]
    pub fn tool_choice(mut self, tool_choice: ToolChoice) -> Self {
        self.tool_choice = Some(tool_choice);
        self
    }

    /// Sets what form the answer takes.
    #[must_use]
    pub fn response_format(mut self, response_format: ResponseFormat) -> Self {
        self.response_format = Some(response_format);
        self
    }

    /// Sets the sampling temperature.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Sets the nucleus sampling bound.
    #[must_use]
    pub fn top_p(mut self, top_p: f64) -> Self {
        self.top_p = Some(top_p);
        self
    }

    /// Sets the most tokens the model may generate.
    #[must_use]
    pub fn max_tokens(mut self, max_tokens: u64) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// Sets the texts that end the generation.
    #[must_use]
    pub fn stop_sequences(mut self, stop_sequences: Vec<String>) -> Self {
        self.stop_sequences = stop_sequences;
        self
    }

    /// Sets how much the model reasons.
    #[must_use]
    pub fn reasoning_effort(mut self, reasoning_effort: impl Into<String>) -> Self {
        self.reasoning_effort = Some(reasoning_effort.into());
        self
    }

    /// Sets the free key and value pairs.
    #[must_use]
    pub fn metadata(mut self, metadata: BTreeMap<String, String>) -> Self {
        self.metadata = metadata;
        self
    }

    /// Sets the parameters of all providers at once.
    #[must_use]
    pub fn provider_options(mut self, provider_options: Map<String, Value>) -> Self {
        self.provider_options = provider_options;
        self
    }

    /// Sets one parameter of one provider.
    #[must_use]
    pub fn provider_option(mut self, provider: &str, key: &str, value: impl Into<Value>) -> Self {
        let options = self
            .provider_options
            .entry(provider)
            .or_insert_with(|| Value::Object(Map::new()));
        if !options.is_object() {
            *options = Value::Object(Map::new());
        }
        options[key] = value.into();
        self
    }

    /// The parameters meant for `provider`, where they are an object.
    #[must_use]
    pub fn options_for(&self, provider: &str) -> Option<&Map<String, Value>> {
        self.provider_options.get(provider)?.as_object()
    }
}
