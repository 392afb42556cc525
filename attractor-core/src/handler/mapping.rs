//! Which keys of one context become which keys of another: `child_key=parent_key, both`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::graph::Node;
use crate::state::Context;

/// The attribute with what a child run's context gets from that of the stage.
pub(crate) const INPUTS: &str = "stack.child_inputs";

/// The attribute with what the stage's context gets from that of the child run.
pub(crate) const OUTPUTS: &str = "stack.child_outputs";

/// Keys to set, each with the key to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mapping(Vec<(String, String)>);

impl Mapping {
    /// The mapping in an attribute; one that can't be read is reported before a run starts and
    /// counts as empty.
    pub(crate) fn of(node: &Node, name: &str) -> Self {
        let text = node.attr(name).map(ToString::to_string);
        Self::parse(&text.unwrap_or_default()).unwrap_or_default()
    }

    /// Reads a mapping: `to=from`, or a key that is the same on both sides, separated by commas.
    ///
    /// # Errors
    ///
    /// The part that isn't one.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim);
        let parts = parts.filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let (to, from) = part.split_once('=').unwrap_or((part, part));
            let (to, from) = (to.trim(), from.trim());
            if !is_key(to) || !is_key(from) {
                return Err(part.to_owned());
            }
            Ok((to.to_owned(), from.to_owned()))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// What it makes of a context; a missing key is left out.
    pub(crate) fn apply(&self, context: &Context) -> BTreeMap<String, Value> {
        let found = self.0.iter().filter_map(|(to, from)| {
            // Large values are seen whole: the artifacts of one run aren't those of the other.
            let short = || context.resolve(from.strip_prefix("context.")?);
            let value = context.resolve(from).or_else(short)?;
            Some((to.clone(), value.into_owned()))
        });
        found.collect()
    }
}

fn is_key(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !text.is_empty() && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_renamed_and_missing_ones_left_out() {
        let mapping = Mapping::parse("task = context.ticket, branch, none=missing").unwrap();
        let mut context = Context::new();
        context.set("ticket", 7);
        context.set("branch", "main");
        let expected = [("branch", Value::from("main")), ("task", Value::from(7))];
        let expected = expected.map(|(key, value)| (key.to_owned(), value));
        assert_eq!(mapping.apply(&context), BTreeMap::from(expected));
    }

    #[test]
    fn what_is_no_key_is_named() {
        assert_eq!(Mapping::parse("a=b, c d=e").unwrap_err(), "c d=e");
        assert_eq!(Mapping::parse("=b").unwrap_err(), "=b");
        assert_eq!(Mapping::parse(" , ").unwrap(), Mapping::default());
    }
}
