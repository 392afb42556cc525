//! Facts about a model that the catalog doesn't have, or has wrong.

use super::{ModelInfo, Price, PriceTier, PromptCacheSeconds};

/// Setters for a model of one's own, to be [`register`](super::register)ed.
impl ModelInfo {
    /// A model that calls tools and of which nothing else is known.
    ///
    /// ```
    /// use attractor_llm::catalog::{self, ModelInfo, Price};
    ///
    /// let model = ModelInfo::new("my-gateway", "our-model", 128_000)
    ///     .max_output(8_192)
    ///     .prices("0.5".parse::<Price>()?, "2".parse()?)
    ///     .alias("ours");
    /// catalog::register(model);
    /// assert_eq!(catalog::model_info("ours").map(|it| it.context_window), Some(128_000));
    /// # Ok::<(), attractor_llm::Error>(())
    /// ```
    #[must_use]
    pub fn new(provider: impl Into<String>, id: impl Into<String>, context_window: u64) -> Self {
        let id = id.into();
        Self {
            display_name: id.clone(),
            id,
            provider: provider.into(),
            context_window,
            max_output: None,
            supports_tools: true,
            supports_vision: false,
            supports_reasoning: false,
            supports_structured_output: None,
            input_cost_per_million: None,
            output_cost_per_million: None,
            cache_read_cost_per_million: None,
            cache_write_cost_per_million: None,
            cache_write_long_cost_per_million: None,
            tiers: Vec::new(),
            thinking_level_map: Default::default(),
            prompt_cache_seconds: None,
            aliases: Vec::new(),
        }
    }

    /// Sets the name for people.
    #[must_use]
    pub fn display_name(mut self, display_name: impl Into<String>) -> Self {
        self.display_name = display_name.into();
        self
    }

    /// Sets the most tokens of an answer.
    #[must_use]
    pub fn max_output(mut self, max_output: u64) -> Self {
        self.max_output = Some(max_output);
        self
    }

    /// Sets whether it calls tools.
    #[must_use]
    pub fn supports_tools(mut self, supports_tools: bool) -> Self {
        self.supports_tools = supports_tools;
        self
    }

    /// Sets whether it takes images.
    #[must_use]
    pub fn supports_vision(mut self, supports_vision: bool) -> Self {
        self.supports_vision = supports_vision;
        self
    }

    /// Sets whether it reasons.
    #[must_use]
    pub fn supports_reasoning(mut self, supports_reasoning: bool) -> Self {
        self.supports_reasoning = supports_reasoning;
        self
    }

    /// Sets whether it follows a JSON Schema natively.
    #[must_use]
    pub fn supports_structured_output(mut self, supports_structured_output: bool) -> Self {
        self.supports_structured_output = Some(supports_structured_output);
        self
    }

    /// Sets the prices of the prompt and of the answer.
    #[must_use]
    pub fn prices(mut self, input: Price, output: Price) -> Self {
        self.input_cost_per_million = Some(input);
        self.output_cost_per_million = Some(output);
        self
    }

    /// Sets the prices of what the prompt cache served and of what was stored in it.
    #[must_use]
    pub fn cache_prices(mut self, read: Price, write: Price) -> Self {
        self.cache_read_cost_per_million = Some(read);
        self.cache_write_cost_per_million = Some(write);
        self
    }

    /// Sets the price of what was stored in the prompt cache for longer than usual.
    #[must_use]
    pub fn cache_write_long_price(mut self, write: Price) -> Self {
        self.cache_write_long_cost_per_million = Some(write);
        self
    }

    /// Adds the prices of prompts above a threshold.
    #[must_use]
    pub fn tier(mut self, tier: PriceTier) -> Self {
        self.tiers.push(tier);
        self.tiers.sort_by_key(|tier| tier.input_tokens_above);
        self
    }

    /// Sets the provider's word for a level of reasoning; `None` says that the model hasn't got it.
    #[must_use]
    pub fn thinking_level_word(mut self, level: &str, word: Option<&str>) -> Self {
        let word = word.map(str::to_owned);
        self.thinking_level_map.insert(level.to_owned(), word);
        self
    }

    /// Sets how long its prompt cache keeps a prefix.
    #[must_use]
    pub fn prompt_cache_seconds(mut self, prompt_cache_seconds: PromptCacheSeconds) -> Self {
        self.prompt_cache_seconds = Some(prompt_cache_seconds);
        self
    }

    /// Adds a short name, which the client replaces by the id.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.aliases.push(alias.into());
        self
    }
}
