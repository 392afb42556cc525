//! The crate's one error.

use std::fmt;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What a caller can do about an [`Error`].
///
/// Tool errors reach the model as text, so that it can choose another way; the kind is for the
/// host and for tools that treat a missing file differently from an unreadable one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or directory that doesn't exist.
    NotFound,
    /// The operating system or a policy refused.
    PermissionDenied,
    /// What was asked for can't be done with this input: wrong arguments, binary file, ambiguous
    /// edit. The same call fails again.
    InvalidInput,
    /// Something is larger than a limit, or a limit was reached.
    Limit,
    /// The session or the call was cancelled.
    Cancelled,
    /// The session is closed and takes no further input.
    Closed,
    /// The model call failed; [`Error::llm`] has the reason.
    Model,
    /// No profile, unknown provider, bad schema: the host must change its set-up.
    Configuration,
    /// The environment can't do this at all, whatever the input.
    Unsupported,
    /// Reading, writing or starting a process failed for another reason.
    Io,
}

/// An error of the agent: an [`ErrorKind`], a lower-case message that fits "failed to …", and
/// the cause.
///
/// ```
/// use attractor_agent::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::NotFound, "src/lib.rs does not exist");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "src/lib.rs does not exist");
/// ```
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Source>,
}

impl Error {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later: only a model call that failed transiently.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.llm().is_some_and(attractor_llm::Error::is_retryable)
    }

    /// The error of the model call, where that is the cause.
    #[must_use]
    pub fn llm(&self) -> Option<&attractor_llm::Error> {
        self.source.as_ref()?.downcast_ref()
    }

    pub(crate) fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "cancelled")
    }

    /// An I/O error with what was being done, e.g. `"read src/lib.rs"`.
    pub(crate) fn io(doing: &str, error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                ErrorKind::PermissionDenied
            }
            _ => ErrorKind::Io,
        };
        let reason = match kind {
            ErrorKind::NotFound => "no such file or directory".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        Self::new(kind, format!("{doing}: {reason}")).with_source(error)
    }
}

impl From<attractor_llm::Error> for Error {
    fn from(error: attractor_llm::Error) -> Self {
        Self::new(ErrorKind::Model, error.to_string()).with_source(error)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
