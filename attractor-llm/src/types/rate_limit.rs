use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// How much of the provider's allowance is left, from the headers of a reply.
///
/// For information only: the client doesn't throttle by it.
///
/// Source: unified-llm-spec 3.12.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateLimitInfo {
    /// Requests left in the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_remaining: Option<u64>,
    /// Requests a window allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_limit: Option<u64>,
    /// Tokens left in the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_remaining: Option<u64>,
    /// Tokens a window allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_limit: Option<u64>,
    /// When the window that is fullest starts again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_at: Option<SystemTime>,
}
