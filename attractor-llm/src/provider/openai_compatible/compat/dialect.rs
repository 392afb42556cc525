//! The words of the services, where several are in use for one thing.

use serde::{Deserialize, Serialize};

/// The name of the limit of output tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MaxTokensField {
    /// `max_tokens`, the older and more common one.
    MaxTokens,
    /// `max_completion_tokens`.
    MaxCompletionTokens,
}

/// How a service is told how much to reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningFormat {
    /// It can't be told.
    None,
    /// `reasoning_effort: "high"`.
    Effort,
    /// `reasoning: {"effort": "high"}`.
    ReasoningEffort,
    /// `reasoning: {"enabled": true}`.
    ReasoningEnabled,
    /// `thinking: {"type": "enabled"}`.
    ThinkingType,
    /// `thinking: {"type": "enabled"}` and `reasoning_effort: "high"`.
    ThinkingTypeAndEffort,
    /// `enable_thinking: true`.
    EnableThinking,
    /// `disable_reasoning: false`.
    DisableReasoning,
    /// `chat_template_kwargs: {"enable_thinking": true}`.
    TemplateEnableThinking,
    /// `chat_template_kwargs: {"thinking": true}`.
    TemplateThinking,
    /// `chat_template_kwargs: {"reasoning_effort": "high"}`.
    TemplateEffort,
}

/// How reasoning goes back to the model that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningReplay {
    /// Under the name that it came under, details and signatures included.
    AsReceived,
    /// In `reasoning_content`.
    ReasoningContent,
    /// In `reasoning`.
    Reasoning,
    /// In chunks of the content, of the type `thinking`.
    Chunks,
    /// As text before the answer.
    Text,
    /// Not at all.
    Drop,
}

/// The ids that tool calls may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallIds {
    /// Up to 64 letters, digits, `_` and `-`.
    Any,
    /// Exactly nine letters and digits.
    NineAlphanumeric,
}

/// A service's words for the choice among tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolChoiceWords {
    /// `auto`, `none`, `required` and a tool by its name.
    Required,
    /// `any` in place of `required`.
    Any,
    /// It chooses by itself; without tools it calls none.
    AutoOnly,
}

/// How a service is held to a form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StructuredOutput {
    /// By a JSON Schema.
    JsonSchema,
    /// To JSON of any form; the schema stands in the instructions.
    JsonObject,
    /// By nothing but the instructions.
    None,
}

/// How a service takes documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Documents {
    /// As a part `file`, inline.
    Inline,
    /// As a part `file`, inline or by address.
    InlineOrUrl,
    /// As a part `document_url`, inline or by address.
    DocumentUrl,
    /// Only what is text, as text.
    Text,
}
