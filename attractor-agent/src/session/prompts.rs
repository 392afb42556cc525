//! What the requests to each model begin with: fixed when the model is first asked.

use std::sync::Arc;

use attractor_llm::ToolDefinition;

/// The prompts of a session, one for each model that it has asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Prompts {
    all: Vec<Prompt>,
    /// The place of the one in use.
    current: usize,
}

/// System prompt and tools, the same bytes in every request to a model.
#[derive(Debug, Clone)]
pub(super) struct Prompt {
    pub(super) provider: Arc<str>,
    pub(super) model: Arc<str>,
    pub(super) system: Arc<str>,
    pub(super) tools: Arc<[ToolDefinition]>,
    /// Characters of both.
    pub(super) chars: usize,
}

impl Prompts {
    /// The one in use; none before the first request.
    pub(super) fn current(&self) -> Option<&Prompt> {
        self.all.get(self.current)
    }

    /// Goes on with the prompt that this model had before; whether it had one.
    pub(super) fn choose(&mut self, provider: &str, model: &str) -> bool {
        let is_its = |prompt: &Prompt| *prompt.provider == *provider && *prompt.model == *model;
        let found = self.all.iter().position(is_its);
        self.current = found.unwrap_or(self.current);
        found.is_some()
    }

    /// Fixes the prompt of a model and uses it from now on.
    pub(super) fn add(
        &mut self,
        provider: &str,
        model: &str,
        system: &str,
        tools: Vec<ToolDefinition>,
    ) {
        let schemas = tools
            .iter()
            .map(|tool| tool.description.len() + tool.parameters.to_string().len());
        let chars = system.len() + schemas.sum::<usize>();
        self.current = self.all.len();
        self.all.push(Prompt {
            provider: provider.into(),
            model: model.into(),
            system: system.into(),
            tools: tools.into(),
            chars,
        });
    }

    pub(super) fn all(&self) -> &[Prompt] {
        &self.all
    }
}
