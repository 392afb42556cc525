//! The agent's errors in the pipeline's terms; pure (attractor-spec appendix D).

use attractor_core::{Error as CoreError, ErrorKind as CoreErrorKind};

use crate::error::{Error, ErrorKind};

/// Transient failures may be retried by the engine, permanent ones never are.
pub(super) fn to_core(error: &Error) -> CoreError {
    let kind = match error.llm() {
        Some(llm) => llm_kind(llm),
        None => match error.kind() {
            ErrorKind::Cancelled | ErrorKind::Closed => CoreErrorKind::Cancelled,
            ErrorKind::Io | ErrorKind::Limit => CoreErrorKind::Transient,
            _ => CoreErrorKind::Terminal,
        },
    };
    let wait = error.llm().and_then(attractor_llm::Error::retry_after);
    let text = match wait {
        Some(wait) => format!("{error}; the provider asks to wait {} s", wait.as_secs()),
        None => error.to_string(),
    };
    CoreError::new(kind, text)
}

fn llm_kind(error: &attractor_llm::Error) -> CoreErrorKind {
    use attractor_llm::ErrorKind;
    match error.kind() {
        ErrorKind::RequestTimeout => CoreErrorKind::Timeout,
        ErrorKind::Abort => CoreErrorKind::Cancelled,
        // An answer cut off in its tool call may be whole the next time.
        ErrorKind::InvalidToolCall => CoreErrorKind::Transient,
        _ if error.is_retryable() => CoreErrorKind::Transient,
        _ => CoreErrorKind::Terminal,
    }
}
