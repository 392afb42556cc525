//! Edges and their typed attributes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::attrs::{Element, attribute_names, attribute_type, key};
use super::error::AttrError;
use super::id::NodeId;
use super::node::some;
use super::origin::{Origin, Origins};
use super::value::AttrValue;
use crate::condition::{Condition, ConditionError};
use crate::dot::Span;

/// A transition between two stages.
///
/// Source: attractor-spec 2.7.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Edge {
    from: NodeId,
    to: NodeId,
    pub(super) index: usize,
    /// Caption, and what a preferred label is compared with.
    pub label: String,
    /// Guard; `None` where there is none or an empty one.
    pub condition: Option<EdgeCondition>,
    /// Among equals the heavier edge is taken.
    pub weight: i64,
    /// Fidelity for the target node; it beats the node's own.
    pub fidelity: Option<String>,
    /// Session for the target node.
    pub thread_id: Option<String>,
    /// Whether taking the edge starts the run afresh.
    pub loop_restart: bool,
    /// Every other attribute by name.
    pub extra: BTreeMap<String, AttrValue>,
    /// Where the edge is written; `None` for an edge made by a program.
    pub span: Option<Span>,
    /// Where its two ids are written.
    pub(crate) end_spans: Option<[Span; 2]>,
    pub(super) origins: Origins,
}

impl Edge {
    /// An edge with every attribute at its default.
    #[must_use]
    pub fn new(from: NodeId, to: NodeId) -> Self {
        Self {
            from,
            to,
            index: 0,
            label: String::new(),
            condition: None,
            weight: 0,
            fidelity: None,
            thread_id: None,
            loop_restart: false,
            extra: BTreeMap::new(),
            span: None,
            end_spans: None,
            origins: Origins::default(),
        }
    }

    /// The edge with one more attribute; see [`set`](Self::set).
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
        let value = AttrError::check(Element::Edge, name, value.into())?;
        self.assign(key(Element::Edge, name), value, Origin::Explicit, None);
        Ok(())
    }

    /// The same edge between other nodes.
    pub(super) fn between(mut self, from: NodeId, to: NodeId) -> Self {
        self.from = from;
        self.to = to;
        self
    }

    /// Forgets where it is written: it's part of another text now.
    pub(super) fn forget_places(&mut self) {
        self.end_spans = None;
        self.origins.forget_places();
    }

    /// The node it leaves.
    #[must_use]
    pub fn from(&self) -> &NodeId {
        &self.from
    }

    /// The node it leads to; lint rule `edge_target_exists` reports one that isn't declared.
    #[must_use]
    pub fn to(&self) -> &NodeId {
        &self.to
    }

    /// Its place in [`Graph::edges`](crate::Graph::edges), which tells parallel edges apart.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// An attribute outside the typed fields.
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
        let fields = attribute_names(Element::Edge).filter_map(set);
        let extra = self.extra.keys().map(String::as_str);
        let extra = extra.filter(|name| attribute_type(Element::Edge, name).is_none());
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
            || !(value.is_unset() || name == "weight" && self.weight == 0);
        is_set.then_some(value)
    }

    /// The value of any attribute, default or not.
    fn field(&self, name: &str) -> Option<AttrValue> {
        match name {
            "label" => Some(self.label.as_str().into()),
            "condition" => self
                .condition
                .as_ref()
                .map(|condition| condition.source().into()),
            "weight" => Some(self.weight.into()),
            "fidelity" => self.fidelity.clone().map(AttrValue::String),
            "thread_id" => self.thread_id.clone().map(AttrValue::String),
            "loop_restart" => Some(self.loop_restart.into()),
            other => self.extra.get(other).cloned(),
        }
    }

    /// Puts a guard that has been read where it belongs.
    pub(super) fn assign_condition(
        &mut self,
        condition: Option<EdgeCondition>,
        origin: Origin,
        span: Option<Span>,
    ) {
        self.origins.record("condition".into(), origin, span);
        self.condition = condition;
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
            ("condition", AttrValue::String(text)) => self.condition = EdgeCondition::new(&text),
            ("weight", AttrValue::Integer(weight)) => self.weight = weight,
            ("fidelity", AttrValue::String(text)) => self.fidelity = some(text),
            ("thread_id", AttrValue::String(text)) => self.thread_id = some(text),
            ("loop_restart", AttrValue::Boolean(truth)) => self.loop_restart = truth,
            (other, value) => {
                self.extra.insert(other.to_owned(), value);
            }
        }
    }
}

/// The guard of an edge: its text, and what the text means if it means anything.
///
/// A guard with a mistake stays in the graph, so that lint rule `condition_syntax` can report
/// it; it never holds.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeCondition(Result<Condition, (String, ConditionError)>);

impl EdgeCondition {
    /// Reads a guard; `None` when it is blank, since that means no guard.
    #[must_use]
    pub fn new(source: &str) -> Option<Self> {
        let read = || Condition::parse(source).map_err(|error| (source.to_owned(), error));
        (!source.trim().is_empty()).then(|| Self(read()))
    }

    /// The text as written.
    #[must_use]
    pub fn source(&self) -> &str {
        match &self.0 {
            Ok(condition) => condition.source(),
            Err((source, _)) => source,
        }
    }

    /// The condition.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn parsed(&self) -> Result<&Condition, &ConditionError> {
        self.0.as_ref().map_err(|(_, error)| error)
    }

    /// Whether it holds; see [`Condition::eval`].
    pub fn eval(&self, lookup: impl Fn(&str) -> Option<String>) -> bool {
        self.0
            .as_ref()
            .is_ok_and(|condition| condition.eval(lookup))
    }
}
