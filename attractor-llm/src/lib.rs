#![doc = include_str!("../README.md")]

mod accumulator;
pub mod catalog;
mod client;
mod env;
pub mod error;
pub mod limits;
pub mod middleware;
pub mod provider;
mod retry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod types;

pub use async_trait::async_trait;

pub use crate::accumulator::StreamAccumulator;
pub use crate::client::{Client, ClientBuilder};
pub use crate::error::{Error, ErrorKind};
pub use crate::middleware::{Logging, Middleware, Next};
pub use crate::provider::{AnthropicAdapter, Capabilities, ProviderAdapter, Timeouts};
pub use crate::retry::{RetryPolicy, retry};
pub use crate::types::{
    AudioData, ContentKind, ContentPart, DocumentData, EventStream, FinishReason, FinishReasonKind,
    ImageData, Message, Origin, OtherData, ProviderMetadata, RateLimitInfo, Request, Response,
    ResponseFormat, Role, StreamEvent, TextData, ThinkingData, ToolCall, ToolCallData, ToolChoice,
    ToolDefinition, ToolResult, ToolResultData, Usage, Warning,
};
