//! What a reply's headers say about limits and retries.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::http::Headers;
use crate::types::RateLimitInfo;

/// How long the reply asks to wait: `retry-after-ms`, else `retry-after` as seconds or as a date.
pub(crate) fn retry_after(headers: &Headers, now: SystemTime) -> Option<Duration> {
    let milliseconds = headers
        .get("retry-after-ms")
        .and_then(|value| seconds(value, 1000.0));
    milliseconds.or_else(|| {
        let value = headers.get("retry-after")?;
        seconds(value, 1.0).or_else(|| {
            let at = SystemTime::from(rfc2822::parse(value.trim()).ok()?.timestamp());
            Some(at.duration_since(now).unwrap_or(Duration::ZERO))
        })
    })
}

fn seconds(value: &str, unit: f64) -> Option<Duration> {
    let number: f64 = value.trim().parse().ok()?;
    Duration::try_from_secs_f64(number.max(0.0) / unit).ok()
}

/// Whether the reply says that a retry helps.
pub(crate) fn should_retry(headers: &Headers) -> Option<bool> {
    match headers.get("x-should-retry")?.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// What is left of the allowance, from headers named `<prefix>-<requests|tokens>-<what>`.
pub(crate) fn rate_limit(headers: &Headers, prefix: &str) -> Option<RateLimitInfo> {
    let get = |kind: &str, what: &str| headers.get(&format!("{prefix}-{kind}-{what}"));
    let number = |kind, what| get(kind, what)?.trim().parse().ok();
    let reset = |kind| -> Option<SystemTime> {
        let at: Timestamp = get(kind, "reset")?.trim().parse().ok()?;
        Some(at.into())
    };
    let info = RateLimitInfo {
        requests_limit: number("requests", "limit"),
        requests_remaining: number("requests", "remaining"),
        tokens_limit: number("tokens", "limit"),
        tokens_remaining: number("tokens", "remaining"),
        reset_at: reset("requests").max(reset("tokens")),
    };
    (info != RateLimitInfo::default()).then_some(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let cases = [
            (vec![("retry-after", "2")], Some(Duration::from_secs(2))),
            (
                vec![("Retry-After", "0.5")],
                Some(Duration::from_millis(500)),
            ),
            (
                vec![("retry-after-ms", "1500"), ("retry-after", "9")],
                Some(Duration::from_millis(1500)),
            ),
            (
                vec![("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT")],
                Some(Duration::from_secs(30)),
            ),
            (
                vec![("retry-after", "Tue, 14 Nov 2023 22:00:00 GMT")],
                Some(Duration::ZERO),
            ),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after", "-3")], Some(Duration::ZERO)),
            (vec![], None),
        ];
        for (headers, expected) in cases {
            let headers: Headers = headers.into_iter().collect();
            assert_eq!(retry_after(&headers, now), expected, "{headers:?}");
        }
    }

    #[test]
    fn the_allowance_is_read_with_its_later_reset() {
        let headers: Headers = [
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:01Z"),
            ("anthropic-ratelimit-tokens-remaining", "1000"),
            ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:01:00Z"),
        ]
        .into_iter()
        .collect();
        let info = rate_limit(&headers, "anthropic-ratelimit").unwrap();
        assert_eq!(
            (info.requests_limit, info.requests_remaining),
            (Some(50), Some(49))
        );
        assert_eq!(
            (info.tokens_limit, info.tokens_remaining),
            (None, Some(1000))
        );
        let reset: Timestamp = "2026-01-01T00:01:00Z".parse().unwrap();
        assert_eq!(info.reset_at, Some(reset.into()));
        assert_eq!(rate_limit(&Headers::default(), "anthropic-ratelimit"), None);
    }
}
