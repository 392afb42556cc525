//! What a model takes, from the catalog or told from its id; pure.

use crate::catalog::{ModelInfo, ThinkingStyle, model_info};
use crate::provider::effort;

/// The thinking that a model with a budget can be given.
const MAX_BUDGET: u64 = 24_576;
const MAX_BUDGET_PRO: u64 = 32_768;

/// The least that every model with a budget takes.
const MIN_BUDGET: u64 = 512;

/// What a wish for reasoning becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// Nothing: the model can't.
    Ignored,
    /// A budget of tokens; 0 turns it off.
    Budget(u64),
    /// A level in the provider's word, and whether it is another one than was wished for.
    Level { word: String, is_other: bool },
}

/// What a model takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModelTraits {
    info: Option<&'static ModelInfo>,
    pub(super) thinking: ThinkingStyle,
    /// The generation of a Gemini; unknown for a model with another name.
    version: Option<(u32, u32)>,
    is_pro: bool,
    /// One of Google's open models from before they took what the Geminis take: no instructions
    /// apart from the conversation, no JSON on demand.
    pub(super) is_plain: bool,
    /// Whether it follows a JSON Schema natively.
    pub(super) native_format: bool,
}

impl ModelTraits {
    pub(super) fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model);
        let info = model_info(name);
        let version = version(name, "gemini-");
        let is_plain =
            version.is_none() && self::version(name, "gemma-").is_some_and(|it| it.0 < 4);
        Self {
            info,
            thinking: thinking(info, version),
            version,
            is_pro: name.contains("-pro"),
            is_plain,
            native_format: info
                .and_then(|info| info.supports_structured_output)
                .unwrap_or(!is_plain),
        }
    }

    /// Whether it rejects a tool call of its own without the signature that came with it.
    pub(super) fn wants_signatures(&self) -> bool {
        self.version.is_some_and(|version| version.0 >= 3)
    }

    /// Whether it takes media within the result of a tool.
    pub(super) fn reads_media_in_results(&self) -> bool {
        self.version.is_none_or(|version| version.0 >= 3)
    }

    /// Whether it takes tools together with the form of its answer, or with the provider's tools.
    pub(super) fn combines(&self) -> bool {
        self.version.is_none_or(|version| version.0 >= 3)
    }

    /// What becomes of a wish for reasoning, within a limit of tokens for all of the answer.
    pub(super) fn think(&self, wanted: &str, max_tokens: Option<u64>) -> Thinking {
        match self.thinking {
            ThinkingStyle::None => Thinking::Ignored,
            ThinkingStyle::Levels => self.level(wanted),
            ThinkingStyle::Budget => self.budget(wanted, max_tokens),
        }
    }

    fn level(&self, wanted: &str) -> Thinking {
        let is = |word: &str, is_other| Thinking::Level {
            word: word.to_owned(),
            is_other,
        };
        let is_off = matches!(wanted, "none" | "off");
        let Some(info) = self.info else {
            // Thinking can't be turned off: what is least of it comes nearest.
            return if is_off {
                is("minimal", true)
            } else {
                is(wanted, false)
            };
        };
        let level = if is_off { "minimal" } else { wanted };
        if !effort::is_level(level) {
            return is(level, false);
        }
        if let Some(word) = info.thinking_level(level) {
            return is(word, is_off);
        }
        match effort::nearest(info, level) {
            Some(nearest) => is(info.thinking_level(nearest).unwrap_or(nearest), true),
            None => Thinking::Ignored,
        }
    }

    fn budget(&self, wanted: &str, max_tokens: Option<u64>) -> Thinking {
        if matches!(wanted, "none" | "off") {
            return if self.is_pro {
                Thinking::Ignored
            } else {
                Thinking::Budget(0)
            };
        }
        let most = if self.is_pro {
            MAX_BUDGET_PRO
        } else {
            MAX_BUDGET
        };
        let Some(budget) = effort::budget(wanted) else {
            return Thinking::Ignored;
        };
        // The limit is for all of the answer: half of it is for what is said.
        let room = max_tokens.map_or(most, |max_tokens| max_tokens / 2);
        Thinking::Budget(budget.min(most).min(room).max(MIN_BUDGET))
    }
}

