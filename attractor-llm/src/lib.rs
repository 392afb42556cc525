#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(any(
        feature = "anthropic",
        feature = "bedrock",
        feature = "gemini",
        feature = "openai",
        feature = "openai-compatible"
    )),
    expect(unused, reason = "what the adapters share has no user without one")
)]

mod accumulator;
pub mod cassette;
pub mod catalog;
mod client;
mod env;
pub mod error;
pub mod generate;
pub mod handoff;
pub mod limits;
pub mod middleware;
pub mod provider;
mod retry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod types;

pub use async_trait::async_trait;
pub use schemars::{self, JsonSchema};

pub use crate::accumulator::StreamAccumulator;
pub use crate::client::{Client, ClientBuilder, default_client, set_default_client};
pub use crate::error::{Error, ErrorKind};
pub use crate::generate::{
    Approval, GenerateResult, Generation, PartialJson, StepResult, StopCondition,
    StreamObjectResult, StreamResult, TimeoutConfig, Tool, ToolContent, ToolContext, ToolError,
    ToolHandler, ToolOutput, generate, generate_object, generate_object_with_schema, stream,
    stream_object, stream_object_with_schema,
};
#[cfg(feature = "otel")]
pub use crate::middleware::Tracing;
pub use crate::middleware::{
    CostBudget, DefaultSettings, ExtractThinking, Fallback, Logging, Middleware, Next, NextTool,
    RateLimit, ResponseCache,
};
#[cfg(feature = "anthropic")]
pub use crate::provider::AnthropicAdapter;
#[cfg(feature = "bedrock")]
pub use crate::provider::BedrockAdapter;
#[cfg(feature = "gemini")]
pub use crate::provider::GeminiAdapter;
#[cfg(feature = "openai")]
pub use crate::provider::OpenAiAdapter;
#[cfg(feature = "openai-compatible")]
pub use crate::provider::OpenAiCompatibleAdapter;
#[cfg(feature = "vertex")]
pub use crate::provider::VertexAdapter;
pub use crate::provider::{Capabilities, Credential, CredentialSource, ProviderAdapter, Timeouts};
pub use crate::retry::{RetryPolicy, retry};
pub use crate::types::{
    AudioData, Content, ContentKind, ContentPart, DocumentData, EventStream, FinishReason,
    FinishReasonKind, ImageData, Message, Origin, OtherData, ProviderMetadata, RateLimitInfo, Raw,
    Request, Response, ResponseFormat, Role, StreamEvent, TextData, ThinkingData, ToolCall,
    ToolCallData, ToolChoice, ToolDefinition, ToolResult, ToolResultData, Usage, Warning,
};
