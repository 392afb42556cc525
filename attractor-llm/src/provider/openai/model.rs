//! What a model takes, from the catalog or told from its id; pure.

use crate::catalog::{ModelInfo, model_info};
use crate::provider::effort;

/// What a model takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModelTraits {
    info: Option<&'static ModelInfo>,
    /// Whether it reasons; unknown for another vendor's models.
    pub(super) reasons: Option<bool>,
    /// Whether it follows a JSON Schema natively.
    pub(super) native_format: bool,
    /// Whether it is one of OpenAI's own.
    own: bool,
}

/// OpenAI's models from before structured output.
const WITHOUT_SCHEMA: &[&str] = &[
    "gpt-3.5",
    "gpt-4-",
    "gpt-4o-2024-05-13",
    "o1-mini",
    "o1-preview",
];

/// What becomes of a wish for reasoning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// The model's word for it.
    Is(String),
    /// The nearest that the model has.
    Nearest(&'static str),
    /// The model can't.
    Ignored,
}

impl ModelTraits {
    pub(super) fn of(model: &str) -> Self {
        // A model that was trained further is named after the one it came from.
        let base = match model.strip_prefix("ft:") {
            Some(rest) => rest.split(':').next().unwrap_or(rest),
            None => model,
        };
        let info = model_info(base);
        let told = told(base);
        Self {
            info,
            reasons: info.map(|info| info.supports_reasoning).or(told),
            native_format: info
                .and_then(|info| info.supports_structured_output)
                .unwrap_or_else(|| told_native(base)),
            own: info.map_or(told.is_some(), |info| info.provider == "openai"),
        }
    }

    /// Whether it takes `temperature` and `top_p` when it reasons with this effort.
    pub(super) fn samples(&self, effort: Option<&str>) -> bool {
        !self.own || self.reasons == Some(false) || effort == Some("none")
    }

    /// The model's word for an effort.
    pub(super) fn effort(&self, wanted: &str) -> Effort {
        if self.reasons == Some(false) {
            return Effort::Ignored;
        }
        let Some(info) = self.info else {
            return Effort::Is(if wanted == "off" { "none" } else { wanted }.to_owned());
        };
        if matches!(wanted, "none" | "off") {
            return match info.thinking_level("off") {
                Some(_) => Effort::Is("none".to_owned()),
                None => Effort::Ignored,
            };
        }
        if !effort::is_level(wanted) {
            return Effort::Is(wanted.to_owned());
        }
        if let Some(word) = info.thinking_level(wanted) {
            return Effort::Is(word.to_owned());
        }
        effort::nearest(info, wanted).map_or(Effort::Ignored, Effort::Nearest)
    }
}

/// Whether an OpenAI model reasons; `None` for a name that isn't one of theirs.
fn told(model: &str) -> Option<bool> {
    let major = |rest: &str| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    if let Some(version) = model.strip_prefix("gpt-").and_then(major) {
        return Some(version >= 5 && !model.contains("chat"));
    }
    let series = model.strip_prefix('o').and_then(major);
    series.map(|_| true)
}

/// Whether a model follows schemas, as far as its name says it.
fn told_native(model: &str) -> bool {
    model != "gpt-4" && !WITHOUT_SCHEMA.iter().any(|it| model.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_told_from_the_catalog_or_from_the_name() {
        let cases = [
            ("gpt-5", Some(true)),
            ("gpt-5-mini-2025-08-07", Some(true)),
            ("gpt-9", Some(true)),
            ("gpt-5-chat-latest", Some(false)),
            ("gpt-4o", Some(false)),
            ("gpt-3.5-turbo", Some(false)),
            ("ft:gpt-4o-mini-2024-07-18:acme::x", Some(false)),
            ("o4-mini", Some(true)),
            ("ollama", None),
            ("my-deployment", None),
        ];
        for (model, expected) in cases {
            assert_eq!(ModelTraits::of(model).reasons, expected, "{model}");
        }
        assert!(!ModelTraits::of("gpt-5").samples(None));
        assert!(ModelTraits::of("gpt-5.2").samples(Some("none")));
        assert!(ModelTraits::of("my-deployment").samples(None));
    }

    #[test]
    fn an_effort_that_a_model_has_not_got_becomes_the_nearest() {
        let cases = [
            ("gpt-5", "minimal", Effort::Is("minimal".to_owned())),
            ("gpt-5", "xhigh", Effort::Nearest("high")),
            ("gpt-5", "none", Effort::Ignored),
            ("gpt-5.2", "off", Effort::Is("none".to_owned())),
            ("gpt-5.2", "minimal", Effort::Nearest("low")),
            ("gpt-5.2-pro", "low", Effort::Nearest("medium")),
            ("gpt-4o", "low", Effort::Ignored),
            ("gpt-5", "extra", Effort::Is("extra".to_owned())),
            ("my-deployment", "max", Effort::Is("max".to_owned())),
        ];
        for (model, wanted, expected) in cases {
            assert_eq!(
                ModelTraits::of(model).effort(wanted),
                expected,
                "{model} {wanted}"
            );
        }
    }

    #[test]
    fn the_catalog_and_the_name_say_the_same_of_schemas() {
        for info in crate::catalog::list_models(Some("openai")) {
            let known = ModelTraits::of(&info.id).native_format;
            assert_eq!(known, told_native(&info.id), "{}", info.id);
        }
    }
}
