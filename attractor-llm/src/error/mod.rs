//! What can go wrong, told apart by what a caller would do about it.
//!
//! Source: unified-llm-spec 6.

mod classify;
mod kind;
mod overflow;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

pub(crate) use self::classify::classify;
pub use self::kind::ErrorKind;
use crate::generate::StepResult;
use crate::types::Response;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// The error of this crate.
///
/// Decide by [`kind`](Self::kind) or [`is_retryable`](Self::is_retryable), never by the text.
///
/// ```
/// use attractor_llm::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::RateLimit, "too many requests").with_provider("anthropic");
/// assert!(error.is_retryable());
/// assert_eq!(error.to_string(), "anthropic: too many requests");
/// ```
///
/// Source: unified-llm-spec 6.1 and 6.2.
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Inner>);

#[derive(Debug, thiserror::Error)]
#[error("{}{message}{}", before(.provider.as_deref()), after(*.status_code))]
struct Inner {
    kind: ErrorKind,
    message: String,
    provider: Option<String>,
    status_code: Option<u16>,
    error_code: Option<String>,
    retryable: Option<bool>,
    retry_after: Option<Duration>,
    raw: Option<Value>,
    partial_response: Option<Response>,
    steps: Vec<StepResult>,
    source: Option<Source>,
}

impl Error {
    /// An error of the given kind; `message` is a lower-case fragment.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            provider: None,
            status_code: None,
            error_code: None,
            retryable: None,
            retry_after: None,
            raw: None,
            partial_response: None,
            steps: Vec::new(),
            source: None,
        }))
    }

    /// Sets the provider that it came from.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Into<String>) -> Self {
        self.0.provider = Some(provider.into());
        self
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn with_status_code(mut self, status_code: u16) -> Self {
        self.0.status_code = Some(status_code);
        self
    }

    /// Sets the provider's own code.
    #[must_use]
    pub fn with_error_code(mut self, error_code: impl Into<String>) -> Self {
        self.0.error_code = Some(error_code.into());
        self
    }

    /// Says whether a retry may help, where the provider knows better than the kind does.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = Some(retryable);
        self
    }

    /// Sets how long the provider asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    /// Sets the body of the provider's reply.
    #[must_use]
    pub fn with_raw(mut self, raw: Value) -> Self {
        self.0.raw = Some(raw);
        self
    }

    /// Attaches what had arrived before the stream failed.
    #[must_use]
    pub fn with_partial_response(mut self, partial_response: Response) -> Self {
        self.0.partial_response = Some(partial_response);
        self
    }

    /// Attaches the steps that came before the one that failed.
    #[must_use]
    pub fn with_steps(mut self, steps: Vec<StepResult>) -> Self {
        self.0.steps = steps;
        self
    }

    /// Sets the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0
            .retryable
            .unwrap_or_else(|| self.0.kind.is_retryable())
    }

    /// The text without the provider's name.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The provider that it came from.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.0.provider.as_deref()
    }

    /// The HTTP status.
    #[must_use]
    pub fn status_code(&self) -> Option<u16> {
        self.0.status_code
    }

    /// The provider's own code.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.0.error_code.as_deref()
    }

    /// How long the provider asks to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The body of the provider's reply.
    #[must_use]
    pub fn raw(&self) -> Option<&Value> {
        self.0.raw.as_ref()
    }

    /// What had arrived before the stream failed.
    #[must_use]
    pub fn partial_response(&self) -> Option<&Response> {
        self.0.partial_response.as_ref()
    }

    /// The steps of [`generate`](crate::generate()) or one of its siblings that were complete when it
    /// failed: what was said, which tools ran, what it cost.
    #[must_use]
    pub fn steps(&self) -> &[StepResult] {
        &self.0.steps
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("provider", &inner.provider)
            .field("status_code", &inner.status_code)
            .field("error_code", &inner.error_code)
            .field("retryable", &self.is_retryable())
            .field("retry_after", &inner.retry_after)
            .field("partial_response", &inner.partial_response.is_some())
            .field("steps", &inner.steps.len())
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

fn before(provider: Option<&str>) -> String {
    provider
        .map(|provider| format!("{provider}: "))
        .unwrap_or_default()
}

fn after(status_code: Option<u16>) -> String {
    status_code
        .map(|status| format!(" (HTTP {status})"))
        .unwrap_or_default()
}
