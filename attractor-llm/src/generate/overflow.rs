//! Prompts that didn't fit though the provider didn't say so; pure.

use crate::catalog::ModelInfo;
use crate::error::{Error, ErrorKind};
use crate::types::{Response, Warning};

/// Looks whether the response's prompt was larger than the model's window.
///
/// An answer that has anything in it was paid for, and the catalog may be behind: that is only a
/// warning.
///
/// # Errors
///
/// [`ErrorKind::ContextLength`] with the response when there is nothing in it.
pub(super) fn check(mut response: Response, model: Option<&ModelInfo>) -> Result<Response, Error> {
    let Some(window) = model.and_then(limit) else {
        return Ok(response);
    };
    if !response.is_context_overflow(window) {
        return Ok(response);
    }
    let tokens = response.usage.total_input_tokens();
    let message = format!("the prompt of {tokens} tokens doesn't fit the window of {window}");
    if response.text().is_empty() && response.tool_calls().is_empty() {
        return Err(Error::new(ErrorKind::ContextLength, message)
            .with_provider(&response.provider)
            .with_partial_response(response));
    }
    response
        .warnings
        .push(Warning::new("context_overflow", message));
    Ok(response)
}

/// The most tokens that a prompt may have. A model with prices for larger prompts takes them: its
/// window is only where the first price ends.
fn limit(model: &ModelInfo) -> Option<u64> {
    let window = model.context_window;
    let goes_on = model
        .tiers
        .iter()
        .any(|tier| tier.input_tokens_above >= window);
    (window > 0 && !goes_on).then_some(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::model_info;
    use crate::types::{FinishReasonKind, Message, Usage};

    fn answered(text: &str, reason: FinishReasonKind, input: u64, output: u64) -> Response {
        Response::new("p", "m", Message::assistant(text), reason).usage(Usage::new(input, output))
    }

    #[test]
    fn only_an_answer_with_nothing_in_it_is_an_error() {
        let model = ModelInfo::new("p", "m", 1_000);
        let check = |response| check(response, Some(&model));
        let empty = answered("", FinishReasonKind::Length, 995, 0);
        let error = check(empty.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ContextLength);
        assert_eq!(error.partial_response(), Some(&empty));
        let cut = check(answered("Hi.", FinishReasonKind::Stop, 1_001, 2)).unwrap();
        assert_eq!(cut.warnings[0].code.as_deref(), Some("context_overflow"));
        for fits in [
            answered("Hi.", FinishReasonKind::Stop, 1_000, 2),
            answered("Hi.", FinishReasonKind::Length, 995, 5),
            answered("", FinishReasonKind::Length, 900, 0),
            answered("", FinishReasonKind::Stop, 995, 0),
        ] {
            assert_eq!(check(fits.clone()).unwrap(), fits);
        }
    }

    #[test]
    fn what_the_cache_served_fills_the_window_too() {
        let mut response = answered("", FinishReasonKind::Length, 5, 0);
        response.usage = Usage::new(5, 0).cache_beside_input(Some(995), None);
        assert!(check(response, Some(&ModelInfo::new("p", "m", 1_000))).is_err());
    }

    #[test]
    fn a_window_that_is_not_known_or_has_dearer_tokens_beyond_it_is_no_limit() {
        let large = answered("", FinishReasonKind::Stop, 500_000, 0);
        assert!(check(large.clone(), None).is_ok());
        assert!(check(large.clone(), model_info("gpt-5.4")).is_ok());
        assert!(check(large, model_info("gpt-5")).is_err());
    }
}
