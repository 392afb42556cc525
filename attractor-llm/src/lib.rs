#![doc = include_str!("../README.md")]

pub mod catalog;
mod client;
mod env;
pub mod error;
pub mod limits;
pub mod middleware;
pub mod provider;
#[cfg(feature = "testing")]
pub mod testing;
pub mod types;

pub use async_trait::async_trait;

pub use crate::client::{Client, ClientBuilder};
pub use crate::error::{Error, ErrorKind};
pub use crate::middleware::{Middleware, Next};
pub use crate::provider::{Capabilities, ProviderAdapter};
pub use crate::types::{
    AudioData, ContentKind, ContentPart, DocumentData, EventStream, FinishReason, FinishReasonKind,
    ImageData, Message, Origin, OtherData, ProviderMetadata, RateLimitInfo, Request, Response,
    ResponseFormat, Role, StreamEvent, TextData, ThinkingData, ToolCall, ToolCallData, ToolChoice,
    ToolDefinition, ToolResult, ToolResultData, Usage, Warning,
};
