use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::decimal;
use crate::error::{Error, ErrorKind};

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

/// Reads dollars for a million tokens with up to six places, for example `12.5`.
impl FromStr for Price {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        decimal::parse(text).map(Self).ok_or_else(|| {
            let message = format!("{text:?} isn't a price in dollars such as 1.50");
            Error::new(ErrorKind::Configuration, message)
        })
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
        text.parse().map_err(de::Error::custom)
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
    /// Price of what was stored for longer than usual; that of the usual time when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_long_cost_per_million: Option<Price>,
}

impl PriceTier {
    /// The prices of requests with more prompt tokens than this; cached ones cost the same.
    #[must_use]
    pub const fn new(input_tokens_above: u64, input: Price, output: Price) -> Self {
        Self {
            input_tokens_above,
            input_cost_per_million: input,
            output_cost_per_million: output,
            cache_read_cost_per_million: None,
            cache_write_cost_per_million: None,
            cache_write_long_cost_per_million: None,
        }
    }

    /// Sets the prices of what the prompt cache served and of what was stored in it.
    #[must_use]
    pub const fn cache_prices(mut self, read: Price, write: Price) -> Self {
        self.cache_read_cost_per_million = Some(read);
        self.cache_write_cost_per_million = Some(write);
        self
    }
}
