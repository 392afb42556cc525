//! What can go wrong before, around and after a run, said once and with a way out.

use std::error::Error as StdError;
use std::fmt;

use serde_json::Value;

use crate::exit::Exit;

/// An error of a command: what went wrong, and what to do about it.
///
/// ```
/// use attractor_server::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Misuse, "no such file: plan.dot").hint("check the path");
/// assert_eq!(error.to_string(), "no such file: plan.dot");
/// assert_eq!(error.exit().code(), 2);
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    diagnostics: Vec<Value>,
    answer: Option<Box<Value>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The command can't start as it was typed or set up; correct it and repeat.
    Misuse,
    /// A pipeline is invalid; its diagnostics have been shown.
    InvalidPipeline,
    /// The command started and could not finish.
    Failure,
}

impl Error {
    /// An error with its message: a lower-case fragment that says what and where.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            hint: None,
            diagnostics: Vec::new(),
            answer: None,
            source: None,
        }
    }

    pub(crate) fn misuse(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Misuse, message)
    }

    pub(crate) fn failure(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Failure, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what is wrong with the pipeline, for programs; people have been shown it.
    #[must_use]
    pub(crate) fn diagnosed(mut self, diagnostics: Vec<Value>) -> Error {
        self.diagnostics = diagnostics;
        self
    }

    pub(crate) fn diagnostics(&self) -> &[Value] {
        &self.diagnostics
    }

    /// Adds what a server answered, for programs: the status, the code and the details.
    #[cfg(feature = "serve")]
    #[must_use]
    pub(crate) fn answered(mut self, answer: Value) -> Error {
        self.answer = Some(Box::new(answer));
        self
    }

    pub(crate) fn answer(&self) -> Option<&Value> {
        self.answer.as_deref()
    }

    #[must_use]
    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Error {
        self.source = Some(Box::new(source));
        self
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the user can do about it.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The exit code that goes with it.
    pub fn exit(&self) -> Exit {
        match self.kind {
            ErrorKind::Misuse => Exit::Misuse,
            ErrorKind::InvalidPipeline | ErrorKind::Failure => Exit::Failure,
        }
    }
}

/// What a part of the control plane says, to who has typed a command.
#[cfg(feature = "serve")]
impl From<crate::domain::Error> for Error {
    fn from(error: crate::domain::Error) -> Self {
        use crate::domain::ErrorKind as Kind;
        let kind = match error.kind() {
            Kind::Invalid | Kind::NotFound | Kind::Conflict | Kind::Forbidden => ErrorKind::Misuse,
            _ => ErrorKind::Failure,
        };
        Error::new(kind, error.to_string()).caused_by(error)
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
