//! What a reply's headers say about limits and retries.

use std::time::{Duration, SystemTime};

use jiff::fmt::rfc2822;

use super::http::Headers;
#[cfg(any(
    feature = "anthropic",
    feature = "openai",
    feature = "openai-compatible"
))]
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
#[cfg(feature = "anthropic")]
pub(crate) fn rate_limit(headers: &Headers, prefix: &str) -> Option<RateLimitInfo> {
    if !headers.has_prefix(prefix) {
        return None;
    }
    let get = |kind: &str, what: &str| headers.get(&format!("{prefix}-{kind}-{what}"));
    let number = |kind, what| get(kind, what)?.trim().parse().ok();
    let reset = |kind| -> Option<SystemTime> {
        let at: jiff::Timestamp = get(kind, "reset")?.trim().parse().ok()?;
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

/// What is left of the allowance, from headers named `<prefix>-<what>-<requests|tokens>` whose reset
/// is how long to wait from `now`: `1`, `12ms`, `6m0s`.
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
pub(crate) fn rate_limit_left(
    headers: &Headers,
    prefix: &str,
    now: SystemTime,
) -> Option<RateLimitInfo> {
    if !headers.has_prefix(prefix) {
        return None;
    }
    let get = |what: &str, kind: &str| headers.get(&format!("{prefix}-{what}-{kind}"));
    let number = |what, kind| get(what, kind)?.trim().parse().ok();
    let reset = |kind| now.checked_add(wait(get("reset", kind)?.trim())?);
    let info = RateLimitInfo {
        requests_limit: number("limit", "requests"),
        requests_remaining: number("remaining", "requests"),
        tokens_limit: number("limit", "tokens"),
        tokens_remaining: number("remaining", "tokens"),
        reset_at: reset("requests").max(reset("tokens")),
    };
    (info != RateLimitInfo::default()).then_some(info)
}

/// How long a text asks to wait, as OpenAI, Azure, Groq and Google write it.
pub(crate) fn wait_in_words(message: &str) -> Option<Duration> {
    let text = message.to_lowercase();
    let phrases = [
        "try again in ",
        "retry in ",
        "retry after ",
        "try again after ",
    ];
    let at = phrases
        .iter()
        .find_map(|phrase| Some(text.find(phrase)? + phrase.len()))?;
    let mut words = text[at..].split_whitespace();
    let number = words.next()?.trim_end_matches(['.', ',', ';', ')']);
    let unit = words.next().unwrap_or_default();
    match number.parse::<f64>() {
        Err(_) => wait(number),
        Ok(_) if unit.starts_with("minute") => seconds(number, 1.0 / 60.0),
        Ok(_) if unit.starts_with("ms") || unit.starts_with("millisecond") => {
            seconds(number, 1000.0)
        }
        Ok(_) if unit.starts_with('s') => seconds(number, 1.0),
        Ok(_) => None,
    }
}

/// A number of seconds, or numbers with their units.
pub(crate) fn wait(text: &str) -> Option<Duration> {
    if text.parse::<f64>().is_ok() {
        return seconds(text, 1.0);
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at(digits);
        let length = unit
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(unit.len());
        let per_second = match &unit[..length] {
            "h" => 1.0 / 3600.0,
            "m" => 1.0 / 60.0,
            "s" => 1.0,
            "ms" => 1e3,
            "\u{b5}s" | "us" => 1e6,
            "ns" => 1e9,
            _ => return None,
        };
        total = total.checked_add(seconds(number, per_second)?)?;
        rest = &unit[length..];
    }
    (!text.is_empty()).then_some(total)
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
    fn a_wait_is_read_from_words() {
        let cases = [
            ("Please try again in 20s. Visit the site.", Some(20_000)),
            ("Please try again in 158ms.", Some(158)),
            (
                "on tokens per day (TPD). Please try again in 7m12.5s.",
                Some(432_500),
            ),
            ("Please retry after 26 seconds.", Some(26_000)),
            ("Please retry in 22.231358113s.", Some(22_231)),
            ("try again in 2 minutes", Some(120_000)),
            ("Please try again in a few minutes.", None),
            ("try again in 5 attempts", None),
            ("Please try again later.", None),
            ("try again in ", None),
        ];
        for (text, expected) in cases {
            let found = wait_in_words(text).map(|wait| wait.as_millis());
            assert_eq!(found, expected, "{text}");
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
        let reset: jiff::Timestamp = "2026-01-01T00:01:00Z".parse().unwrap();
        assert_eq!(info.reset_at, Some(reset.into()));
        assert_eq!(rate_limit(&Headers::default(), "anthropic-ratelimit"), None);
    }

    #[test]
    fn the_time_until_the_reset_is_read_in_every_form() {
        let cases = [
            ("0s", Some(0)),
            ("12ms", Some(12)),
            ("1", Some(1000)),
            ("6m0s", Some(360_000)),
            ("1h2m3.5s", Some(3_723_500)),
            ("soon", None),
            ("5 parsecs", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(wait(text), expected.map(Duration::from_millis), "{text}");
        }
        let headers: Headers = [
            ("x-ratelimit-limit-requests", "5000"),
            ("x-ratelimit-remaining-tokens", "1999"),
            ("x-ratelimit-reset-requests", "12ms"),
            ("x-ratelimit-reset-tokens", "2s"),
        ]
        .into_iter()
        .collect();
        let info = rate_limit_left(&headers, "x-ratelimit", SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(
            (info.requests_limit, info.tokens_remaining),
            (Some(5000), Some(1999))
        );
        let reset = SystemTime::UNIX_EPOCH + Duration::from_secs(2);
        assert_eq!(info.reset_at, Some(reset));
    }
}
