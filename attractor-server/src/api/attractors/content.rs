use attractor_core::{Pipeline, Severity};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::api::check as fields;
use crate::api::limits::{ATTRACTOR_BYTES, DIAGNOSTICS, MESSAGE_CHARACTERS};
use crate::domain::{Error, ErrorKind, NewAttractorVersion};
use crate::{compose, diagnostics};

/// What was found in a pipeline's text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Validation {
    /// Whether it can be run.
    pub(crate) valid: bool,
    pub(crate) error_count: usize,
    pub(crate) warning_count: usize,
    /// As `attractor validate --json` prints them.
    pub(crate) diagnostics: Vec<Value>,
}

/// A pipeline's text, and what was found in it.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) validation: Validation,
    /// The pipeline, if the text is one.
    pub(crate) pipeline: Option<Pipeline>,
}

/// Reads a pipeline's text; no file that it names is looked for.
pub(crate) fn check(content: &str) -> Result<Checked, Error> {
    if content.len() > ATTRACTOR_BYTES {
        let message = format!("content: it may have at most {ATTRACTOR_BYTES} bytes");
        return Err(Error::new(
            ErrorKind::TooLarge,
            "content_too_large",
            message,
        ));
    }
    let (found, pipeline) = match compose::checker().prepare(content) {
        Ok(pipeline) => (pipeline.diagnostics().to_vec(), Some(pipeline)),
        Err(error) => (error.diagnostics, None),
    };
    let count = |severity| found.iter().filter(|it| it.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let shown = found.get(..DIAGNOSTICS).unwrap_or(&found);
    Ok(Checked {
        validation: Validation {
            valid: errors == 0,
            error_count: errors,
            warning_count: warnings,
            diagnostics: diagnostics::to_json(content, shown),
        },
        pipeline,
    })
}

/// A text that is to be kept: it must be a pipeline that can be run.
pub(super) fn to_keep(
    content: String,
    author: &str,
    message: Option<String>,
    expected_version: Option<i64>,
) -> Result<NewAttractorVersion, Error> {
    if let Some(message) = &message {
        fields::text("message", message, (1, MESSAGE_CHARACTERS))?;
    }
    let checked = check(&content)?;
    if !checked.validation.valid {
        let count = checked.validation.error_count;
        let message = match count {
            1 => "the pipeline has an error".to_owned(),
            _ => format!("the pipeline has {count} errors"),
        };
        return Err(Error::invalid("invalid_pipeline", message)
            .with_details(json!({ "validation": checked.validation })));
    }
    let sum = Sha256::digest(content.as_bytes());
    Ok(NewAttractorVersion {
        content_sha256: hex(&sum),
        content,
        author: Some(author.to_owned()),
        message,
        expected_version,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pipeline_that_can_be_run_is_kept() {
        let good = "digraph x { start [shape=Mdiamond]; exit [shape=Msquare]; start -> exit }";
        let kept = to_keep(good.to_owned(), "me", None, None).unwrap();
        assert_eq!(kept.content_sha256.len(), 64);
        let error = to_keep("digraph x { a -> }".to_owned(), "me", None, None).unwrap_err();
        assert_eq!(error.code(), "invalid_pipeline");
        let validation = &error.details().unwrap()["validation"];
        assert!(
            validation["diagnostics"][0]["line"].is_u64(),
            "{validation}"
        );
        let large = "x".repeat(ATTRACTOR_BYTES + 1);
        assert_eq!(check(&large).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
