//! The contract that every provider's adapter keeps, and the adapters this crate brings.
//!
//! Source: unified-llm-spec 2.4 and 7.

pub(crate) mod adapter;
#[cfg(feature = "anthropic")]
pub mod anthropic;
#[cfg(feature = "bedrock")]
pub mod bedrock;
#[cfg(any(feature = "anthropic", feature = "openai"))]
pub(crate) mod beta;
mod capability;
mod credential;
pub(crate) mod discover;
pub(crate) mod drive;
pub(crate) mod effort;
pub(crate) mod endpoint;
pub(crate) mod error_body;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) mod error_code;
pub(crate) mod exchange;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) mod fields;
#[cfg(feature = "gemini")]
pub mod gemini;
pub(crate) mod headers;
pub mod http;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) mod instructions;
pub(crate) mod json;
#[cfg(feature = "gemini")]
pub(crate) mod json_values;
mod latest;
pub(crate) mod local_files;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) mod media;
#[cfg(feature = "openai")]
pub mod openai;
#[cfg(feature = "openai-compatible")]
pub mod openai_compatible;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) mod options;
pub(crate) mod pace;
pub(crate) mod protocol;
mod reply;
#[cfg(any(feature = "anthropic", feature = "bedrock"))]
pub(crate) mod schema;
mod shared;
pub(crate) mod sse;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) mod strict;
mod timeouts;
mod timer;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) mod tool_arguments;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) mod tool_output;
pub(crate) mod transport;
#[cfg(feature = "vertex")]
pub mod vertex;

use std::fmt::Debug;

use async_trait::async_trait;

#[cfg(feature = "anthropic")]
pub use self::anthropic::AnthropicAdapter;
#[cfg(feature = "bedrock")]
pub use self::bedrock::BedrockAdapter;
pub use self::capability::Capabilities;
pub use self::credential::{Credential, CredentialSource};
pub use self::discover::setup_variable;
#[cfg(feature = "gemini")]
pub use self::gemini::GeminiAdapter;
#[cfg(feature = "openai")]
pub use self::openai::OpenAiAdapter;
#[cfg(feature = "openai-compatible")]
pub use self::openai_compatible::OpenAiCompatibleAdapter;
pub use self::timeouts::Timeouts;
#[cfg(feature = "vertex")]
pub use self::vertex::VertexAdapter;
use crate::error::Error;
use crate::types::{EventStream, Request, Response, ToolChoice};

/// Speaks one provider's own protocol.
///
/// Implement [`name`](Self::name), [`complete`](Self::complete), [`stream`](Self::stream) and
/// [`capabilities`](Self::capabilities), then register the adapter with a
/// [`ClientBuilder`](crate::ClientBuilder).
///
/// Source: unified-llm-spec 2.4 and 7.1.
#[async_trait]
pub trait ProviderAdapter: Debug + Send + Sync + 'static {
    /// The name that requests are routed by, for example `anthropic`.
    fn name(&self) -> &str;

    /// Sends the request and waits for the whole answer.
    ///
    /// # Behavior
    ///
    /// - Translates to the provider's native API and sends once: it never retries.
    /// - A reply with an HTTP error status, or an error in the body of a successful one, is an
    ///   `Err` of the kind that unified-llm-spec 6.4 and 6.5 name.
    /// - Blocks and fields it doesn't know never fail the request; blocks are kept as
    ///   [`ContentPart::Other`](crate::ContentPart::Other).
    /// - Dropping the future cancels the request.
    async fn complete(&self, request: Request) -> Result<Response, Error>;

    /// Sends the request and returns the answer's events as they arrive.
    ///
    /// # Behavior
    ///
    /// - The outer `Err` is a failure before anything was delivered, which a caller may retry.
    /// - The first event is `StreamStart`, the last is `Finish`, whose response equals what
    ///   [`complete`](Self::complete) would have given.
    /// - A stream that breaks, or that ends without the provider's terminal event, ends with one
    ///   `Err` that carries what had arrived; nothing follows it.
    /// - Dropping the stream cancels the request.
    async fn stream(&self, request: Request) -> Result<EventStream, Error>;

    /// What the adapter can do.
    ///
    /// # Behavior
    ///
    /// - What is said here is what the conformance suite tests.
    fn capabilities(&self) -> Capabilities;

    /// What it can do with one of its models; the default doesn't tell them apart.
    ///
    /// # Behavior
    ///
    /// - [`generate_object`](crate::generate_object) asks here how to get its object: by the schema
    ///   itself, by a tool, or by words.
    fn capabilities_of(&self, _model: &str) -> Capabilities {
        self.capabilities()
    }

    /// Whether it can choose tools in this way.
    ///
    /// # Behavior
    ///
    /// - A request with a choice it can't make fails with
    ///   [`ErrorKind::UnsupportedToolChoice`](crate::ErrorKind::UnsupportedToolChoice).
    fn supports_tool_choice(&self, tool_choice: &ToolChoice) -> bool {
        self.capabilities().supports_tool_choice(tool_choice)
    }

    /// Where its requests go, for telemetry; `None` if it sends none over the network.
    ///
    /// # Behavior
    ///
    /// - A URL such as `https://api.example.com/v1`; a key is never part of it.
    fn base_url(&self) -> Option<&str> {
        None
    }

    /// Checks its configuration; the default does nothing.
    ///
    /// # Errors
    ///
    /// Whatever makes the adapter unable to serve any request.
    async fn initialize(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Releases what it holds; the default does nothing.
    ///
    /// # Errors
    ///
    /// A failure to release.
    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn ProviderAdapter> = None;
