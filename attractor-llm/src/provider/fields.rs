//! The fields of a body while it is being put together.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// The fields of an object, in the order in which they came.
///
/// A body has about ten, most with names that are known beforehand: looking through them takes less
/// than a map's order does, and the names take no memory of their own.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(Cow<'static, str>, Value)>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|it| it.0 == name).map(|it| &it.1)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let field = self.0.iter_mut().find(|it| it.0 == name);
        field.map(|it| &mut it.1)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a field, in the place of one with its name.
    pub(crate) fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.get_mut(&name) {
            Some(have) => *have = value,
            None => self.0.push((name, value)),
        }
    }

    /// Takes a field away; whether there was one.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|it| it.0 != name);
        self.0.len() < before
    }

    #[cfg(feature = "openai-compatible")]
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|it| &it.1)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_stands_once_where_it_came_first() {
        let mut fields = Fields::default();
        for (name, value) in [("b", 1), ("a", 2), ("b", 3), ("c", 4)] {
            fields.set(name, value);
        }
        assert!(fields.remove("c") && !fields.remove("c"));
        assert!(fields.contains("a") && !fields.contains("c"));
        assert_eq!(fields.get("b"), Some(&json!(3)));
        assert_eq!(serde_json::to_string(&fields).unwrap(), r#"{"b":3,"a":2}"#);
    }
}
