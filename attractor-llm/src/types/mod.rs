//! The data model that every provider's wire format is translated to and from.
//!
//! Source: unified-llm-spec 3.

mod bytes_base64;
mod content;
mod finish_reason;
mod media;
mod message;
mod parts;
mod rate_limit;
mod raw;
mod request;
mod response;
mod response_format;
mod stream_event;
mod thinking;
mod tool;
mod usage;
mod warning;

pub use content::{ContentKind, ContentPart, OtherData, TextData, ToolCallData, ToolResultData};
pub use finish_reason::{FinishReason, FinishReasonKind};
pub use media::{AudioData, DocumentData, ImageData};
pub use message::{Message, Role};
pub use parts::Content;
pub use rate_limit::RateLimitInfo;
pub use raw::Raw;
pub use request::Request;
pub use response::Response;
pub use response_format::ResponseFormat;
pub use stream_event::{EventStream, StreamEvent};
pub use thinking::{Origin, ThinkingData};
pub use tool::{ToolCall, ToolChoice, ToolDefinition, ToolResult};
pub use usage::Usage;
pub use warning::Warning;

/// Opaque values a provider attached to a part, keyed by the provider's name.
///
/// Citations, thought signatures, item ids: whatever has to come back verbatim when the part is
/// sent to the same provider again. Other providers ignore it.
pub type ProviderMetadata = serde_json::Map<String, serde_json::Value>;
