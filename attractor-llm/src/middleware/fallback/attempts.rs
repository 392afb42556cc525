//! What failed before.

use std::error::Error as StdError;
use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::types::Warning;

/// The failures so far, with the models' names.
#[derive(Debug, Default)]
pub(super) struct Attempts(Vec<(String, Error)>);

impl Attempts {
    pub(super) fn failed(&mut self, model: String, error: Error) {
        self.0.push((model, error));
    }

    /// A warning for each failure, for the answer that `model` gave in the end.
    pub(super) fn warnings(&self, model: &str) -> Vec<Warning> {
        let warning = |(failed, error): &(String, Error)| {
            let kind = error.kind();
            Warning::new(
                "fallback",
                format!("{failed} failed ({kind}: {error}); {model} answered"),
            )
        };
        self.0.iter().map(warning).collect()
    }

    /// The last failure, with those before it.
    pub(super) fn end(mut self) -> Error {
        match self.0.pop() {
            Some((_, last)) => self.end_with(last),
            None => Error::new(ErrorKind::Configuration, "there is no model to ask"),
        }
    }

    /// This failure, with those before it.
    pub(super) fn end_with(self, last: Error) -> Error {
        if self.0.is_empty() {
            return last;
        }
        last.with_source(FailedAttempts(self.0))
    }
}

/// What failed before the last error of a [`Fallback`](super::Fallback), which has this as its
/// source.
///
/// ```
/// use std::error::Error as _;
///
/// use attractor_llm::Error;
/// use attractor_llm::middleware::FailedAttempts;
///
/// fn causes(error: &Error) -> Vec<String> {
///     let before = error.source().and_then(|source| source.downcast_ref::<FailedAttempts>());
///     let errors = before.into_iter().flat_map(FailedAttempts::errors);
///     errors.map(|(model, error)| format!("{model}: {}", error.kind())).collect()
/// }
/// # assert!(causes(&Error::new(attractor_llm::ErrorKind::Server, "busy")).is_empty());
/// ```
#[derive(Debug)]
pub struct FailedAttempts(Vec<(String, Error)>);

impl FailedAttempts {
    /// Each model that failed, as `provider/model`, with its error, in order.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &Error)> {
        self.0.iter().map(|(model, error)| (model.as_str(), error))
    }
}

impl fmt::Display for FailedAttempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed before: ")?;
        for (index, (model, error)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "; " };
            write!(f, "{comma}{model} ({error})")?;
        }
        Ok(())
    }
}

impl StdError for FailedAttempts {}
