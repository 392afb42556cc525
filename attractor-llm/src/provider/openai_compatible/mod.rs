//! Chat Completions, the protocol of OpenAI's that most other services speak.
//!
//! Where they differ is data: [`Compat`], detected from the base URL and the model, see [`Service`].
//! Options under `provider_options.<name>`: `strict_tools` (`true`, or a list of names: arguments that
//! fit the schema exactly), `auto_cache` (`false`: no marks for the prompt cache), `compat` (fields of
//! [`Compat`], for this request). Any other goes into the body as it is: `reasoning`, `thinking`,
//! `chat_template_kwargs`, `stream_options` and `metadata` field by field, `tools` beside what is
//! there, and `null` takes a field of the body away.
//!
//! Reasoning comes as [`ContentPart::Thinking`](crate::ContentPart::Thinking) from whatever field a
//! service puts it in and goes back in the same form, signatures and encrypted details included. Of
//! several choices the first is taken. A stream ends well after a finish reason, with `[DONE]` or
//! without it; one without a reason has broken off, unless the service never gives one.
//!
//! Source: unified-llm-spec 7.10.

mod answer;
mod cache;
mod chunk;
mod compat;
mod completion;
mod config;
mod details;
mod discover;
mod error;
mod head;
mod kept;
mod message;
mod messages;
mod open_call;
mod open_content;
mod open_message;
mod options;
mod params;
mod part;
mod parts;
mod protocol;
mod request;
mod response;
mod segment;
mod stream;
mod usage;

pub use self::compat::{
    CallIds, Compat, Documents, MaxTokensField, ReasoningFormat, ReasoningReplay, Service,
    StructuredOutput, ToolChoiceWords,
};
pub use self::config::OpenAiCompatibleBuilder;
pub(crate) use self::discover::discover;
use self::protocol::ChatCompletions;
use super::adapter::{Wire, wire_adapter};

/// Speaks Chat Completions to any service that does.
///
/// ```
/// use attractor_llm::provider::openai_compatible::Service;
/// use attractor_llm::{Client, OpenAiCompatibleAdapter};
///
/// let client = Client::builder()
///     .provider(OpenAiCompatibleAdapter::service(Service::Groq, "gsk_…").build()?)
///     .provider(OpenAiCompatibleAdapter::service(Service::Ollama, "").build()?)
///     .provider(OpenAiCompatibleAdapter::builder("mine", "https://llm.example.com/v1").build()?)
///     .build()?;
/// assert_eq!(client.provider_names(), ["groq", "ollama", "mine"]);
/// # Ok::<(), attractor_llm::Error>(())
/// ```
///
/// Source: unified-llm-spec 7.10.
#[derive(Debug)]
pub struct OpenAiCompatibleAdapter(Wire<ChatCompletions>);

impl OpenAiCompatibleAdapter {
    /// An adapter named `name` for the service at `base_url`, all that stands before
    /// `/chat/completions`; a host alone stands for its `/v1`. It needs no key unless the service does.
    #[must_use]
    pub fn builder(
        name: impl Into<String>,
        base_url: impl Into<String>,
    ) -> OpenAiCompatibleBuilder {
        OpenAiCompatibleBuilder::new(name.into(), base_url.into())
    }

    /// An adapter for a service that is known, under the service's name and at its usual address.
    #[must_use]
    pub fn service(service: Service, api_key: impl AsRef<str>) -> OpenAiCompatibleBuilder {
        OpenAiCompatibleBuilder::of(service).api_key(api_key)
    }

    /// An adapter for Azure OpenAI; `endpoint` is the resource's address, and the models are its
    /// deployments.
    ///
    /// It speaks the API without versions unless
    /// [`api_version`](OpenAiCompatibleBuilder::api_version) names one.
    #[must_use]
    pub fn azure(endpoint: impl Into<String>, api_key: impl AsRef<str>) -> OpenAiCompatibleBuilder {
        Self::service(Service::Azure, api_key).base_url(endpoint)
    }
}

wire_adapter!(OpenAiCompatibleAdapter);
