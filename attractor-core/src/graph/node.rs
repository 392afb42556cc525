//! Nodes and their typed attributes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use super::attrs::{Element, attribute_names, attribute_type, key};
use super::error::AttrError;
use super::id::NodeId;
use super::origin::{Origin, Origins};
use super::shape::Shape;
use super::value::AttrValue;
use crate::dot::Span;

/// A stage of the pipeline.
///
/// The fields are the attributes of the specification, resolved to their types; what the
/// language doesn't define is in [`extra`](Self::extra).
///
/// ```
/// use attractor_core::Node;
///
/// let node = Node::new("plan".parse()?).with("prompt", "Plan it")?.with("timeout", "15m")?;
/// assert_eq!(node.timeout.map(|limit| limit.as_secs()), Some(900));
/// assert_eq!(node.resolved_type(), "codergen");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: attractor-spec 2.6.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Node {
    id: NodeId,
    /// Display name; the id where none is written.
    pub label: String,
    /// Shape, which chooses the handler where there is no type.
    pub shape: Shape,
    /// The attribute `type`: handler chosen by name.
    pub handler_type: Option<String>,
    /// Instruction of the stage; empty where none is written.
    pub prompt: String,
    /// Attempts after the first; `None` takes the graph's default.
    pub max_retries: Option<u32>,
    /// Whether the pipeline may only exit once this node succeeded.
    pub goal_gate: bool,
    /// Where to go when the node failed for good.
    pub retry_target: Option<String>,
    /// Where to go when `retry_target` leads nowhere.
    pub fallback_retry_target: Option<String>,
    /// How much context the node's session starts with.
    pub fidelity: Option<String>,
    /// Session to share under `full` fidelity.
    pub thread_id: Option<String>,
    /// Classes: those written on the node, then those derived from enclosing subgraphs.
    pub classes: Vec<String>,
    /// Class derived from the innermost enclosing subgraph with a label.
    pub subgraph_class: Option<String>,
    /// Longest time one execution may take.
    pub timeout: Option<Duration>,
    /// Model.
    pub llm_model: Option<String>,
    /// Provider of the model.
    pub llm_provider: Option<String>,
    /// Reasoning effort: `low`, `medium`, `high` or another word the provider knows.
    pub reasoning_effort: Option<String>,
    /// Whether a handler that wrote no status counts as successful.
    pub auto_status: bool,
    /// Whether a partial success is accepted once retries are used up.
    pub allow_partial: bool,
    /// Command of a tool node.
    pub tool_command: Option<String>,
    /// Times a run may enter the node.
    pub max_visits: Option<u32>,
    /// Every other attribute by name.
    pub extra: BTreeMap<String, AttrValue>,
    /// Where the node was first declared; `None` for a node made by a program.
    pub span: Option<Span>,
    /// The part of `classes` that comes from subgraphs.
    derived_classes: Vec<String>,
    pub(super) origins: Origins,
}

impl Node {
    /// A node with every attribute at its default.
    #[must_use]
    pub fn new(id: NodeId) -> Self {
        Self {
            label: id.as_str().to_owned(),
            id,
            shape: Shape::default(),
            handler_type: None,
            prompt: String::new(),
            max_retries: None,
            goal_gate: false,
            retry_target: None,
            fallback_retry_target: None,
            fidelity: None,
            thread_id: None,
            classes: Vec::new(),
            subgraph_class: None,
            timeout: None,
            llm_model: None,
            llm_provider: None,
            reasoning_effort: None,
            auto_status: false,
            allow_partial: false,
            tool_command: None,
            max_visits: None,
            extra: BTreeMap::new(),
            span: None,
            derived_classes: Vec::new(),
            origins: Origins::default(),
        }
    }

    /// The node with one more attribute; see [`set`](Self::set).
    ///
    /// # Errors
    ///
    /// When the value isn't of the attribute's type.
    pub fn with(mut self, name: &str, value: impl Into<AttrValue>) -> Result<Self, AttrError> {
        self.set(name, value)?;
        Ok(self)
    }

    /// Sets an attribute by the name it has in DOT. A text is read as the attribute's type.
    ///
    /// # Errors
    ///
    /// When the value isn't of the attribute's type.
    pub fn set(&mut self, name: &str, value: impl Into<AttrValue>) -> Result<(), AttrError> {
        let value = AttrError::check(Element::Node, name, value.into())?;
        self.assign(key(Element::Node, name), value, Origin::Explicit, None);
        Ok(())
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &NodeId {
        &self.id
    }

    /// The handler type: the attribute `type`, else what the shape stands for.
    ///
    /// A node that is start or exit by its id alone is known to
    /// [`Graph::resolved_type`](crate::Graph::resolved_type) only.
    #[must_use]
    pub fn resolved_type(&self) -> &str {
        self.handler_type
            .as_deref()
            .unwrap_or_else(|| self.shape.handler_type())
    }

    /// An attribute outside the typed fields, such as `human.default_choice`.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&AttrValue> {
        self.extra.get(name)
    }

    /// How the attribute came by its value; `None` when it has its default.
    #[must_use]
    pub fn origin(&self, name: &str) -> Option<Origin> {
        let set_by_program = || self.value(name).map(|_| Origin::Explicit);
        self.origins.origin(name).or_else(set_by_program)
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
        let fields = attribute_names(Element::Node).filter_map(set);
        let extra = self.extra.keys().map(String::as_str);
        let extra = extra.filter(|name| attribute_type(Element::Node, name).is_none());
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
            || !self.is_default(name, &value);
        is_set.then_some(value)
    }

