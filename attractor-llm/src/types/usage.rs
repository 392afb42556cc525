use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::Raw;

/// Tokens that a request used.
///
/// Providers disagree on whether `input_tokens` counts what the prompt cache served or stored.
/// The fields are what the provider said; [`total_input_tokens`](Self::total_input_tokens) and
/// [`uncached_input_tokens`](Self::uncached_input_tokens) mean the same on all of them.
///
/// ```
/// use attractor_llm::Usage;
///
/// let anthropic = Usage::new(10, 5).cache_beside_input(Some(90), None);
/// let openai = Usage::new(100, 5).cache_within_input(Some(90), None);
/// assert_eq!(anthropic.total_input_tokens(), openai.total_input_tokens());
/// assert_eq!((anthropic + openai).total_input_tokens(), 200);
/// ```
///
/// Source: unified-llm-spec 3.9.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// Tokens of the prompt, as the provider counts them.
    pub input_tokens: u64,
    /// Tokens generated.
    pub output_tokens: u64,
    /// `input_tokens + output_tokens`, and reasoning that the provider leaves out of those.
    pub total_tokens: u64,
    /// Tokens that were reasoning: of the output, with Gemini beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// Tokens of the prompt that the cache served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<u64>,
    /// Tokens of the prompt that were stored in the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Of those stored, the tokens that are kept for longer than usual, an hour as a rule; they may
    /// cost more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_long_tokens: Option<u64>,
    /// Prompt tokens that the provider leaves out of `input_tokens`.
    #[serde(default)]
    pub input_tokens_beside: u64,
    /// The provider's own record; lost when two are added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
}

impl Usage {
    /// Usage without caching or reasoning.
    #[must_use]
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens,
            output_tokens,
            total_tokens: input_tokens.saturating_add(output_tokens),
            ..Self::default()
        }
    }

    /// Sets the cache's share where the provider leaves it out of `input_tokens` (Anthropic).
    #[must_use]
    pub fn cache_beside_input(mut self, read: Option<u64>, write: Option<u64>) -> Self {
        self.input_tokens_beside = read.unwrap_or(0).saturating_add(write.unwrap_or(0));
        self.cache_within_input(read, write)
    }

    /// Sets the cache's share where the provider counts it in `input_tokens` (OpenAI, Gemini).
    #[must_use]
    pub fn cache_within_input(mut self, read: Option<u64>, write: Option<u64>) -> Self {
        self.cache_read_tokens = read;
        self.cache_write_tokens = write;
        self
    }

    /// Sets how many of the tokens stored in the cache are kept for longer than usual.
    #[must_use]
    pub fn cache_write_long_tokens(mut self, cache_write_long_tokens: Option<u64>) -> Self {
        self.cache_write_long_tokens = cache_write_long_tokens;
        self
    }

    /// Sets how many of the output tokens were reasoning.
    #[must_use]
    pub fn reasoning_tokens(mut self, reasoning_tokens: Option<u64>) -> Self {
        self.reasoning_tokens = reasoning_tokens;
        self
    }

    /// Sets how many tokens were reasoning where the provider counts them beside the output
    /// (Gemini).
    #[must_use]
    pub fn reasoning_beside_output(mut self, reasoning_tokens: Option<u64>) -> Self {
        let beside = reasoning_tokens.unwrap_or(0);
        self.total_tokens = self.total_tokens.saturating_add(beside);
        self.reasoning_tokens(reasoning_tokens)
    }

    /// All tokens of the prompt, cached or not: what fills the context window.
    #[must_use]
    pub fn total_input_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.input_tokens_beside)
    }

    /// The tokens of the prompt that the cache neither served nor stored.
    #[must_use]
    pub fn uncached_input_tokens(&self) -> u64 {
        self.total_input_tokens()
            .saturating_sub(self.cache_read_tokens.unwrap_or(0))
            .saturating_sub(self.cache_write_tokens.unwrap_or(0))
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.total_tokens = self.total_tokens.saturating_add(other.total_tokens);
        self.input_tokens_beside = self
            .input_tokens_beside
            .saturating_add(other.input_tokens_beside);
        self.reasoning_tokens = add(self.reasoning_tokens, other.reasoning_tokens);
        self.cache_read_tokens = add(self.cache_read_tokens, other.cache_read_tokens);
        self.cache_write_tokens = add(self.cache_write_tokens, other.cache_write_tokens);
        self.cache_write_long_tokens =
            add(self.cache_write_long_tokens, other.cache_write_long_tokens);
        self.raw = match (self.raw.take(), other.raw) {
            (Some(raw), None) | (None, Some(raw)) => Some(raw),
            _ => None,
        };
    }
}

fn add(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (None, None) => None,
        _ => Some(left.unwrap_or(0).saturating_add(right.unwrap_or(0))),
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}
