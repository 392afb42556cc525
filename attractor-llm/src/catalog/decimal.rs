//! Decimal numbers with six places as integers, exactly.

use std::fmt;

/// Millionths in one.
pub(super) const MILLION: u64 = 1_000_000;

const PLACES: usize = 6;

/// Reads `12`, `12.5` or `0.000001` as millionths; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > PLACES {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<PLACES$}").parse().ok()?;
    whole.checked_mul(MILLION)?.checked_add(fraction)
}

/// Writes millionths with at least `places` places and no further trailing zeros.
pub(super) fn write(f: &mut fmt::Formatter<'_>, millionths: u64, places: usize) -> fmt::Result {
    let fraction = format!("{:06}", millionths % MILLION);
    let kept = fraction.trim_end_matches('0').len().max(places);
    write!(f, "{}", millionths / MILLION)?;
    if kept > 0 {
        write!(f, ".{}", &fraction[..kept])?;
    }
    Ok(())
}
