use serde::{Deserialize, Serialize};

use super::{
    FinishReason, FinishReasonKind, Message, RateLimitInfo, Raw, ToolCall, Usage, Warning,
};

/// What a model answered.
///
/// Source: unified-llm-spec 3.7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Response {
    /// The provider's id of the response.
    pub id: String,
    /// The model that answered, which may not be spelt as it was asked for.
    pub model: String,
    /// The provider that answered.
    pub provider: String,
    /// The answer.
    pub message: Message,
    /// Why the generation stopped.
    pub finish_reason: FinishReason,
    /// Tokens used.
    pub usage: Usage,
    /// The provider's own reply; after a stream, what its events add up to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
    /// What didn't fail the request but may matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// What is left of the provider's allowance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitInfo>,
}

impl Response {
    /// A response of `provider`'s `model`, with an id still to be set and no usage.
    #[must_use]
    pub fn new(
        provider: impl Into<String>,
        model: impl Into<String>,
        message: Message,
        finish_reason: impl Into<FinishReason>,
    ) -> Self {
        Self {
            id: String::new(),
            model: model.into(),
            provider: provider.into(),
            message,
            finish_reason: finish_reason.into(),
            usage: Usage::default(),
            raw: None,
            warnings: Vec::new(),
            rate_limit: None,
        }
    }

    /// Sets the id.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets the usage.
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// All text, one part after the other.
    #[must_use]
    pub fn text(&self) -> String {
        self.message.text()
    }

    /// The tool calls, in order.
    #[must_use]
    pub fn tool_calls(&self) -> Vec<ToolCall> {
        self.message.tool_calls()
    }

    /// The readable reasoning; `None` when there is none.
    #[must_use]
    pub fn reasoning(&self) -> Option<String> {
        self.message.reasoning()
    }

    /// Whether the prompt didn't fit a window of so many tokens though the provider didn't say so.
    ///
    /// Some servers take what is too long, cut it and answer (the reported input is larger than the
    /// window), others leave no room for an answer (it ends for its length without a token, and the
    /// window is full to 99 %). [`generate`](crate::generate()) looks for both where the catalog
    /// knows the window.
    ///
    /// ```
    /// use attractor_llm::{FinishReasonKind, Message, Response, Usage};
    ///
    /// let response = Response::new("zai", "glm", Message::assistant("Hi."), FinishReasonKind::Stop)
    ///     .usage(Usage::new(150_000, 2));
    /// assert!(response.is_context_overflow(128_000));
    /// assert!(!response.is_context_overflow(200_000));
    /// ```
    #[must_use]
    pub fn is_context_overflow(&self, context_window: u64) -> bool {
        let input = self.usage.total_input_tokens();
        let is_full = || input >= context_window.saturating_sub(context_window / 100);
        match self.finish_reason.reason {
            _ if input > context_window => true,
            FinishReasonKind::Length => self.usage.output_tokens == 0 && is_full(),
            _ => false,
        }
    }
}
