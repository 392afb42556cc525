//! The crate's error type.

use std::error::Error as StdError;
use std::fmt;

/// What went wrong, in the terms a caller can act on.
///
/// Source: attractor-spec appendix D.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The pipeline doesn't parse or has error-severity diagnostics: change the pipeline.
    InvalidGraph,
    /// An argument, option or configuration is wrong: change the call.
    InvalidInput,
    /// There is no run at the place that was named.
    NotFound,
    /// A run is already stored at the place that was named.
    AlreadyExists,
    /// Another process is executing the same run.
    Locked,
    /// A stored file can't be read back: it was damaged or written by something else.
    Damaged,
    /// The pipeline isn't the one the run was started with.
    GraphChanged,
    /// Reading or writing a file, or starting a process, failed.
    Io,
    /// A transient failure of something outside: the same call may succeed later.
    Transient,
    /// A deadline passed.
    Timeout,
    /// A permanent failure of a stage: the same call will fail again.
    Terminal,
    /// The run was cancelled.
    Cancelled,
    /// A limit of the run's budget stands against going on: raise it, and resume.
    LimitReached,
}

/// Why an operation of this crate failed.
///
/// The message is a lower-case fragment that fits behind "failed to …: "; the cause, if there
/// is one, is [`source`](StdError::source).
///
/// ```
/// use attractor_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Transient, "model overloaded");
/// assert!(error.is_retryable());
/// assert_eq!(error.to_string(), "model overloaded");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
        }))
    }

    /// Attaches the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed if it's made again.
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Transient | ErrorKind::Timeout)
    }

    /// The message with those of all causes, separated by colons.
    pub fn chain(&self) -> String {
        let mut text = self.0.message.clone();
        let mut next = self.source();
        while let Some(cause) = next {
            let part = cause.to_string();
            if !text.ends_with(&part) {
                text.push_str(": ");
                text.push_str(&part);
            }
            next = cause.source();
        }
        text
    }

    /// A failed file operation: `what` says what was tried, for example "write /runs/7/lock".
    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, what).with_source(source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_names_every_cause_once() {
        let inner = std::io::Error::other("disk full");
        let error = Error::io("write journal", inner);
        assert_eq!(error.chain(), "write journal: disk full");
        assert_eq!(error.to_string(), "write journal");
    }

    #[test]
    fn only_transient_failures_and_timeouts_are_retryable() {
        assert!(Error::new(ErrorKind::Transient, "x").is_retryable());
        assert!(Error::new(ErrorKind::Timeout, "x").is_retryable());
        assert!(!Error::new(ErrorKind::Terminal, "x").is_retryable());
        assert!(!Error::new(ErrorKind::Io, "x").is_retryable());
    }
}
