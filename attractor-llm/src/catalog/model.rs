use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Price, PriceTier};

/// What is known about a model.
///
/// Source: unified-llm-spec 2.9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelInfo {
    /// The provider's id of the model.
    pub id: String,
    /// The provider that serves it.
    pub provider: String,
    /// The name for people.
    pub display_name: String,
    /// The most tokens of prompt and answer together.
    pub context_window: u64,
    /// The most tokens of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// Calls tools.
    pub supports_tools: bool,
    /// Takes images.
    pub supports_vision: bool,
    /// Reasons before it answers.
    pub supports_reasoning: bool,
    /// Follows a JSON Schema natively; unknown when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supports_structured_output: Option<bool>,
    /// Price of the prompt; unknown when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_cost_per_million: Option<Price>,
    /// Price of the answer; unknown when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_cost_per_million: Option<Price>,
    /// Price of what the prompt cache served; that of input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_cost_per_million: Option<Price>,
    /// Price of what was stored in the prompt cache; that of input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_cost_per_million: Option<Price>,
    /// Price of what was stored in the prompt cache for longer than usual, an hour as a rule; that of
    /// the usual time when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_long_cost_per_million: Option<Price>,
    /// Prices for large prompts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<PriceTier>,
    /// For a level of reasoning (`off`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`) the
    /// provider's word, or `None` where the model hasn't got that level. A model without any entry
    /// has no levels but at most a budget of tokens.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub thinking_level_map: BTreeMap<String, Option<String>>,
    /// How long its prompt cache keeps a prefix, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_cache_seconds: Option<PromptCacheSeconds>,
    /// Short names that mean this model and that its provider doesn't know: the client sends the id
    /// in their place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// The levels of reasoning, least first.
const LEVELS: [&str; 7] = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];

/// How a model is told how much to reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThinkingStyle {
    /// It doesn't reason.
    None,
    /// With a budget of tokens.
    Budget,
    /// With the word for a level.
    Levels,
}

impl ModelInfo {
    /// Whether the model can do this; what isn't known counts as no.
    #[must_use]
    pub fn supports(&self, capability: Capability) -> bool {
        match capability {
            Capability::Tools => self.supports_tools,
            Capability::Vision => self.supports_vision,
            Capability::Reasoning => self.supports_reasoning,
            Capability::StructuredOutput => self.supports_structured_output == Some(true),
        }
    }

    /// How it is told how much to reason.
    #[must_use]
    pub fn thinking_style(&self) -> ThinkingStyle {
        match (self.supports_reasoning, self.thinking_level_map.is_empty()) {
            (false, _) => ThinkingStyle::None,
            (true, true) => ThinkingStyle::Budget,
            (true, false) => ThinkingStyle::Levels,
        }
    }

    /// The provider's word for a level of reasoning: that of
    /// [`thinking_level_map`](Self::thinking_level_map), else the level itself; `None` where the
    /// model hasn't got that level. `xhigh` and `max` exist only where they are listed.
    #[must_use]
    pub fn thinking_level<'a>(&'a self, level: &'a str) -> Option<&'a str> {
        match self.thinking_level_map.get(level) {
            Some(word) => word.as_deref(),
            None if !self.supports_reasoning || matches!(level, "xhigh" | "max") => None,
            None => Some(level),
        }
    }

    /// The levels of reasoning that the model has, least first, `off` among them where it can do
    /// without.
    ///
    /// ```
    /// let opus = attractor_llm::catalog::model_info("claude-opus-5-5").ok_or("unknown")?;
    /// assert_eq!(opus.thinking_levels(), ["low", "medium", "high", "xhigh", "max"]);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn thinking_levels(&self) -> Vec<&'static str> {
        let has = |level: &&str| self.thinking_level(level).is_some();
        LEVELS.into_iter().filter(has).collect()
    }
}

/// How long a prompt cache keeps a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PromptCacheSeconds {
    /// By default.
    pub short: u64,
    /// When asked for longer.
    pub long: u64,
}

impl PromptCacheSeconds {
    /// How long by default, and when asked for longer.
    #[must_use]
    pub const fn new(short: u64, long: u64) -> Self {
        Self { short, long }
    }
}

/// Something that a model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Calls tools.
    Tools,
    /// Takes images.
    Vision,
    /// Reasons before it answers.
    Reasoning,
    /// Follows a JSON Schema natively.
    StructuredOutput,
}
