//! Typed attribute values and how text becomes one.

use std::fmt;
use std::time::Duration;

/// Type of an attribute.
///
/// Source: attractor-spec 2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttrType {
    /// Any text; it stays as written whatever it looks like.
    String,
    /// A whole number.
    Integer,
    /// A whole number, zero or more.
    Count,
    /// A decimal number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A whole number with `ms`, `s`, `m`, `h` or `d`; without a unit it is seconds.
    Duration,
}

impl AttrType {
    /// What a value of the type looks like, for messages.
    #[must_use]
    pub fn expectation(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Integer => "a whole number like 3 or -1",
            Self::Count => "a whole number, 0 or more",
            Self::Float => "a number like 0.5",
            Self::Boolean => "true or false",
            Self::Duration => "a duration like 250ms, 900s, 15m, 2h or 1d",
        }
    }

    /// A value of the type, to show how one is written.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::String => "\"text\"",
            Self::Integer | Self::Count => "3",
            Self::Float => "0.5",
            Self::Boolean => "true",
            Self::Duration => "15m",
        }
    }

    /// Reads `text` as a value of the type.
    #[must_use]
    pub fn read(self, text: &str) -> Option<AttrValue> {
        match self {
            Self::String => Some(AttrValue::String(text.to_owned())),
            Self::Integer => text.parse().ok().map(AttrValue::Integer),
            Self::Count => text
                .parse::<u32>()
                .ok()
                .map(|count| AttrValue::Integer(count.into())),
            Self::Float => text
                .parse()
                .ok()
                .filter(|float: &f64| float.is_finite())
                .map(AttrValue::Float),
            Self::Boolean => text.parse().ok().map(AttrValue::Boolean),
            Self::Duration => parse_duration(text).map(AttrValue::Duration),
        }
    }
}

/// Value of an attribute.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AttrValue {
    /// Text.
    String(String),
    /// Whole number.
    Integer(i64),
    /// Decimal number.
    Float(f64),
    /// Truth value.
    Boolean(bool),
    /// Length of time.
    Duration(Duration),
}

impl AttrValue {
    /// The value an unquoted word stands for when nothing is known about its attribute.
    pub(crate) fn from_bare(text: &str) -> Self {
        [AttrType::Integer, AttrType::Boolean, AttrType::Float]
            .into_iter()
            .find_map(|kind| kind.read(text))
            .or_else(|| {
                let digits = text.strip_prefix('-').unwrap_or(text);
                digits
                    .starts_with(|first: char| first.is_ascii_digit())
                    .then(|| parse_duration(text).map(Self::Duration))
                    .flatten()
            })
            .unwrap_or_else(|| Self::String(text.to_owned()))
    }

    /// Whether a field that holds it is as if nothing had been set: an empty text, or `false`.
    pub(super) fn is_unset(&self) -> bool {
        match self {
            Self::String(text) => text.is_empty(),
            Self::Boolean(truth) => !truth,
            Self::Integer(_) | Self::Float(_) | Self::Duration(_) => false,
        }
    }

    /// The text, when it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, or the one that its text spells.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The truth value, or the one that its text spells.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(truth) => Some(*truth),
            Self::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The length of time, or the one that its text or its number of seconds spells.
    #[must_use]
    pub fn as_duration(&self) -> Option<Duration> {
        match self {
            Self::Duration(duration) => Some(*duration),
            Self::Integer(seconds) => u64::try_from(*seconds).ok().map(Duration::from_secs),
            Self::String(text) => parse_duration(text),
            _ => None,
        }
    }
}

impl fmt::Display for AttrValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Duration(duration) => f.write_str(&format_duration(*duration)),
        }
    }
}

impl From<&str> for AttrValue {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for AttrValue {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<i64> for AttrValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for AttrValue {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<Duration> for AttrValue {
    fn from(duration: Duration) -> Self {
        Self::Duration(duration)
    }
}

/// Milliseconds in each unit; the longest first, so that printing takes the largest that fits.
const UNITS: &[(&str, u64)] = &[
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads `250ms`, `900s`, `15m`, `2h`, `1d`, or a bare number of seconds.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = if unit.is_empty() { "s" } else { unit };
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(*milliseconds)
        .map(Duration::from_millis)
}

/// Writes a duration in the largest unit that loses nothing (milliseconds at the finest).
pub(crate) fn format_duration(duration: Duration) -> String {
    let total = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    UNITS
        .iter()
        .find(|(_, unit)| total != 0 && total.is_multiple_of(*unit))
        .map_or_else(
            || "0s".to_owned(),
            |(name, unit)| format!("{}{name}", total / unit),
        )
}