    /// The value of any attribute, default or not.
    fn field(&self, name: &str) -> Option<AttrValue> {
        let text = |text: &Option<String>| text.clone().map(AttrValue::String);
        let count = |count: Option<u32>| count.map(|count| AttrValue::Integer(count.into()));
        match name {
            "label" => Some(self.label.as_str().into()),
            "shape" => Some(self.shape.as_str().into()),
            "type" => text(&self.handler_type),
            "prompt" => Some(self.prompt.as_str().into()),
            "max_retries" => count(self.max_retries),
            "goal_gate" => Some(self.goal_gate.into()),
            "retry_target" => text(&self.retry_target),
            "fallback_retry_target" => text(&self.fallback_retry_target),
            "fidelity" => text(&self.fidelity),
            "thread_id" => text(&self.thread_id),
            "class" => Some(self.classes.join(",").into()),
            "timeout" => self.timeout.map(AttrValue::Duration),
            "llm_model" => text(&self.llm_model),
            "llm_provider" => text(&self.llm_provider),
            "reasoning_effort" => text(&self.reasoning_effort),
            "auto_status" => Some(self.auto_status.into()),
            "allow_partial" => Some(self.allow_partial.into()),
            "tool_command" => text(&self.tool_command),
            "max_visits" => count(self.max_visits),
            other => self.extra.get(other).cloned(),
        }
    }

    fn is_default(&self, name: &str, value: &AttrValue) -> bool {
        match name {
            "label" => self.label == self.id.as_str(),
            "shape" => self.shape == Shape::default(),
            _ => value.is_unset(),
        }
    }

    /// Puts a value that has its attribute's type where it belongs.
    pub(crate) fn assign(
        &mut self,
        name: Cow<'static, str>,
        value: AttrValue,
        origin: Origin,
        span: Option<Span>,
    ) {
        self.origins.record(name.clone(), origin, span);
        match (&*name, value) {
            ("label", AttrValue::String(text)) => self.label = text,
            ("shape", AttrValue::String(text)) => self.shape = Shape::from(text.as_str()),
            ("type", AttrValue::String(text)) => self.handler_type = some(text),
            ("prompt", AttrValue::String(text)) => self.prompt = text,
            ("max_retries", AttrValue::Integer(count)) => {
                self.max_retries = u32::try_from(count).ok()
            }
            ("goal_gate", AttrValue::Boolean(truth)) => self.goal_gate = truth,
            ("retry_target", AttrValue::String(text)) => self.retry_target = some(text),
            ("fallback_retry_target", AttrValue::String(text)) => {
                self.fallback_retry_target = some(text);
            }
            ("fidelity", AttrValue::String(text)) => self.fidelity = some(text),
            ("thread_id", AttrValue::String(text)) => self.thread_id = some(text),
            ("class", AttrValue::String(text)) => self.set_classes(&text),
            ("timeout", AttrValue::Duration(limit)) => self.timeout = Some(limit),
            ("llm_model", AttrValue::String(text)) => self.llm_model = some(text),
            ("llm_provider", AttrValue::String(text)) => self.llm_provider = some(text),
            ("reasoning_effort", AttrValue::String(text)) => self.reasoning_effort = some(text),
            ("auto_status", AttrValue::Boolean(truth)) => self.auto_status = truth,
            ("allow_partial", AttrValue::Boolean(truth)) => self.allow_partial = truth,
            ("tool_command", AttrValue::String(text)) => self.tool_command = some(text),
            ("max_visits", AttrValue::Integer(count)) => {
                self.max_visits = u32::try_from(count).ok()
            }
            (other, value) => {
                self.extra.insert(other.to_owned(), value);
            }
        }
    }

    /// The same node with another id, at a place of another text.
    pub(super) fn placed(mut self, id: NodeId, span: Option<Span>) -> Self {
        self.id = id;
        self.span = span;
        self.origins.forget_places();
        self
    }

    /// Adds the class of an enclosing subgraph; the innermost comes last.
    pub(crate) fn derive_class(&mut self, class: &str) {
        if !self.classes.iter().any(|known| known == class) {
            self.classes.push(class.to_owned());
            self.derived_classes.push(class.to_owned());
        }
        self.subgraph_class = Some(class.to_owned());
    }

    fn set_classes(&mut self, text: &str) {
        let written = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        self.classes = written.map(str::to_owned).collect();
        let derived = self
            .derived_classes
            .iter()
            .filter(|class| !self.classes.contains(class));
        let derived: Vec<String> = derived.cloned().collect();
        self.classes.extend(derived);
    }

    /// Takes an attribute out of `extra` with where it was written, as a transform needs it.
    pub(crate) fn take_extra(&mut self, name: &str) -> Option<(AttrValue, Origin, Option<Span>)> {
        let value = self.extra.remove(name)?;
        let origin = self.origin(name).unwrap_or(Origin::Explicit);
        let span = self.attr_span(name);
        self.origins.forget(name);
        Some((value, origin, span))
    }
}

/// An empty text is what the specification calls unset.
pub(super) fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::attrs::{attribute_names, attribute_type};

    #[test]
    fn every_typed_attribute_that_is_set_can_be_read_back_by_name() {
        for name in attribute_names(Element::Node) {
            let text = match attribute_type(Element::Node, name) {
                Some(crate::AttrType::Boolean) => "true",
                Some(crate::AttrType::Count) => "3",
                Some(crate::AttrType::Duration) => "2h",
                _ => "word",
            };
            let node = Node::new("a".parse().unwrap()).with(name, text).unwrap();
            assert_eq!(node.value(name).unwrap().to_string(), text, "{name}");
        }
    }
}
