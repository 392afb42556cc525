//! What a model takes, from the catalog and told from its id; pure.
//!
//! The catalog says how a known model reasons and whether it follows schemas; of others, and for
//! what the catalog doesn't hold, the id says it. The API rejects parameters that a model doesn't know, and what it knows changes with the
//! generation: fixed thinking budgets until 4.5, adaptive thinking since 4.6, no sampling
//! parameters since 4.7.

use crate::catalog::{self, ModelInfo, model_info};

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThinkingStyle {
    /// Not at all.
    None,
    /// With a budget of tokens.
    Budget,
    /// By effort; the model decides how long.
    Adaptive,
}

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ModelTraits {
    pub(super) thinking: ThinkingStyle,
    /// Whether thinking can be turned off.
    pub(super) can_stop_thinking: bool,
    /// Whether it leaves the text of its thinking out unless asked.
    pub(super) hides_thinking: bool,
    /// Whether it knows the effort between `high` and `max`.
    pub(super) xhigh: bool,
    /// Whether it takes `temperature` and `top_p`.
    pub(super) sampling: bool,
    /// Whether it takes both at once.
    pub(super) both_samplers: bool,
    /// Whether it follows a JSON Schema natively.
    pub(super) native_format: bool,
}

impl ModelTraits {
    pub(super) fn of(model: &str) -> Self {
        let told = Self::told(model);
        match model_info(model) {
            Some(info) => told.known(info),
            None => told,
        }
    }

    /// With what the catalog knows.
    fn known(mut self, info: &ModelInfo) -> Self {
        self.thinking = match info.thinking_style() {
            catalog::ThinkingStyle::None => ThinkingStyle::None,
            catalog::ThinkingStyle::Budget => ThinkingStyle::Budget,
            catalog::ThinkingStyle::Levels => ThinkingStyle::Adaptive,
        };
        self.can_stop_thinking = info.thinking_level("off").is_some();
        self.xhigh = info.thinking_level("xhigh").is_some();
        self.native_format = info
            .supports_structured_output
            .unwrap_or(self.native_format);
        self
    }

    fn told(model: &str) -> Self {
        let Some((family, version)) = family_and_version(model) else {
            return Self::foreign();
        };
        let newest = matches!(family, "fable" | "mythos");
        let since = |wanted| newest || version >= wanted;
        Self {
            thinking: if since((4, 6)) {
                ThinkingStyle::Adaptive
            } else if since((3, 7)) {
                ThinkingStyle::Budget
            } else {
                ThinkingStyle::None
            },
            can_stop_thinking: !(newest || matches!(family, "opus" | "sonnet") && since((5, 5))),
            hides_thinking: since((4, 7)),
            xhigh: since((4, 7)),
            sampling: !since((4, 7)),
            both_samplers: !since((4, 1)),
            native_format: since((4, 5)) || (family == "opus" && since((4, 1))),
        }
    }

    /// Another vendor's model behind this protocol: only what the protocol began with.
    fn foreign() -> Self {
        Self {
            thinking: ThinkingStyle::Budget,
            can_stop_thinking: true,
            hides_thinking: false,
            xhigh: false,
            sampling: true,
            both_samplers: true,
            native_format: false,
        }
    }

    /// The model's word for an effort.
    pub(super) fn effort<'a>(&self, effort: &'a str) -> &'a str {
        match effort {
            "minimal" => "low",
            "xhigh" if !self.xhigh => "high",
            other => other,
        }
    }
}

/// `opus` and (4, 5) of `claude-opus-4-5-20251101`; a Claude without a version counts as newest.
fn family_and_version(model: &str) -> Option<(&str, (u32, u32))> {
    let (_, rest) = model.split_once("claude-")?;
    let tokens: Vec<&str> = rest.split(['-', '.', '@', ':']).collect();
    let family = tokens
        .iter()
        .find(|token| token.starts_with(|c: char| c.is_ascii_alphabetic()));
    let mut numbers = tokens
        .iter()
        .filter(|token| token.len() <= 2)
        .filter_map(|token| token.parse::<u32>().ok());
    let version = match numbers.next() {
        Some(major) => (major, numbers.next().unwrap_or(0)),
        None => (u32::MAX, 0),
    };
    Some((family.copied().unwrap_or_default(), version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_every_spelling() {
        let cases = [
            ("claude-opus-4-5-20251101", ("opus", (4, 5))),
            ("claude-opus-5-5", ("opus", (5, 5))),
            ("claude-sonnet-4-20250514", ("sonnet", (4, 0))),
            ("claude-3-7-sonnet-latest", ("sonnet", (3, 7))),
            ("us.anthropic.claude-sonnet-4-6-v1:0", ("sonnet", (4, 6))),
            ("claude-fable-5", ("fable", (5, 0))),
            ("claude-next", ("next", (u32::MAX, 0))),
        ];
        for (model, expected) in cases {
            assert_eq!(family_and_version(model), Some(expected), "{model}");
        }
        assert_eq!(family_and_version("kimi-k2"), None);
    }

    #[test]
    fn thinking_follows_the_generation() {
        let cases = [
            ("claude-3-5-haiku-20241022", ThinkingStyle::None),
            ("claude-3-7-sonnet-20250219", ThinkingStyle::Budget),
            ("claude-haiku-4-5", ThinkingStyle::Budget),
            ("claude-sonnet-4-6", ThinkingStyle::Adaptive),
            ("claude-opus-5-5", ThinkingStyle::Adaptive),
            ("claude-fable-5-2", ThinkingStyle::Adaptive),
        ];
        for (model, thinking) in cases {
            assert_eq!(ModelTraits::of(model).thinking, thinking, "{model}");
        }
        assert!(ModelTraits::of("claude-opus-5").can_stop_thinking);
        assert!(!ModelTraits::of("claude-opus-5-5").can_stop_thinking);
    }

    #[test]
    fn the_catalog_and_the_id_say_the_same_of_every_model_in_it() {
        for info in catalog::list_models(Some("anthropic")) {
            let told = ModelTraits::told(&info.id);
            assert_eq!(told.known(info), told, "{}", info.id);
        }
    }

    #[test]
    fn a_model_that_was_registered_is_told_to_think_as_it_says() {
        let gateway = ModelInfo::new("gateway", "thinker-1", 100_000).supports_reasoning(true);
        catalog::register(gateway.thinking_level_word("off", None));
        let traits = ModelTraits::of("thinker-1");
        assert_eq!(traits.thinking, ThinkingStyle::Adaptive);
        assert!(!traits.can_stop_thinking && !traits.native_format);
    }
}
