use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::decimal;

/// A price: micro-dollars for a million tokens.
///
/// In JSON a decimal string of dollars, with up to six places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(u64);

impl Price {
    /// A price in micro-dollars for a million tokens.
    #[must_use]
    pub const fn from_micro_usd_per_million(micro_usd: u64) -> Self {
        Self(micro_usd)
    }

    /// Micro-dollars for a million tokens.
    #[must_use]
    pub const fn micro_usd_per_million(self) -> u64 {
        self.0
    }
}

/// Dollars for a million tokens, for example `12.5`.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, self.0, 0)
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let price = decimal::parse(&text).map(Self);
        price.ok_or_else(|| de::Error::custom(format!("{text:?} isn't a price in dollars")))
    }
}

/// The prices of a request whose prompt is larger than a threshold, for all of its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PriceTier {
    /// The tier holds when the prompt has more tokens than this, cached ones included.
    pub input_tokens_above: u64,
    /// Price of the prompt.
    pub input_cost_per_million: Price,
    /// Price of the answer.
    pub output_cost_per_million: Price,
    /// Price of what the prompt cache served; that of input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_cost_per_million: Option<Price>,
    /// Price of what was stored in the prompt cache; that of input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_cost_per_million: Option<Price>,
}
