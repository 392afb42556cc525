use std::collections::BTreeMap;
use std::sync::Arc;

use super::Handler;
use super::conditional::ConditionalHandler;
use super::exit::ExitHandler;
use super::fan_in::FanInHandler;
use super::parallel::ParallelHandler;
use super::start::StartHandler;
use crate::graph::{Graph, Node, Shape};

/// Which handler executes which type of node.
///
/// Source: attractor-spec 4.2.
#[derive(Clone, Debug)]
pub struct HandlerRegistry {
    handlers: BTreeMap<String, Arc<dyn Handler>>,
}

impl Default for HandlerRegistry {
    fn default() -> Self {
        Self::new()
    }
}

impl HandlerRegistry {
    /// A registry with the handlers that need nothing from outside: `start`, `exit`,
    /// `conditional`, `parallel`, and `parallel.fan_in` without a model.
    pub fn new() -> Self {
        let mut registry = Self {
            handlers: BTreeMap::new(),
        };
        registry.register("start", Arc::new(StartHandler));
        registry.register("exit", Arc::new(ExitHandler));
        registry.register("conditional", Arc::new(ConditionalHandler));
        registry.register("parallel", Arc::new(ParallelHandler));
        registry.register("parallel.fan_in", Arc::new(FanInHandler::default()));
        registry
    }

    /// Makes a handler the one for a type; it replaces an earlier one.
    pub fn register(&mut self, kind: impl Into<String>, handler: Arc<dyn Handler>) {
        self.handlers.insert(kind.into(), handler);
    }

    /// The types that have a handler, in alphabetic order.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.handlers.keys().map(String::as_str)
    }

    /// The type a node is executed as, and its handler.
    ///
    /// A type of the specification needs its own handler; without one, this is nothing. Any other
    /// type that isn't registered falls back to the node's shape.
    pub fn resolve<'a>(
        &'a self,
        graph: &'a Graph,
        node: &'a Node,
    ) -> Option<(&'a str, &'a Arc<dyn Handler>)> {
        let kind = graph.resolved_type(node);
        if let Some(handler) = self.handlers.get(kind) {
            return Some((kind, handler));
        }
        if Shape::handler_types().any(|known| known == kind) {
            return None;
        }
        let kind = node.shape.handler_type();
        self.handlers.get(kind).map(|handler| (kind, handler))
    }
}
