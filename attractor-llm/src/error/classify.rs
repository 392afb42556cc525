//! What kind of failure a provider reports; pure.
//!
//! Source: unified-llm-spec 6.4 and 6.5. This is the one place that decides by a text, which is
//! the provider's own.

use super::ErrorKind;
use super::overflow::says_overflow;

/// The kind of a reply with the given status, provider's code and message.
///
/// `status` is 0 where the error came without one, in a stream for instance. `retry_hint` says
/// that the reply tells when to try again, which an exhausted quota doesn't.
pub(crate) fn classify(
    status: u16,
    code: Option<&str>,
    message: &str,
    retry_hint: bool,
) -> ErrorKind {
    let text = message.to_lowercase();
    let code = code.unwrap_or_default().to_lowercase();
    match status {
        401 => ErrorKind::Authentication,
        402 => ErrorKind::QuotaExceeded,
        403 if says_quota(&text, &code) => ErrorKind::QuotaExceeded,
        403 => ErrorKind::AccessDenied,
        404 => ErrorKind::NotFound,
        408 => ErrorKind::RequestTimeout,
        413 => ErrorKind::ContextLength,
        // Google's text for a minute's limit is that of a used up quota; a code is certain.
        429 if is_quota(&code) || says_quota(&text, &code) && !retry_hint => {
            ErrorKind::QuotaExceeded
        }
        429 => ErrorKind::RateLimit,
        // Local servers report a prompt that doesn't fit as their own failure.
        500 if says_overflow(&text, &code) => ErrorKind::ContextLength,
        500..=599 => ErrorKind::Server,
        // The base URL points somewhere else than the API.
        300..=399 => ErrorKind::Configuration,
        400 | 422 => by_text(&text, &code).unwrap_or(ErrorKind::InvalidRequest),
        _ => by_text(&text, &code).unwrap_or(ErrorKind::Unknown),
    }
}

fn by_text(text: &str, code: &str) -> Option<ErrorKind> {
    let says = |patterns: &[&str]| patterns.iter().any(|pattern| text.contains(pattern));
    if says_overflow(text, code) {
        Some(ErrorKind::ContextLength)
    } else if says_quota(text, code) {
        Some(ErrorKind::QuotaExceeded)
    } else if says(THROTTLED) {
        Some(ErrorKind::RateLimit)
    } else if says(BUSY) {
        Some(ErrorKind::Server)
    } else if says(&["content filter", "content_filter"]) || says_safety(text) {
        Some(ErrorKind::ContentFilter)
    } else if says(&[
        "unauthorized",
        "invalid key",
        "invalid api key",
        "incorrect api key",
        "invalid x-api-key",
    ]) {
        Some(ErrorKind::Authentication)
    } else if says(&["not found", "does not exist"]) {
        Some(ErrorKind::NotFound)
    } else {
        None
    }
}

/// A complaint about a safety parameter isn't a blocked answer.
fn says_safety(text: &str) -> bool {
    text.contains("safety")
        && ![
            "safety_setting",
            "safetysetting",
            "safety_identifier",
            "safety setting",
        ]
        .iter()
        .any(|parameter| text.contains(parameter))
}

fn says_quota(text: &str, code: &str) -> bool {
    is_quota(code) || QUOTA.iter().any(|pattern| text.contains(pattern))
}

fn is_quota(code: &str) -> bool {
    matches!(
        code,
        "insufficient_quota"
            | "billing_error"
            | "billing_not_active"
            | "billing_hard_limit_reached"
            | "credit_balance_exhausted"
            | "exceeded_current_quota_error"
            | "usage_limit_reached"
            | "usage_not_included"
    )
}

const QUOTA: &[&str] = &[
    "insufficient_quota",
    "exceeded your current quota",
    "credit balance is too low",
    "insufficient balance",
    "insufficient credits",
    "insufficient funds",
    "out of credits",
    "requires more credits",
    "never purchased credits",
    "key limit exceeded",
    "spending limit",
    "usage limit",
    "billing hard limit",
    "quota exhausted",
    "check your plan and billing",
];

/// What a prompt that is too large for the moment says, unlike one that is too large for good.
pub(super) const THROTTLED: &[&str] = &[
    "throttl",
    "rate limit",
    "rate_limit",
    "too many requests",
    "tokens per minute",
];

/// What a server says that can't answer anyone for now.
pub(super) const BUSY: &[&str] = &["service unavailable", "overloaded"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_table_has_its_kind() {
        let cases = [
            (400, ErrorKind::InvalidRequest),
            (401, ErrorKind::Authentication),
            (402, ErrorKind::QuotaExceeded),
            (403, ErrorKind::AccessDenied),
            (404, ErrorKind::NotFound),
            (408, ErrorKind::RequestTimeout),
            (409, ErrorKind::Unknown),
            (413, ErrorKind::ContextLength),
            (422, ErrorKind::InvalidRequest),
            (429, ErrorKind::RateLimit),
            (500, ErrorKind::Server),
            (504, ErrorKind::Server),
            (529, ErrorKind::Server),
            (307, ErrorKind::Configuration),
        ];
        for (status, kind) in cases {
            assert_eq!(classify(status, None, "", false), kind, "{status}");
        }
    }

    #[test]
    fn an_exhausted_quota_is_told_from_a_rate_limit() {
        let quota = "You exceeded your current quota, please check your plan and billing details.";
        assert_eq!(classify(429, None, quota, false), ErrorKind::QuotaExceeded);
        assert_eq!(classify(429, None, quota, true), ErrorKind::RateLimit);
        for hint in [false, true] {
            let kind = classify(429, Some("insufficient_quota"), "", hint);
            assert_eq!(kind, ErrorKind::QuotaExceeded);
        }
        let key = "Key limit exceeded (monthly limit). Manage it using your settings.";
        assert_eq!(classify(403, None, key, false), ErrorKind::QuotaExceeded);
        let credit = "Your credit balance is too low to access the Anthropic API.";
        assert_eq!(classify(400, None, credit, false), ErrorKind::QuotaExceeded);
    }

    #[test]
    fn a_message_decides_where_the_status_does_not() {
        let cases = [
            (
                "Output blocked by content filtering policy",
                ErrorKind::ContentFilter,
            ),
            ("blocked for safety reasons", ErrorKind::ContentFilter),
            (
                "safety_settings: unknown category",
                ErrorKind::InvalidRequest,
            ),
            ("model `x` does not exist", ErrorKind::NotFound),
            ("unauthorized", ErrorKind::Authentication),
            ("the model is overloaded, try later", ErrorKind::Server),
            (
                "messages: at least one is required",
                ErrorKind::InvalidRequest,
            ),
        ];
        for (message, kind) in cases {
            assert_eq!(classify(400, None, message, false), kind, "{message}");
        }
        assert_eq!(
            classify(0, None, "something new", false),
            ErrorKind::Unknown
        );
    }
}
