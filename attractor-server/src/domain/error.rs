use std::error::Error as StdError;
use std::fmt;

use serde_json::Value;

/// Why the control plane didn't do what it was asked for.
///
/// Every part of it, from the store to the forge, fails with this type; over HTTP the kind decides
/// the status code, and the message is the body's `error`.
///
/// ```
/// use attractor_server::domain::{Error, ErrorKind};
///
/// let error = Error::conflict("run_active", "run c1 works on the branch already");
/// assert_eq!(error.kind(), ErrorKind::Conflict);
/// assert_eq!(error.kind().status(), 409);
/// assert_eq!(error.code(), "run_active");
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    code: &'static str,
    message: String,
    details: Option<Value>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request says something that can't be: change it.
    Invalid,
    /// It isn't known who asks: sign in, or send a token.
    Unauthenticated,
    /// Who asks may not do this.
    Forbidden,
    /// There is no such thing, or none that the caller may see.
    NotFound,
    /// The present state doesn't allow it: look again.
    Conflict,
    /// More was sent than is taken.
    TooLarge,
    /// Too much was asked for in a short time: wait.
    RateLimited,
    /// Another service that is needed said no or something that makes no sense.
    Upstream,
    /// A part that is needed can't be reached now: the same request may succeed later.
    Unavailable,
    /// Something in the server is broken.
    Internal,
}

impl ErrorKind {
    /// The status code over HTTP.
    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Upstream => 502,
            Self::Unavailable => 503,
        }
    }
}

impl Error {
    /// An error: a word for programs, and a lower-case sentence that says what, where and what to do.
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            kind,
            code,
            message,
            details: None,
            source: None,
        }
    }

    /// [`ErrorKind::Invalid`].
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, code, message)
    }

    /// [`ErrorKind::NotFound`], of a kind of thing: `project`, `run`.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            ErrorKind::NotFound,
            "not_found",
            format!("there is no such {what}"),
        )
    }

    /// [`ErrorKind::Conflict`].
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, code, message)
    }

    /// [`ErrorKind::Unavailable`].
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, "unavailable", message)
    }

    /// [`ErrorKind::Internal`]: the message is for the log, not for the client.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, "internal", message)
    }

    /// Adds what a program can use: diagnostics, the id of the other run.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// Adds what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What happened in a word, for programs: `not_found`, `run_active`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What a program can use, if there is more to say.
    pub fn details(&self) -> Option<&Value> {
        self.details.as_ref()
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Upstream
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
        self.source.as_deref().map(|source| source as _)
    }
}
