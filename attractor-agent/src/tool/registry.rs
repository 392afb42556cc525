//! The tools of a session, by name.

use std::sync::Arc;

use attractor_llm::ToolDefinition;

use super::{Tool, definition, validate::Schema};
use crate::error::Error;

/// The tools that a model may call (coding-agent-loop-spec 3.8).
///
/// A later tool of the same name takes the place of the earlier; the order is that of
/// registration, so that requests stay the same from one call to the next. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct ToolRegistry {
    tools: Vec<Arc<Registered>>,
}

/// A tool with what was computed once at its registration.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) tool: Arc<dyn Tool>,
    pub(crate) definition: ToolDefinition,
    pub(super) schema: Schema,
}

impl ToolRegistry {
    /// A registry without tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool, or replaces the one of the same name.
    ///
    /// # Errors
    /// `Configuration` for a name or a schema that providers don't accept.
    pub fn register(&mut self, tool: Arc<dyn Tool>) -> Result<(), Error> {
        let definition = definition(&*tool)?;
        let schema = Schema::compile(&definition.name, &definition.parameters)?;
        let registered = Arc::new(Registered {
            tool,
            definition,
            schema,
        });
        match self.position(&registered.definition.name) {
            Some(place) => self.tools[place] = registered,
            None => self.tools.push(registered),
        }
        Ok(())
    }

    /// Takes a tool out; whether it was there.
    pub fn unregister(&mut self, name: &str) -> bool {
        match self.position(name) {
            Some(place) => {
                self.tools.remove(place);
                true
            }
            None => false,
        }
    }

    /// The tool of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.registered(name).map(|registered| &registered.tool)
    }

    /// What requests say about the tools, in order.
    #[must_use]
    pub fn definitions(&self) -> Vec<ToolDefinition> {
        self.tools
            .iter()
            .map(|registered| registered.definition.clone())
            .collect()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools
            .iter()
            .map(|registered| registered.definition.name.as_str())
    }

    pub(crate) fn registered(&self, name: &str) -> Option<&Registered> {
        self.position(name).map(|place| &*self.tools[place])
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.tools
            .iter()
            .position(|registered| registered.definition.name == name)
    }
}
