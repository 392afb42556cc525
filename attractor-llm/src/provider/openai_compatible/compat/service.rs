use serde::{Deserialize, Serialize};

use super::Compat;
use super::table::{self, Row};

/// A service or server that speaks Chat Completions and that the table knows.
///
/// ```
/// use attractor_llm::provider::openai_compatible::Service;
///
/// assert_eq!(Service::detect("https://api.groq.com/openai/v1"), Some(Service::Groq));
/// assert_eq!(Service::Groq.key_variable(), Some("GROQ_API_KEY"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Service {
    /// OpenAI, by its older API; [`OpenAiAdapter`](crate::OpenAiAdapter) speaks the newer one.
    #[serde(rename = "openai")]
    OpenAi,
    /// Azure OpenAI.
    Azure,
    /// Groq.
    Groq,
    /// Together AI.
    Together,
    /// OpenRouter.
    #[serde(rename = "openrouter")]
    OpenRouter,
    /// Mistral.
    Mistral,
    /// DeepSeek.
    #[serde(rename = "deepseek")]
    DeepSeek,
    /// xAI.
    Xai,
    /// Cerebras.
    Cerebras,
    /// Fireworks.
    Fireworks,
    /// Moonshot, the maker of Kimi.
    Moonshot,
    /// Z.ai, the maker of GLM.
    Zai,
    /// Alibaba's Model Studio, the home of Qwen.
    Qwen,
    /// Perplexity.
    Perplexity,
    /// The router of Hugging Face.
    #[serde(rename = "huggingface")]
    HuggingFace,
    /// The AI Gateway of Vercel.
    Vercel,
    /// Cortex of Snowflake.
    Snowflake,
    /// Ollama, on this machine or in its cloud.
    Ollama,
    /// vLLM.
    Vllm,
    /// The server of llama.cpp.
    #[serde(rename = "llama-cpp")]
    LlamaCpp,
    /// LM Studio.
    #[serde(rename = "lm-studio")]
    LmStudio,
}

impl Service {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        table::rows().iter().map(|row| row.service)
    }

    /// The service at a base URL: by its host, on this machine by its usual port.
    #[must_use]
    pub fn detect(base_url: &str) -> Option<Self> {
        let (host, port) = host_and_port(base_url)?;
        let is_local = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        let found = table::rows().iter().find(|row| {
            let named = |known: &String| {
                let end = host.strip_suffix(known.as_str());
                end.is_some_and(|before| before.is_empty() || before.ends_with('.'))
            };
            row.hosts.iter().any(named) || is_local && row.port.is_some() && row.port == port
        });
        found.map(|row| row.service)
    }

    /// The name that its adapter has unless told otherwise.
    #[must_use]
    pub fn name(self) -> &'static str {
        &self.row().name
    }

    /// Where it is; `None` where each user has an address of their own.
    #[must_use]
    pub fn base_url(self) -> Option<&'static str> {
        self.row().base_url.as_deref()
    }

    /// The environment variable with the key.
    #[must_use]
    pub fn key_variable(self) -> Option<&'static str> {
        self.row().key_variable.as_deref()
    }

    /// The environment variable with the base URL, where there is one.
    #[must_use]
    pub fn url_variable(self) -> Option<&'static str> {
        self.row().url_variable.as_deref()
    }

    /// What it takes for a model.
    #[must_use]
    pub fn compat(self, model: &str) -> Compat {
        self.row().compat(model)
    }

    /// Whether it works without a key.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.row().key_optional
    }

    /// Whether it is set up from the environment when its variables are there.
    pub(crate) fn is_discovered(self) -> bool {
        self.row().discovered
    }

    fn row(self) -> &'static Row {
        table::row(self)
    }
}

/// The host in lower case, and the port if it is named.
fn host_and_port(base_url: &str) -> Option<(String, Option<u16>)> {
    let (_, rest) = base_url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (_, address) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = match address.rsplit_once(':') {
        // The colons of an IPv6 address stand before its bracket.
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (address, None),
    };
    Some((host.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_told_by_host_and_local_ones_by_port() {
        let cases = [
            ("https://api.openai.com/v1", Some(Service::OpenAi)),
            ("https://API.Groq.com/openai/v1", Some(Service::Groq)),
            ("https://acme.openai.azure.com", Some(Service::Azure)),
            ("https://openrouter.ai/api/v1", Some(Service::OpenRouter)),
            ("https://user@api.x.ai:443/v1", Some(Service::Xai)),
            ("http://localhost:11434/v1", Some(Service::Ollama)),
            ("http://127.0.0.1:8000/v1", Some(Service::Vllm)),
            ("http://[::1]:8080/v1", Some(Service::LlamaCpp)),
            ("http://192.168.1.2:8000/v1", None),
            ("http://127.0.0.1:49152", None),
            ("https://notapi.groq.com.example.org", None),
            ("https://myapi.x.ai", None),
            ("nonsense", None),
        ];
        for (base_url, expected) in cases {
            assert_eq!(Service::detect(base_url), expected, "{base_url}");
        }
    }

    #[test]
    fn every_service_has_one_row_and_a_name_of_its_own() {
        let names: Vec<_> = Service::all().map(Service::name).collect();
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
        for service in Service::all() {
            let detected = service.base_url().and_then(Service::detect);
            assert!(detected.is_none_or(|it| it == service), "{service:?}");
        }
        assert_eq!(names.len(), 21);
    }
}
