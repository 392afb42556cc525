//! Attributes of the whole graph.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::attrs::{Element, attribute_names, attribute_type, key};
use super::error::AttrError;
use super::node::some;
use super::origin::{Origin, Origins};
use super::value::AttrValue;
use crate::dot::Span;

/// Attributes of the whole graph, resolved to their types.
///
/// Source: attractor-spec 2.5.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct GraphAttrs {
    /// What the pipeline is for; `$goal` in prompts.
    pub goal: String,
    /// Display name.
    pub label: String,
    /// Model stylesheet; empty where there is none.
    pub model_stylesheet: String,
    /// Attempts after the first for nodes that don't say; `None` means none.
    pub default_max_retries: Option<u32>,
    /// Where to go when the exit is reached and a goal gate isn't satisfied.
    pub retry_target: Option<String>,
    /// Where to go when `retry_target` leads nowhere.
    pub fallback_retry_target: Option<String>,
    /// Fidelity of nodes and edges that don't say.
    pub default_fidelity: Option<String>,
    /// Session of nodes that don't say, under `full` fidelity.
    pub thread_id: Option<String>,
    /// Model of nodes that get none from elsewhere.
    pub llm_model: Option<String>,
    /// Provider of nodes that get none from elsewhere.
    pub llm_provider: Option<String>,
    /// Reasoning effort of nodes that get none from elsewhere.
    pub reasoning_effort: Option<String>,
    /// Nodes a run may execute in all.
    pub max_steps: Option<u32>,
    /// Times a run may be sent back from the exit.
    pub max_goal_gate_redirects: Option<u32>,
    /// Times a run may start afresh along `loop_restart` edges.
    pub max_restarts: Option<u32>,
    /// Whether prompts may use `$context.<key>`.
    pub expand_context: bool,
    /// Every other attribute by name.
    pub extra: BTreeMap<String, AttrValue>,
    pub(super) origins: Origins,
}

impl GraphAttrs {
    /// Sets an attribute by the name it has in DOT. A text is read as the attribute's type.
    ///
    /// # Errors
    ///
    /// When the value isn't of the attribute's type.
    pub fn set(&mut self, name: &str, value: impl Into<AttrValue>) -> Result<(), AttrError> {
        let value = AttrError::check(Element::Graph, name, value.into())?;
        self.assign(key(Element::Graph, name), value, None);
        Ok(())
    }

    /// An attribute outside the typed fields, such as `stack.child_dotfile`.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&AttrValue> {
        self.extra.get(name)
    }

    /// Where the attribute's value is written.
    #[must_use]
    pub fn attr_span(&self, name: &str) -> Option<Span> {
        self.origins.span(name)
    }

    /// Names of the attributes that aren't at their default: as written, then as set by a program.
    pub fn attr_names(&self) -> impl Iterator<Item = &str> {
        // A program may also have set a field, or put something into `extra`.
        let set = |name| self.value(name).map(|_| name);
        let fields = attribute_names(Element::Graph).filter_map(set);
        let extra = self.extra.keys().map(String::as_str);
        let extra = extra.filter(|name| attribute_type(Element::Graph, name).is_none());
        let others = fields
            .chain(extra)
            .filter(|name| self.origins.origin(name).is_none());
        self.origins.names().chain(others)
    }

    /// The value of any attribute that isn't at its default, typed field or not.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<AttrValue> {
        let value = self.field(name)?;
        let is_set = self.origins.origin(name).is_some()
            || self.extra.contains_key(name)
            || !value.is_unset();
        is_set.then_some(value)
    }

    /// The value of any attribute, default or not.
    fn field(&self, name: &str) -> Option<AttrValue> {
        let text = |text: &Option<String>| text.clone().map(AttrValue::String);
        let count = |count: Option<u32>| count.map(|count| AttrValue::Integer(count.into()));
        match name {
            "goal" => Some(self.goal.as_str().into()),
            "label" => Some(self.label.as_str().into()),
            "model_stylesheet" => Some(self.model_stylesheet.as_str().into()),
            "default_max_retries" => count(self.default_max_retries),
            "retry_target" => text(&self.retry_target),
            "fallback_retry_target" => text(&self.fallback_retry_target),
            "default_fidelity" => text(&self.default_fidelity),
            "thread_id" => text(&self.thread_id),
            "llm_model" => text(&self.llm_model),
            "llm_provider" => text(&self.llm_provider),
            "reasoning_effort" => text(&self.reasoning_effort),
            "max_steps" => count(self.max_steps),
            "max_goal_gate_redirects" => count(self.max_goal_gate_redirects),
            "max_restarts" => count(self.max_restarts),
            "expand_context" => Some(self.expand_context.into()),
            other => self.extra.get(other).cloned(),
        }
    }

    /// Puts a value that has its attribute's type where it belongs.
    pub(crate) fn assign(&mut self, name: Cow<'static, str>, value: AttrValue, span: Option<Span>) {
        self.origins.record(name.clone(), Origin::Explicit, span);
        let count = |count: i64| u32::try_from(count).ok();
        match (&*name, value) {
            ("goal", AttrValue::String(text)) => self.goal = text,
            ("label", AttrValue::String(text)) => self.label = text,
            ("model_stylesheet", AttrValue::String(text)) => self.model_stylesheet = text,
            ("default_max_retries", AttrValue::Integer(n)) => self.default_max_retries = count(n),
            ("retry_target", AttrValue::String(text)) => self.retry_target = some(text),
            ("fallback_retry_target", AttrValue::String(text)) => {
                self.fallback_retry_target = some(text);
            }
            ("default_fidelity", AttrValue::String(text)) => self.default_fidelity = some(text),
            ("thread_id", AttrValue::String(text)) => self.thread_id = some(text),
            ("llm_model", AttrValue::String(text)) => self.llm_model = some(text),
            ("llm_provider", AttrValue::String(text)) => self.llm_provider = some(text),
            ("reasoning_effort", AttrValue::String(text)) => self.reasoning_effort = some(text),
            ("max_steps", AttrValue::Integer(n)) => self.max_steps = count(n),
            ("max_goal_gate_redirects", AttrValue::Integer(n)) => {
                self.max_goal_gate_redirects = count(n);
            }
            ("max_restarts", AttrValue::Integer(n)) => self.max_restarts = count(n),
            ("expand_context", AttrValue::Boolean(truth)) => self.expand_context = truth,
            (other, value) => {
                self.extra.insert(other.to_owned(), value);
            }
        }
    }

    /// Takes an attribute out of `extra` with where it was written, as a transform needs it.
    pub(crate) fn take_extra(&mut self, name: &str) -> Option<(AttrValue, Option<Span>)> {
        let value = self.extra.remove(name)?;
        let span = self.attr_span(name);
        self.origins.forget(name);
        Some((value, span))
    }
}