fn thinking(info: Option<&ModelInfo>, version: Option<(u32, u32)>) -> ThinkingStyle {
    match (info, version) {
        (Some(info), _) => info.thinking_style(),
        (None, Some(version)) if version < (2, 5) => ThinkingStyle::None,
        (None, Some(version)) if version < (3, 0) => ThinkingStyle::Budget,
        (None, _) => ThinkingStyle::Levels,
    }
}

/// (3, 1) of `gemini-3.1-pro-preview`; a Gemini without a number counts as newest.
fn version(model: &str, family: &str) -> Option<(u32, u32)> {
    let (_, rest) = model.split_once(family)?;
    let number = rest.split('-').next().unwrap_or_default();
    let mut numbers = number.split('.').map(str::parse::<u32>);
    match numbers.next() {
        Some(Ok(major)) => Some((major, numbers.next().and_then(Result::ok).unwrap_or(0))),
        _ => Some((u32::MAX, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_follows_the_generation() {
        let cases = [
            ("gemini-1.5-flash", ThinkingStyle::None),
            ("gemini-2.0-flash", ThinkingStyle::None),
            ("gemini-2.5-flash-lite", ThinkingStyle::Budget),
            ("models/gemini-2.5-pro-preview-06-05", ThinkingStyle::Budget),
            ("gemini-3-flash-preview", ThinkingStyle::Levels),
            ("gemini-4-argon", ThinkingStyle::Levels),
            ("gemini-flash-latest", ThinkingStyle::Levels),
            ("tunedModels/mine", ThinkingStyle::Levels),
        ];
        for (model, thinking) in cases {
            assert_eq!(ModelTraits::of(model).thinking, thinking, "{model}");
        }
        assert!(ModelTraits::of("gemma-3-27b-it").is_plain);
        assert!(!ModelTraits::of("gemma-4-31b-it").is_plain);
    }

    #[test]
    fn an_effort_becomes_the_level_or_budget_that_the_model_has() {
        let level = |word: &str, is_other| Thinking::Level {
            word: word.to_owned(),
            is_other,
        };
        let cases = [
            ("gemini-3-flash-preview", "minimal", level("minimal", false)),
            ("gemini-3.1-pro-preview", "minimal", level("low", true)),
            ("gemini-3.1-pro-preview", "off", level("low", true)),
            ("gemini-3.1-pro-preview", "xhigh", level("high", true)),
            ("gemma-4-31b-it", "high", level("HIGH", false)),
            ("gemini-9-neon", "none", level("minimal", true)),
            ("gemini-9-neon", "extra", level("extra", false)),
            ("gemini-2.5-flash", "none", Thinking::Budget(0)),
            ("gemini-2.5-flash", "medium", Thinking::Budget(8192)),
            ("gemini-2.5-flash", "max", Thinking::Budget(24_576)),
            ("gemini-2.5-pro", "max", Thinking::Budget(32_768)),
            ("gemini-2.5-pro", "none", Thinking::Ignored),
            ("gemini-2.5-pro", "extra", Thinking::Ignored),
            ("gemini-2.0-flash", "high", Thinking::Ignored),
        ];
        for (model, wanted, expected) in cases {
            let found = ModelTraits::of(model).think(wanted, None);
            assert_eq!(found, expected, "{model} {wanted}");
        }
        let flash = ModelTraits::of("gemini-2.5-flash");
        assert_eq!(flash.think("high", Some(4000)), Thinking::Budget(2000));
        assert_eq!(flash.think("high", Some(100)), Thinking::Budget(512));
    }
}
