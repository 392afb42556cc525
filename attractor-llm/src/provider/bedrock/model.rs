//! What a model takes, told from its id and the catalog; pure.

use crate::catalog::{ModelInfo, ThinkingStyle, model_info};

/// What an id of Bedrock says.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModelTraits {
    vendor: Vendor,
    info: Option<&'static ModelInfo>,
    /// Whether it has a prompt cache.
    pub(super) caches: bool,
    /// Whether cache points may stand among its tools.
    pub(super) caches_tools: bool,
    /// Whether it follows a JSON Schema natively.
    pub(super) native_format: bool,
}

/// Whose way of asking for reasoning a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    Anthropic,
    Nova2,
    OpenAi,
    Other,
}

/// How a model is asked to reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reasoning {
    /// It can't be asked.
    None,
    /// Claude, with a budget of tokens.
    Budget,
    /// Claude, by effort.
    Adaptive,
    /// Amazon's own field.
    Nova,
    /// OpenAI's own field.
    Effort,
}

/// Claudes from before the prompt cache.
const WITHOUT_CACHE: &[&str] = &[
    "claude-v2",
    "claude-instant",
    "claude-3-haiku",
    "claude-3-sonnet",
    "claude-3-opus",
    "claude-3-5-sonnet-20240620",
];

impl ModelTraits {
    pub(super) fn of(model: &str) -> Self {
        let name = base_name(model);
        let info = model_info(name);
        let vendor = match name {
            _ if name.starts_with("claude") => Vendor::Anthropic,
            _ if name.starts_with("nova-2") => Vendor::Nova2,
            _ if name.starts_with("gpt-oss") => Vendor::OpenAi,
            _ => Vendor::Other,
        };
        let claude_caches =
            vendor == Vendor::Anthropic && !WITHOUT_CACHE.iter().any(|it| model.contains(it));
        Self {
            vendor,
            info,
            caches: claude_caches || name.starts_with("nova"),
            caches_tools: claude_caches,
            native_format: info.is_some_and(|it| it.supports_structured_output == Some(true)),
        }
    }

    pub(super) fn reasoning(&self) -> Reasoning {
        match (self.vendor, self.info.map(ModelInfo::thinking_style)) {
            (Vendor::Anthropic, Some(ThinkingStyle::Levels)) => Reasoning::Adaptive,
            (Vendor::Anthropic, Some(ThinkingStyle::Budget)) => Reasoning::Budget,
            (Vendor::Nova2, _) => Reasoning::Nova,
            (Vendor::OpenAi, _) => Reasoning::Effort,
            _ => Reasoning::None,
        }
    }

    /// The model's word for an effort.
    pub(super) fn effort<'a>(&'a self, effort: &'a str) -> &'a str {
        let known = self.info.and_then(|info| info.thinking_level(effort));
        known.unwrap_or(match effort {
            "minimal" => "low",
            "xhigh" | "max" => "high",
            other => other,
        })
    }

    /// Whether it can do without reasoning.
    pub(super) fn can_stop(&self) -> bool {
        self.info
            .is_none_or(|info| info.thinking_level("off").is_some())
    }
}

/// The vendor's own name of a model: without account, region, vendor and version of the service.
pub(super) fn base_name(model: &str) -> &str {
    let id = model.rsplit_once('/').map_or(model, |(_, id)| id);
    // A vendor's name has a dot behind it; a version's dot has a digit before it.
    let name = id
        .rmatch_indices('.')
        .find(|(at, _)| !id[..*at].ends_with(|c: char| c.is_ascii_digit()))
        .map_or(id, |(at, _)| &id[at + 1..]);
    match name.rsplit_once("-v") {
        Some((stem, version))
            if !stem.is_empty()
                && version.starts_with(|c: char| c.is_ascii_digit())
                && version.bytes().all(|b| b.is_ascii_digit() || b == b':') =>
        {
            stem
        }
        _ => name.split(':').next().unwrap_or(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_name_is_read_from_every_spelling() {
        let cases = [
            (
                "anthropic.claude-opus-4-5-20251101-v1:0",
                "claude-opus-4-5-20251101",
            ),
            ("us.anthropic.claude-sonnet-4-6", "claude-sonnet-4-6"),
            (
                "global.anthropic.claude-haiku-4-5-20251001-v1:0",
                "claude-haiku-4-5-20251001",
            ),
            ("amazon.nova-lite-v1:0", "nova-lite"),
            ("us.amazon.nova-2-lite-v1:0", "nova-2-lite"),
            ("openai.gpt-oss-120b-1:0", "gpt-oss-120b-1"),
            ("deepseek.v3.1", "v3.1"),
            (
                "arn:aws:bedrock:us-east-1:123:inference-profile/us.anthropic.claude-opus-4-6-v1",
                "claude-opus-4-6",
            ),
            ("scripted-model", "scripted-model"),
        ];
        for (model, expected) in cases {
            assert_eq!(base_name(model), expected, "{model}");
        }
    }

    #[test]
    fn each_family_is_asked_in_its_own_way() {
        let cases = [
            (
                "anthropic.claude-sonnet-4-5-20250929-v1:0",
                Reasoning::Budget,
                true,
            ),
            ("us.anthropic.claude-opus-4-6-v1", Reasoning::Adaptive, true),
            (
                "anthropic.claude-3-haiku-20240307-v1:0",
                Reasoning::None,
                false,
            ),
            ("us.amazon.nova-2-lite-v1:0", Reasoning::Nova, true),
            ("openai.gpt-oss-20b-1:0", Reasoning::Effort, false),
            ("meta.llama3-1-8b-instruct-v1:0", Reasoning::None, false),
        ];
        for (model, reasoning, caches) in cases {
            let traits = ModelTraits::of(model);
            assert_eq!(
                (traits.reasoning(), traits.caches),
                (reasoning, caches),
                "{model}"
            );
        }
    }
}
