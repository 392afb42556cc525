//! What every profile has: whose models, which one, with which tools and options.

use std::sync::Arc;

use attractor_llm::catalog::{self, ModelInfo};
use serde_json::{Map, Value};

use crate::tool::{Tool, ToolRegistry};

/// The state that the profiles share; [`profile_setters`] and [`shared_methods`] work on it.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) tools: ToolRegistry,
    pub(super) options: Map<String, Value>,
    /// Said by the host; the published one when absent.
    pub(super) knowledge_cutoff: Option<String>,
}

impl Base {
    pub(super) fn new(provider: &str, model: impl Into<String>, tools: ToolRegistry) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.into(),
            tools,
            options: Map::new(),
            knowledge_cutoff: None,
        }
    }

    /// The same for another model, whose knowledge ends at a time of its own.
    pub(super) fn for_model(&self, model: &str) -> Self {
        Self {
            model: model.to_owned(),
            knowledge_cutoff: None,
            ..self.clone()
        }
    }

    /// What the catalog says of the model: under its provider, else under its name alone, which a
    /// gateway may write as `maker/model`.
    pub(super) fn info(&self) -> Option<&'static ModelInfo> {
        catalog::model_info(&format!("{}/{}", self.provider, self.model))
            .or_else(|| catalog::model_info(&self.model))
            .or_else(|| catalog::model_info(super::family::bare(&self.model)))
    }

    /// The catalog's window of the model, else this one.
    pub(super) fn context_window(&self, unknown: u64) -> u64 {
        self.info().map_or(unknown, |info| info.context_window)
    }

    /// Parameters under the provider's name, as requests carry them.
    pub(super) fn provider_options(&self) -> Map<String, Value> {
        let mut options = Map::new();
        if !self.options.is_empty() {
            options.insert(self.provider.clone(), self.options.clone().into());
        }
        options
    }

    /// Adds to an option that is a list.
    pub(super) fn append(&mut self, option: &str, value: Value) {
        match self.options.get_mut(option) {
            Some(Value::Array(list)) if list.contains(&value) => {}
            Some(Value::Array(list)) => list.push(value),
            _ => {
                self.options.insert(option.to_owned(), vec![value].into());
            }
        }
    }
}

/// A registry of built-in tools.
pub(super) fn registry<const N: usize>(tools: [Arc<dyn Tool>; N]) -> ToolRegistry {
    let mut registry = ToolRegistry::new();
    for tool in tools {
        add(&mut registry, tool);
    }
    registry
}

/// Adds a built-in tool.
pub(super) fn add(registry: &mut ToolRegistry, tool: Arc<dyn Tool>) {
    let registered = registry.register(tool);
    debug_assert!(
        registered.is_ok(),
        "the schemas of the built-in tools are valid"
    );
}

/// The setters of a profile whose field `base` is a [`Base`].
macro_rules! profile_setters {
    () => {
        /// Sends requests to a provider that is registered under another name, such as a gateway
        /// that speaks the same protocol. It is also the key of the profile's options.
        #[must_use]
        pub fn with_provider(mut self, name: impl Into<String>) -> Self {
            self.base.provider = name.into();
            self
        }

        /// Adds a tool, or replaces the one of the same name.
        ///
        /// # Errors
        /// `Configuration` for a name or a schema that providers don't accept.
        pub fn with_tool(
            mut self,
            tool: std::sync::Arc<dyn $crate::tool::Tool>,
        ) -> Result<Self, $crate::error::Error> {
            self.base.tools.register(tool)?;
            Ok(self)
        }

        /// Takes a tool out, such as `shell` for an agent that must not run commands.
        #[must_use]
        pub fn without_tool(mut self, name: &str) -> Self {
            self.base.tools.unregister(name);
            self
        }

        /// Sets a parameter of the provider's own for every request (`provider_options`).
        #[must_use]
        pub fn with_option(
            mut self,
            key: impl Into<String>,
            value: impl Into<serde_json::Value>,
        ) -> Self {
            self.base.options.insert(key.into(), value.into());
            self
        }

        /// Says when the model's knowledge ends, for one of which that isn't known here.
        #[must_use]
        pub fn with_knowledge_cutoff(mut self, date: impl Into<String>) -> Self {
            self.base.knowledge_cutoff = Some(date.into());
            self
        }
    };
}
pub(super) use profile_setters;

/// The methods of [`ProviderProfile`](super::ProviderProfile) that are the same for all.
macro_rules! shared_methods {
    () => {
        fn id(&self) -> &str {
            &self.base.provider
        }

        fn model(&self) -> &str {
            &self.base.model
        }

        fn for_model(
            &self,
            model: &str,
        ) -> Option<std::sync::Arc<dyn $crate::profile::ProviderProfile>> {
            let mut profile = self.clone();
            profile.base = self.base.for_model(model);
            Some(std::sync::Arc::new(profile))
        }

        fn provider_options(&self) -> serde_json::Map<String, serde_json::Value> {
            self.base.provider_options()
        }

        fn knowledge_cutoff(&self) -> Option<&str> {
            let said = self.base.knowledge_cutoff.as_deref();
            said.or_else(|| $crate::profile::knowledge::cutoff(&self.base.model))
        }

        fn supports_reasoning(&self) -> bool {
            self.base.info().is_none_or(|info| info.supports_reasoning)
        }

        fn supports_parallel_tool_calls(&self) -> bool {
            true
        }
    };
}
pub(super) use shared_methods;
