use std::time::Duration;

use crate::domain::Timestamp;
use crate::forge::limits::{ATTEMPTS, LONGEST_WAIT};
use crate::forge::transport::Answer;

/// What to do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It's what was asked for, or says why not.
    Answered,
    /// The request is sent again after a while.
    Again(Duration),
    /// GitHub wants no more requests for so long.
    Exhausted(Duration),
}

/// Judges the answer to the attempt with that number, from 1 on. What isn't `repeatable` may have had its
/// effect when the server failed, so that the caller looks before it's sent again.
///
/// Source: GitHub's documentation, "Rate limits for the REST API".
pub(super) fn judge(
    answer: &Answer,
    attempt: u32,
    repeatable: bool,
    now: Timestamp,
    backoff: Duration,
) -> Verdict {
    let is_limited = answer.status == 429
        || (answer.status == 403
            && (answer.header("retry-after").is_some()
                || answer.header("x-ratelimit-remaining") == Some("0")));
    let has_failed = matches!(answer.status, 500 | 502 | 503 | 504);
    let is_to_be_repeated = is_limited || (has_failed && repeatable);
    if !is_to_be_repeated {
        return Verdict::Answered;
    }
    let wait = asked_wait(answer, now).unwrap_or(match is_limited {
        // What GitHub asks for if it doesn't say.
        true => Duration::from_secs(60),
        false => back_off(attempt, backoff),
    });
    match attempt < ATTEMPTS && wait <= LONGEST_WAIT {
        true => Verdict::Again(wait),
        false if is_limited => Verdict::Exhausted(wait),
        false => Verdict::Answered,
    }
}

/// How long is waited after the attempt with that number.
pub(super) fn back_off(attempt: u32, backoff: Duration) -> Duration {
    backoff
        .saturating_mul(1 << attempt.saturating_sub(1).min(8))
        .min(LONGEST_WAIT)
}

fn asked_wait(answer: &Answer, now: Timestamp) -> Option<Duration> {
    if let Some(seconds) = answer.header("retry-after") {
        return seconds.trim().parse().ok().map(Duration::from_secs);
    }
    if answer.header("x-ratelimit-remaining") != Some("0") {
        return None;
    }
    let reset: i64 = answer.header("x-ratelimit-reset")?.trim().parse().ok()?;
    Some(Timestamp::from_millis(reset.saturating_mul(1_000)).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Duration = Duration::from_millis(500);

    fn verdict(status: u16, headers: &[(&str, &str)], attempt: u32, repeatable: bool) -> Verdict {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let answer = Answer {
            status,
            headers: headers.iter().map(own).collect(),
            body: Vec::new(),
        };
        judge(
            &answer,
            attempt,
            repeatable,
            Timestamp::from_millis(1_000_000),
            BACKOFF,
        )
    }

    #[test]
    fn answers_are_answers() {
        for status in [200, 201, 204, 301, 401, 403, 404, 422, 505] {
            assert_eq!(verdict(status, &[], 1, true), Verdict::Answered, "{status}");
        }
    }

    #[test]
    fn failures_are_repeated_with_growing_waits_if_they_may_be() {
        let waits = [1, 2, 3].map(|attempt| verdict(502, &[], attempt, true));
        let expected = [1, 2, 4].map(|times| Verdict::Again(BACKOFF * times));
        assert_eq!(waits, expected);
        assert_eq!(verdict(502, &[], ATTEMPTS, true), Verdict::Answered);
        assert_eq!(verdict(502, &[], 1, false), Verdict::Answered);
        let soon = [("retry-after", "0")];
        assert_eq!(verdict(503, &soon, 1, true), Verdict::Again(Duration::ZERO));
    }

    #[test]
    fn the_forge_says_how_long_it_wants_to_be_left_alone() {
        let seconds = Duration::from_secs;
        let after = |wait: &'static str| vec![("retry-after", wait)];
        assert_eq!(
            verdict(429, &after("7"), 1, false),
            Verdict::Again(seconds(7))
        );
        assert_eq!(
            verdict(403, &after("7"), 1, false),
            Verdict::Again(seconds(7))
        );
        assert_eq!(
            verdict(403, &after("700"), 1, true),
            Verdict::Exhausted(seconds(700))
        );
        assert_eq!(verdict(429, &[], 1, true), Verdict::Exhausted(seconds(60)));
        assert_eq!(
            verdict(429, &after("7"), ATTEMPTS, true),
            Verdict::Exhausted(seconds(7))
        );
        let reset =
            |at: &'static str| vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", at)];
        assert_eq!(
            verdict(403, &reset("1005"), 1, true),
            Verdict::Again(seconds(5))
        );
        assert_eq!(
            verdict(403, &reset("900"), 1, true),
            Verdict::Again(seconds(0))
        );
        assert_eq!(
            verdict(403, &reset("4600"), 1, true),
            Verdict::Exhausted(seconds(3_600))
        );
    }
}
