use std::error::Error as StdError;
use std::fmt;

use serde_json::Value;

/// Why the service didn't do what it was asked for.
///
/// Over HTTP it's a problem document; its kind decides the status code.
///
/// ```
/// use attractor_server::http::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Busy, "8 pipelines are running");
/// assert_eq!(error.kind().status(), 429);
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    diagnostics: Vec<Value>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request isn't of the form it must have: change it.
    InvalidRequest,
    /// The request comes from a page of another site.
    ForeignOrigin,
    /// There is no such pipeline or question.
    NotFound,
    /// The path is right and the method isn't.
    MethodNotAllowed,
    /// It took too long to send the body.
    Timeout,
    /// The state of the pipeline or the question is such that this can't be done: look again.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// The body isn't of a type that is read here.
    UnsupportedMediaType,
    /// The pipeline has errors; the diagnostics say which.
    InvalidPipeline,
    /// The answer is none that the question allows.
    InvalidAnswer,
    /// The pipeline can't be drawn.
    NotDrawable,
    /// As much is being done as may be done at a time: try again later.
    Busy,
    /// The service is shutting down.
    ShuttingDown,
    /// Something in the service or on its disk is broken.
    Internal,
}

impl ErrorKind {
    /// The status code over HTTP.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::ForeignOrigin => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Timeout => 408,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidPipeline | Self::InvalidAnswer | Self::NotDrawable => 422,
            Self::Busy => 429,
            Self::Internal => 500,
            Self::ShuttingDown => 503,
        }
    }

    /// The name in a problem document's type.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid-request",
            Self::ForeignOrigin => "foreign-origin",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Timeout => "timeout",
            Self::Conflict => "conflict",
            Self::TooLarge => "too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::InvalidPipeline => "invalid-pipeline",
            Self::InvalidAnswer => "invalid-answer",
            Self::NotDrawable => "not-drawable",
            Self::Busy => "busy",
            Self::ShuttingDown => "shutting-down",
            Self::Internal => "internal",
        }
    }

    /// What it is, for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request is malformed",
            Self::ForeignOrigin => "Pages of other sites may not use this service",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "The method isn't allowed here",
            Self::Timeout => "The body didn't come in time",
            Self::Conflict => "The present state doesn't allow it",
            Self::TooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The body is of another type",
            Self::InvalidPipeline => "The pipeline is invalid",
            Self::InvalidAnswer => "The answer isn't allowed by the question",
            Self::NotDrawable => "The pipeline can't be drawn",
            Self::Busy => "Too much is being done already",
            Self::ShuttingDown => "The service is shutting down",
            Self::Internal => "The service failed",
        }
    }
}

impl Error {
    /// An error with its message: a lower-case fragment that says what and where.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            diagnostics: Vec::new(),
            source: None,
        }
    }

    pub(super) fn diagnosed(mut self, diagnostics: Vec<Value>) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    pub(super) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What is wrong with the pipeline: JSON objects as `attractor validate --json` prints them.
    pub fn diagnostics(&self) -> &[Value] {
        &self.diagnostics
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Busy | ErrorKind::ShuttingDown | ErrorKind::Timeout
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

/// Errors of the engine that say something about the run, in this crate's terms.
impl From<attractor_core::Error> for Error {
    fn from(error: attractor_core::Error) -> Self {
        use attractor_core::ErrorKind as Core;
        let kind = match error.kind() {
            Core::NotFound => ErrorKind::NotFound,
            Core::AlreadyExists | Core::Locked | Core::GraphChanged | Core::LimitReached => {
                ErrorKind::Conflict
            }
            Core::InvalidInput => ErrorKind::InvalidRequest,
            Core::InvalidGraph => ErrorKind::InvalidPipeline,
            _ => ErrorKind::Internal,
        };
        Self::new(kind, error.to_string()).caused_by(error)
    }
}
