//! Which maker's habits a model has, whoever serves it; pure.

/// The families that have a profile of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    OpenAi,
    Anthropic,
    Gemini,
}

/// The family of a model at a provider; nothing for the many others.
///
/// The makers' own services serve no one else's models. Elsewhere, at gateways and clouds, the name
/// of the model tells.
pub(super) fn family(provider: &str, model: &str) -> Option<Family> {
    match provider {
        "openai" | "azure" => Some(Family::OpenAi),
        "anthropic" | "claude" => Some(Family::Anthropic),
        "gemini" | "google" => Some(Family::Gemini),
        _ => by_name(&model.to_ascii_lowercase()),
    }
}

fn by_name(model: &str) -> Option<Family> {
    let name = bare(model);
    let is_openai = ["gpt-", "o1", "o3", "o4", "codex", "chatgpt-"]
        .iter()
        .any(|start| name.starts_with(start));
    if name.contains("claude") {
        Some(Family::Anthropic)
    } else if name.starts_with("gemini") {
        Some(Family::Gemini)
    } else {
        is_openai.then_some(Family::OpenAi)
    }
}

/// The name without the makers and places that gateways and clouds write before it.
pub(super) fn bare(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_makers_service_decides_and_elsewhere_the_models_name() {
        use Family::{Anthropic, Gemini, OpenAi};
        let cases = [
            ("openai", "ft:my-own", Some(OpenAi)),
            ("anthropic", "claude-opus-4-6", Some(Anthropic)),
            ("google", "anything", Some(Gemini)),
            ("openrouter", "anthropic/claude-sonnet-4.5", Some(Anthropic)),
            ("openrouter", "openai/gpt-5.2-codex", Some(OpenAi)),
            ("openrouter", "openai/o4-mini", Some(OpenAi)),
            (
                "bedrock",
                "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                Some(Anthropic),
            ),
            ("vertex", "gemini-3-pro-preview", Some(Gemini)),
            (
                "vertex",
                "publishers/google/models/gemini-3-pro",
                Some(Gemini),
            ),
            ("groq", "openai/gpt-oss-120b", Some(OpenAi)),
            ("zai", "glm-5", None),
            ("ollama", "qwen3-coder:30b", None),
            ("mistral", "devstral-latest", None),
        ];
        for (provider, model, expected) in cases {
            assert_eq!(family(provider, model), expected, "{provider}/{model}");
        }
    }
}
