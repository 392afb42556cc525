use std::fmt;
use std::time::Duration;

use askama::filters::HtmlSafe;

use crate::domain::{Run, Timestamp};

/// A moment on a page: how long ago it was, with the exact time behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(super) at: Timestamp,
    pub(super) now: Timestamp,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        let distance = match at > self.now {
            true => format!("in {}", span(at.since(self.now))),
            false => match self.now.since(at) {
                short if short.as_secs() < 5 => "just now".to_owned(),
                past => format!("{} ago", span(past)),
            },
        };
        write!(f, r#"<time datetime="{at}" title="{at}">{distance}</time>"#)
    }
}

// A timestamp has no characters that mean something in HTML.
impl HtmlSafe for Moment {}

/// How long a run took, or takes: what goes on is kept going by the page's script.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    begun: Timestamp,
    ended: Option<Timestamp>,
    now: Timestamp,
}

impl Took {
    /// That of a run, if it has begun.
    pub(crate) fn of(run: &Run, now: Timestamp) -> Option<Self> {
        Some(Self {
            begun: run.started_at?,
            ended: run.finished_at,
            now,
        })
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { begun, ended, now } = *self;
        let so_far = span(ended.unwrap_or(now).since(begun));
        match ended {
            Some(_) => f.write_str(&so_far),
            None => write!(
                f,
                r#"<time datetime="{begun}" data-as="span">{so_far}</time>"#
            ),
        }
    }
}

impl HtmlSafe for Took {}

/// How long something took or is away, in its two largest units at most.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..600 => format!("{minutes} min {} s", seconds % 60),
        600..3600 => format!("{minutes} min"),
        3600..36_000 => format!("{hours} h {} min", minutes % 60),
        36_000..86_400 => format!("{hours} h"),
        _ if days < 60 => format!("{days} d"),
        _ => format!("{} months", days / 30),
    }
}

/// An amount in micro-dollars.
pub(crate) fn dollars(micro: i64) -> String {
    let negative = if micro < 0 { "-" } else { "" };
    let micro = micro.unsigned_abs();
    // Half a cent and more is shown in cents; less is shown as it is.
    match micro {
        0 => "$0".to_owned(),
        1..5_000 => format!("{negative}$0.{:04}", micro.div_ceil(100)),
        _ => {
            let cents = (micro + 5_000) / 10_000;
            format!("{negative}${}.{:02}", cents / 100, cents % 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_as_exact_as_one_wants_to_know() {
        let table = [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (1_799, "29 min"),
            (3_661, "1 h 1 min"),
            (86_399, "23 h"),
            (86_400 * 3, "3 d"),
            (86_400 * 70, "2 months"),
        ];
        for (seconds, text) in table {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_costs_something_is_never_shown_as_nothing() {
        let table = [
            (0, "$0"),
            (1, "$0.0001"),
            (1_234, "$0.0013"),
            (5_000, "$0.01"),
            (1_234_567, "$1.23"),
            (-20_000, "-$0.02"),
        ];
        for (micro, text) in table {
            assert_eq!(dollars(micro), text);
        }
    }

    #[test]
    fn a_moment_says_how_far_away_it_is() {
        let now = Timestamp::from_millis(1_771_948_800_000);
        let at = |millis: i64| {
            let at = Timestamp::from_millis(now.as_millis() + millis);
            Moment { at, now }.to_string()
        };
        assert!(at(0).ends_with(">just now</time>"));
        assert!(at(-90_000).ends_with(">1 min 30 s ago</time>"));
        assert!(at(7_200_000).ends_with(">in 2 h 0 min</time>"));
        assert!(at(0).starts_with(r#"<time datetime="2026-02-24T16:00:00.000Z""#));
    }
}
