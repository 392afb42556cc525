//! How each provider's models are addressed: their prompt, their tools, their options.

mod anthropic;
mod base;
mod compatible;
mod family;
mod gemini;
mod knowledge;
mod openai;

use std::{fmt::Debug, sync::Arc};

use serde_json::{Map, Value};

use self::family::{Family, family};
pub use self::{
    anthropic::AnthropicProfile, compatible::CompatibleProfile, gemini::GeminiProfile,
    openai::OpenAiProfile,
};
use crate::{
    error::{Error, ErrorKind},
    prompt::PromptLayers,
    subagent::SubagentTools,
    tool::ToolRegistry,
};

/// What a model family works best with (coding-agent-loop-spec 3.2).
pub trait ProviderProfile: Debug + Send + Sync + 'static {
    /// The name under which the provider is registered with the client.
    fn id(&self) -> &str;

    /// The model, as the provider names it.
    fn model(&self) -> &str;

    /// The same profile for another model of its provider, such as a subagent's; nothing where it
    /// is made for one model only.
    fn for_model(&self, _model: &str) -> Option<Arc<dyn ProviderProfile>> {
        None
    }

    /// The tools that the model is offered. Cloning a registry is cheap.
    fn tools(&self) -> ToolRegistry;

    /// What the tools for subagents are called and how they are described to the model; the session
    /// adds them to [`tools`](Self::tools) while it may have subagents.
    fn subagent_tools(&self) -> SubagentTools {
        SubagentTools::default()
    }

    /// The first layer of the system prompt.
    fn base_prompt(&self) -> &str;

    /// Names of the instruction files that this provider's agents read, `AGENTS.md` included.
    fn project_doc_names(&self) -> &[&str];

    /// The whole system prompt.
    ///
    /// # Behavior
    /// - Called once, at the session's start.
    fn build_system_prompt(&self, layers: &PromptLayers) -> String {
        layers.join(self.base_prompt())
    }

    /// Parameters of the provider's own, under its name.
    fn provider_options(&self) -> Map<String, Value> {
        Map::new()
    }

    /// How long a command may take when neither the call nor the session says.
    fn default_command_timeout_ms(&self) -> Option<u64> {
        None
    }

    /// When the model's knowledge ends, where that is published.
    fn knowledge_cutoff(&self) -> Option<&str> {
        None
    }

    /// Whether the model takes a reasoning effort.
    fn supports_reasoning(&self) -> bool;

    /// Whether the provider streams.
    fn supports_streaming(&self) -> bool {
        true
    }

    /// Whether calls of one response may run at the same time.
    fn supports_parallel_tool_calls(&self) -> bool;

    /// The most tokens of prompt and answer together.
    fn context_window_size(&self) -> u64;
}

const _: Option<&dyn ProviderProfile> = None;

/// The profile for a provider's model.
///
/// The providers `openai`, `anthropic` and `gemini` have their own. Of any other, which may be a
/// cloud, a gateway or a server of one's own under any name, the model's name tells: Claude, Gemini
/// and GPT models get the tools and words they know wherever they are served, the rest a
/// [`CompatibleProfile`].
///
/// ```
/// use attractor_agent::{ErrorKind, profile_for};
///
/// let profile = profile_for("openrouter", "anthropic/claude-opus-4.6")?;
/// assert_eq!(profile.id(), "openrouter");
/// assert!(profile.project_doc_names().contains(&"CLAUDE.md"));
/// assert_eq!(profile_for("openai", "").unwrap_err().kind(), ErrorKind::Configuration);
/// # Ok::<(), attractor_agent::Error>(())
/// ```
///
/// # Errors
/// `Configuration` without a provider or a model.
pub fn profile_for(provider: &str, model: &str) -> Result<Arc<dyn ProviderProfile>, Error> {
    if provider.trim().is_empty() || model.trim().is_empty() {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!("a profile needs a provider and a model, not {provider:?} and {model:?}"),
        ));
    }
    Ok(match family(provider, model) {
        Some(Family::OpenAi) => Arc::new(OpenAiProfile::new(model).with_provider(provider)),
        Some(Family::Anthropic) => Arc::new(AnthropicProfile::new(model).with_provider(provider)),
        Some(Family::Gemini) => Arc::new(GeminiProfile::new(model).with_provider(provider)),
        None => Arc::new(CompatibleProfile::new(provider, model)),
    })
}
