//! A graph that can't run.

use std::fmt;

use super::diagnostic::{Diagnostic, Severity};

/// Validation found errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError {
    diagnostics: Vec<Diagnostic>,
}

impl ValidationError {
    /// The diagnostics as they are when no error is among them, else the error that holds them.
    ///
    /// # Errors
    ///
    /// When one of the diagnostics is an error.
    pub fn check(diagnostics: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Self> {
        if diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
        {
            Err(Self { diagnostics })
        } else {
            Ok(diagnostics)
        }
    }

    /// Everything that was found, warnings included.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Everything that was found, warnings included.
    #[must_use]
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pipeline has errors")?;
        let errors = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error);
        for (number, error) in errors.enumerate() {
            f.write_str(if number == 0 { ": " } else { "; " })?;
            write!(f, "{} ({})", error.message, error.rule)?;
        }
        Ok(())
    }
}

impl std::error::Error for ValidationError {}
