//! Which rule wins: universal < shape < class < id, and the later among equals. Pure.

use std::collections::HashMap;

use crate::graph::Node;

/// What a rule applies to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Selector {
    Universal,
    Shape(String),
    Class(String),
    Id(String),
}

/// What a rule may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Model,
    Provider,
    Effort,
}

/// The properties in the order of [`Properties`], as a stylesheet spells them.
pub(super) const PROPERTIES: [(&str, Property); 3] = [
    ("llm_model", Property::Model),
    ("llm_provider", Property::Provider),
    ("reasoning_effort", Property::Effort),
];

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) selector: Selector,
    pub(super) declarations: Vec<(Property, String)>,
}

/// What a stylesheet says about one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Properties<'a> {
    /// Model.
    pub llm_model: Option<&'a str>,
    /// Provider of the model.
    pub llm_provider: Option<&'a str>,
    /// Reasoning effort.
    pub reasoning_effort: Option<&'a str>,
}

/// A value for each property, with the number of the rule that set it.
type Values = [Option<(usize, String)>; 3];

/// The rules by selector, so that a node costs as many look-ups as it has classes.
#[derive(Clone, Debug, Default)]
pub(super) struct Cascade {
    values: HashMap<Selector, Values>,
    rules: usize,
}

impl Cascade {
    pub(super) fn add(&mut self, rule: Rule) {
        self.rules += 1;
        let values = self.values.entry(rule.selector).or_default();
        for (property, value) in rule.declarations {
            values[property as usize] = Some((self.rules, value));
        }
    }

    pub(super) fn properties(&self, node: &Node) -> Properties<'_> {
        let classes = node
            .classes
            .iter()
            .filter_map(|class| self.get(Selector::Class(class.clone())));
        let levels: [Vec<&Values>; 4] = [
            self.get(Selector::Id(node.id().to_string()))
                .into_iter()
                .collect(),
            classes.collect(),
            self.get(Selector::Shape(node.shape.as_str().to_owned()))
                .into_iter()
                .collect(),
            self.get(Selector::Universal).into_iter().collect(),
        ];
        let value = |property: Property| levels.iter().find_map(|level| latest(level, property));
        Properties {
            llm_model: value(Property::Model),
            llm_provider: value(Property::Provider),
            reasoning_effort: value(Property::Effort),
        }
    }

    fn get(&self, selector: Selector) -> Option<&Values> {
        self.values.get(&selector)
    }
}

fn latest<'a>(level: &[&'a Values], property: Property) -> Option<&'a str> {
    let set = level
        .iter()
        .filter_map(|values| values[property as usize].as_ref());
    set.max_by_key(|(rule, _)| *rule)
        .map(|(_, value)| value.as_str())
}
