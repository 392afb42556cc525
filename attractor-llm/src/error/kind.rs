use std::fmt;

/// What sort of failure an [`Error`](super::Error) is.
///
/// Source: unified-llm-spec 6.1 and 6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The key is missing, wrong or expired.
    Authentication,
    /// The key may not do this.
    AccessDenied,
    /// No such model or endpoint.
    NotFound,
    /// The provider rejects the request as it is.
    InvalidRequest,
    /// Too many requests or tokens for the moment.
    RateLimit,
    /// The provider failed or is overloaded.
    Server,
    /// A safety filter blocked the request or the answer.
    ContentFilter,
    /// The request and its answer don't fit the model's context window.
    ContextLength,
    /// The account's quota or credit is used up.
    QuotaExceeded,
    /// Waiting for the reply or for the next bytes took too long.
    RequestTimeout,
    /// The caller cancelled.
    Abort,
    /// The network failed below HTTP; nothing may have been sent.
    Network,
    /// A stream broke, or ended without its terminal event.
    Stream,
    /// A tool call's arguments are cut off, not JSON or not what the schema asks for.
    InvalidToolCall,
    /// The provider can't choose tools in the way asked for.
    UnsupportedToolChoice,
    /// The answer wasn't the object asked for.
    NoObjectGenerated,
    /// The client isn't set up for this request.
    Configuration,
    /// Something this crate has no name for.
    Unknown,
}

impl ErrorKind {
    /// Whether the same request may succeed later.
    ///
    /// Unknown failures count as passing: a needless retry is cheaper than a needless abort.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            Self::RateLimit | Self::Server | Self::Network | Self::Stream | Self::Unknown => true,
            Self::Authentication
            | Self::AccessDenied
            | Self::NotFound
            | Self::InvalidRequest
            | Self::ContentFilter
            | Self::ContextLength
            | Self::QuotaExceeded
            | Self::RequestTimeout
            | Self::Abort
            | Self::InvalidToolCall
            | Self::UnsupportedToolChoice
            | Self::NoObjectGenerated
            | Self::Configuration => false,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authentication => "authentication",
            Self::AccessDenied => "access denied",
            Self::NotFound => "not found",
            Self::InvalidRequest => "invalid request",
            Self::RateLimit => "rate limit",
            Self::Server => "server",
            Self::ContentFilter => "content filter",
            Self::ContextLength => "context length",
            Self::QuotaExceeded => "quota exceeded",
            Self::RequestTimeout => "request timeout",
            Self::Abort => "abort",
            Self::Network => "network",
            Self::Stream => "stream",
            Self::InvalidToolCall => "invalid tool call",
            Self::UnsupportedToolChoice => "unsupported tool choice",
            Self::NoObjectGenerated => "no object generated",
            Self::Configuration => "configuration",
            Self::Unknown => "unknown",
        })
    }
}
