use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::decimal::{self, MILLION};
use super::{ModelInfo, Price, PriceTier};
use crate::error::{Error, ErrorKind};
use crate::types::Usage;

/// An amount of money in whole micro-dollars.
///
/// ```
/// use attractor_llm::catalog::Cost;
///
/// let total: Cost = [Cost::from_micro_usd(12_300), Cost::from_micro_usd(700)].into_iter().sum();
/// assert_eq!(total.to_string(), "$0.013");
/// assert_eq!("1.5".parse::<Cost>()?, Cost::from_micro_usd(1_500_000));
/// # Ok::<(), attractor_llm::Error>(())
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cost(u64);

impl Cost {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount in micro-dollars.
    #[must_use]
    pub const fn from_micro_usd(micro_usd: u64) -> Self {
        Self(micro_usd)
    }

    /// The amount in micro-dollars.
    #[must_use]
    pub const fn micro_usd(self) -> u64 {
        self.0
    }
}

/// Dollars, exactly: at least two places, at most six.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        decimal::write(f, self.0, 2)
    }
}

/// Reads dollars with up to six places, with or without `$`.
impl FromStr for Cost {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let amount = decimal::parse(text.strip_prefix('$').unwrap_or(text)).map(Self);
        amount.ok_or_else(|| {
            let message = format!("{text:?} isn't an amount in dollars such as 1.50");
            Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::ZERO, Add::add)
    }
}

impl ModelInfo {
    /// What one request costs; `None` if the model's price isn't known.
    ///
    /// The prompt is split into what the cache served, what was stored in it and the rest, each at
    /// its price; the answer includes its reasoning. Above the threshold of a tier all tokens are
    /// at that tier's prices, so usage must be that of one request: add costs, not usages. The
    /// exact amount is rounded once, to the nearest micro-dollar, halves up.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<Cost> {
        let rates = self.rates(usage.total_input_tokens())?;
        let read = usage.cache_read_tokens.unwrap_or(0);
        let written = usage.cache_write_tokens.unwrap_or(0);
        let long = usage.cache_write_long_tokens.unwrap_or(0).min(written);
        let parts = [
            (usage.uncached_input_tokens(), rates.input),
            (read, rates.cache_read),
            (written - long, rates.cache_write),
            (long, rates.cache_write_long),
            (billed_output(usage), rates.output),
        ];
        let product = |(tokens, price): (u64, Price)| {
            u128::from(tokens).saturating_mul(u128::from(price.micro_usd_per_million()))
        };
        let exact = parts.into_iter().map(product).fold(0, u128::saturating_add);
        let rounded = exact.saturating_add(u128::from(MILLION / 2)) / u128::from(MILLION);
        Some(Cost(u64::try_from(rounded).unwrap_or(u64::MAX)))
    }

    fn rates(&self, total_input: u64) -> Option<Rates> {
        let tier = self
            .tiers
            .iter()
            .filter(|tier| total_input > tier.input_tokens_above);
        let tier = tier.max_by_key(|tier| tier.input_tokens_above);
        let input = match tier {
            Some(tier) => tier.input_cost_per_million,
            None => self.input_cost_per_million?,
        };
        let output = match tier {
            Some(tier) => tier.output_cost_per_million,
            None => self.output_cost_per_million?,
        };
        let cached = |of_tier: fn(&PriceTier) -> Option<Price>, own| tier.map_or(own, of_tier);
        let read = cached(
            |tier| tier.cache_read_cost_per_million,
            self.cache_read_cost_per_million,
        );
        let write = cached(
            |tier| tier.cache_write_cost_per_million,
            self.cache_write_cost_per_million,
        );
        let write_long = cached(
            |tier| tier.cache_write_long_cost_per_million,
            self.cache_write_long_cost_per_million,
        );
        let cache_write = write.unwrap_or(input);
        Some(Rates {
            input,
            output,
            cache_read: read.unwrap_or(input),
            cache_write,
            cache_write_long: write_long.unwrap_or(cache_write),
        })
    }
}

/// The prices of one request.
struct Rates {
    input: Price,
    output: Price,
    cache_read: Price,
    cache_write: Price,
    cache_write_long: Price,
}

/// The answer's tokens with its reasoning, whether the provider counts that within or beside.
fn billed_output(usage: &Usage) -> u64 {
    let beside = usage
        .total_tokens
        .saturating_sub(usage.total_input_tokens());
    usage.output_tokens.max(beside)
}
