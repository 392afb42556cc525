//! How each provider's models are addressed: their prompt, their tools, their options.

mod anthropic;

use std::{fmt::Debug, sync::Arc};

use serde_json::{Map, Value};

pub use self::anthropic::AnthropicProfile;
use crate::{
    error::{Error, ErrorKind},
    prompt::PromptLayers,
    tool::ToolRegistry,
};

/// What a model family works best with (coding-agent-loop-spec 3.2).
pub trait ProviderProfile: Debug + Send + Sync + 'static {
    /// The name under which the provider is registered with the client.
    fn id(&self) -> &str;

    /// The model, as the provider names it.
    fn model(&self) -> &str;

    /// The tools that the model is offered. Cloning a registry is cheap.
    fn tools(&self) -> ToolRegistry;

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
/// ```
/// use attractor_agent::{ErrorKind, profile_for};
///
/// let profile = profile_for("anthropic", "claude-opus-4-6")?;
/// assert_eq!(profile.id(), "anthropic");
/// assert_eq!(profile_for("acme", "m").unwrap_err().kind(), ErrorKind::Configuration);
/// # Ok::<(), attractor_agent::Error>(())
/// ```
///
/// # Errors
/// `Configuration` for a provider that has no profile.
pub fn profile_for(provider: &str, model: &str) -> Result<Arc<dyn ProviderProfile>, Error> {
    match provider {
        "anthropic" => Ok(Arc::new(AnthropicProfile::new(model))),
        _ => Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "there is no agent profile for the provider {provider:?} (model {model:?}); the \
                 providers with one are: anthropic"
            ),
        )),
    }
}
