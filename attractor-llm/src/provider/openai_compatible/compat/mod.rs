//! Where the services that speak Chat Completions differ, as data.
//!
//! `services.json` holds a row for each [`Service`]: how its hosts
//! are recognised and what it does differently from [`Compat::default`], in all and for some of its
//! models. What isn't in the table is set with
//! [`OpenAiCompatibleBuilder::compat`](super::OpenAiCompatibleBuilder::compat) or
//! [`adjust_compat`](super::OpenAiCompatibleBuilder::adjust_compat).

mod dialect;
mod service;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::dialect::{
    CallIds, Documents, MaxTokensField, ReasoningFormat, ReasoningReplay, StructuredOutput,
    ToolChoiceWords,
};
pub use self::service::Service;

/// What a service takes, and in which words.
///
/// ```
/// use attractor_llm::provider::openai_compatible::{Compat, ToolChoiceWords};
///
/// let mistral = Compat::detect("https://api.mistral.ai/v1", "mistral-large-latest");
/// assert_eq!(mistral.tool_choice, ToolChoiceWords::Any);
/// // A host that isn't known has the habits that most have.
/// assert_eq!(Compat::detect("https://example.com/v1", "m"), Compat::default());
/// ```
///
/// Source: unified-llm-spec 7.10.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Compat {
    /// Has a role of its own for the application's instructions; else they are the system's.
    pub developer_role: bool,
    /// Takes instructions only as one message at the beginning, as many chat templates do; later
    /// ones go out as the user's.
    pub system_first: bool,
    /// The name of the limit of output tokens.
    pub max_tokens_field: MaxTokensField,
    /// Takes `temperature` and `top_p`; models that reason often don't.
    pub sampling: bool,
    /// The most stop sequences; any number when absent.
    pub max_stop_sequences: Option<usize>,
    /// Tells the usage of a stream when asked with `stream_options`; a service that tells it unasked
    /// may refuse the question.
    pub stream_usage: bool,
    /// Says why it stopped: a stream that doesn't has broken off.
    pub finish_reason: bool,
    /// Keeps answers unless told not to (`store`).
    pub store: bool,
    /// Takes `metadata`.
    pub metadata: bool,
    /// How it is told how much to reason.
    pub reasoning_format: ReasoningFormat,
    /// Its words for levels of reasoning, where they aren't the unified ones; `null` where it has
    /// none. The level that turns reasoning off is `none`.
    pub efforts: BTreeMap<String, Option<String>>,
    /// How reasoning goes back to the model that it came from.
    pub reasoning_replay: ReasoningReplay,
    /// Wants reasoning, be it empty, with each of the model's turns that calls tools.
    pub reasoning_with_calls: bool,
    /// Wants the tool's name with its result.
    pub tool_result_name: bool,
    /// Refuses the user's turn directly after results of tools, so that one of the model's stands
    /// between them.
    pub assistant_after_tool_result: bool,
    /// The ids that calls may have.
    pub tool_call_ids: CallIds,
    /// Its words for the choice among tools.
    pub tool_choice: ToolChoiceWords,
    /// Takes `parallel_tool_calls`.
    pub parallel_tool_calls: bool,
    /// Holds arguments to the tool's schema when asked (`strict`).
    pub strict_tools: bool,
    /// How it is held to a form of the answer.
    pub structured_output: StructuredOutput,
    /// Caches what is marked with `cache_control`, as Anthropic's models do; the breakpoints are set
    /// on the instructions, the last tool and the last two turns of the user.
    pub cache_control: bool,
    /// Takes images.
    pub images: bool,
    /// How it takes documents.
    pub documents: Documents,
    /// Takes recordings.
    pub audio: bool,
}

impl Default for Compat {
    /// What most services do that aren't in the table, local ones in the first place.
    fn default() -> Self {
        Self {
            developer_role: false,
            system_first: true,
            max_tokens_field: MaxTokensField::MaxTokens,
            sampling: true,
            max_stop_sequences: None,
            stream_usage: true,
            finish_reason: true,
            store: false,
            metadata: false,
            reasoning_format: ReasoningFormat::Effort,
            efforts: BTreeMap::new(),
            reasoning_replay: ReasoningReplay::AsReceived,
            reasoning_with_calls: false,
            tool_result_name: false,
            assistant_after_tool_result: false,
            tool_call_ids: CallIds::Any,
            tool_choice: ToolChoiceWords::Required,
            parallel_tool_calls: true,
            strict_tools: false,
            structured_output: StructuredOutput::JsonSchema,
            cache_control: false,
            images: true,
            documents: Documents::Inline,
            audio: true,
        }
    }
}

impl Compat {
    /// What the service at a base URL takes for a model, as far as the table knows.
    #[must_use]
    pub fn detect(base_url: &str, model: &str) -> Self {
        match Service::detect(base_url) {
            Some(service) => service.compat(model),
            None => Self::default(),
        }
    }
}
