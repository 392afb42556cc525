//! What a run may use, as the command line takes it.

use std::time::Duration;

use attractor_core::BudgetLimits;
use clap::Args;

/// Limits of the whole run. At a limit the run is paused: exit code 3, and `attractor resume`
/// with a higher one goes on.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Limits of the run, which pauses there (exit code 3)")]
pub(crate) struct BudgetArgs {
    /// What the models may cost, as far as their prices are known.
    #[arg(long, value_name = "USD", value_parser = parse_usd)]
    max_cost_usd: Option<u64>,
    /// Tokens of the models' requests and answers together.
    #[arg(long, value_name = "NUMBER", value_parser = parse_count)]
    max_tokens: Option<u64>,
    /// How long it may be executed, pauses not counted: 90s, 15m, 2h, 1d.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    max_duration: Option<Duration>,
    /// Visits of nodes, the exit not counted.
    #[arg(long, value_name = "NUMBER", value_parser = parse_count)]
    max_steps: Option<u64>,
    /// Tool calls of the models.
    #[arg(long, value_name = "NUMBER", value_parser = parse_count)]
    max_tool_calls: Option<u64>,
}

impl BudgetArgs {
    /// The limits that were given.
    pub(crate) fn limits(&self) -> BudgetLimits {
        let milliseconds = |duration: Duration| {
            let milliseconds = duration.as_millis();
            u64::try_from(milliseconds).unwrap_or(u64::MAX)
        };
        let mut limits = BudgetLimits::new();
        limits.max_cost_micro_usd = self.max_cost_usd;
        limits.max_tokens = self.max_tokens;
        limits.max_duration_ms = self.max_duration.map(milliseconds);
        limits.max_steps = self.max_steps;
        limits.max_tool_calls = self.max_tool_calls;
        limits
    }
}

/// `12.5` as micro-dollars, exactly: no binary fraction is involved.
fn parse_usd(text: &str) -> Result<u64, String> {
    let complaint = || format!("`{text}` is not an amount in US dollars such as 5 or 0.25");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
        return Err(complaint());
    }
    let whole: u64 = whole.parse().map_err(|_| complaint())?;
    let micro: u64 = format!("{fraction:0<6}").parse().map_err(|_| complaint())?;
    whole
        .checked_mul(1_000_000)
        .and_then(|w| w.checked_add(micro))
        .ok_or_else(complaint)
}

/// A number above zero: with nothing to use, no run could begin.
fn parse_count(text: &str) -> Result<u64, String> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    match digits.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("`{text}` is not a whole number above zero")),
    }
}

/// A duration as pipelines write it.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let complaint = || format!("`{text}` is not a duration such as 90s, 15m, 2h or 1d");
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| complaint())?;
    let factor = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(complaint()),
    };
    let milliseconds = number.checked_mul(factor).filter(|duration| *duration > 0);
    milliseconds
        .map(Duration::from_millis)
        .ok_or_else(complaint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        assert_eq!(parse_usd("0.25"), Ok(250_000));
        assert_eq!(parse_usd("5"), Ok(5_000_000));
        assert_eq!(parse_usd("0.000001"), Ok(1));
        for wrong in [
            "",
            ".5",
            "1.0000001",
            "-1",
            "1e3",
            "5$",
            "99999999999999999999",
        ] {
            assert!(parse_usd(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn counts_and_durations_are_above_zero() {
        assert_eq!(parse_count("20_000"), Ok(20_000));
        assert_eq!(parse_duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("7"), Ok(Duration::from_secs(7)));
        for wrong in ["0", "-1", "", "1.5", "many"] {
            assert!(parse_count(wrong).is_err(), "{wrong}");
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        assert!(parse_duration("3 weeks").is_err());
    }
}
