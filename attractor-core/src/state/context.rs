use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use crate::artifact::{ArtifactStore, referenced};
use crate::run::limits::CONTEXT_LOG_LINES;

/// The key-value store that stages share.
///
/// A `Context` is a value: cloning is O(1), and a clone never sees later changes of its origin
/// (copy on write). Handlers read a snapshot and return changes as an outcome's
/// `context_updates`; only the run itself changes its context.
///
/// ```
/// use attractor_core::Context;
///
/// let mut context = Context::new();
/// context.set("graph.goal", "ship it");
/// let snapshot = context.clone();
/// context.set("graph.goal", "changed");
/// assert_eq!(snapshot.get_string("graph.goal"), "ship it");
/// ```
///
/// Source: attractor-spec 5.1.
#[derive(Clone, Debug, Default)]
pub struct Context {
    values: Arc<BTreeMap<String, Value>>,
    logs: Arc<VecDeque<String>>,
    /// Where the values are that are too large for the context.
    artifacts: ArtifactStore,
}

/// Two contexts are equal if their keys, values and logs are; where their large values are kept
/// isn't a part of that.
impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.logs == other.logs
    }
}

impl Context {
    /// An empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty context whose large values are in this store.
    #[must_use]
    pub fn with_artifacts(artifacts: ArtifactStore) -> Self {
        Self {
            artifacts,
            ..Self::default()
        }
    }

    /// Where the large values are.
    pub(crate) fn artifacts(&self) -> &ArtifactStore {
        &self.artifacts
    }

    /// The value of a key, as it is kept: a value over 100 KB is an artifact, and in its place
    /// stands `{"$artifact": id, "size_bytes": n}`. [`resolve`](Self::resolve),
    /// [`get_string`](Self::get_string) and [`lookup`](Self::lookup) give the value itself.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// The value of a key, read from its artifact if it's a large one; nothing if that is gone.
    pub fn resolve(&self, key: &str) -> Option<Cow<'_, Value>> {
        self.whole(self.get(key)?)
    }

    fn whole<'a>(&'a self, value: &'a Value) -> Option<Cow<'a, Value>> {
        match referenced(value) {
            Some(id) => self.artifacts.retrieve(id).ok().map(Cow::Owned),
            None => Some(Cow::Borrowed(value)),
        }
    }

    /// The value of a key as text: a string's own text, anything else as JSON, nothing as `""`.
    pub fn get_string(&self, key: &str) -> String {
        self.resolve(key).map_or_else(String::new, value_text)
    }

    /// The value a condition sees for a key (attractor-spec 10.4).
    ///
    /// `context.x` means the key `context.x` and, where that is missing, the key `x`.
    pub fn lookup(&self, key: &str) -> Option<String> {
        let value = self.get(key).or_else(|| {
            let short = key.strip_prefix("context.")?;
            self.get(short)
        });
        value.and_then(|value| self.whole(value)).map(value_text)
    }

    /// Sets one key.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        Arc::make_mut(&mut self.values).insert(key.into(), value.into());
    }

    /// Removes one key and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        if !self.values.contains_key(key) {
            return None;
        }
        Arc::make_mut(&mut self.values).remove(key)
    }

    /// Merges a set of updates; the update wins over the old value.
    pub fn apply_updates(&mut self, updates: &BTreeMap<String, Value>) {
        if updates.is_empty() {
            return;
        }
        let values = Arc::make_mut(&mut self.values);
        for (key, value) in updates {
            values.insert(key.clone(), value.clone());
        }
    }

    /// Appends a line to the run log, of which the newest 1,000 lines are kept.
    pub fn append_log(&mut self, entry: impl Into<String>) {
        let logs = Arc::make_mut(&mut self.logs);
        if logs.len() >= CONTEXT_LOG_LINES {
            logs.pop_front();
        }
        logs.push_back(entry.into());
    }

    /// The run log, oldest line first.
    pub fn logs(&self) -> impl Iterator<Item = &str> {
        self.logs.iter().map(String::as_str)
    }

    /// All keys and values in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// A copy of all keys and values.
    pub fn snapshot(&self) -> BTreeMap<String, Value> {
        self.values.as_ref().clone()
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// A value as conditions and prompts show it.
fn value_text(value: Cow<'_, Value>) -> String {
    match value {
        Cow::Owned(Value::String(text)) => text,
        Cow::Borrowed(Value::String(text)) => text.clone(),
        other if other.is_null() => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_is_a_snapshot() {
        let mut context = Context::new();
        context.set("a", 1);
        let snapshot = context.clone();
        context.apply_updates(&BTreeMap::from([("a".to_owned(), Value::from(2))]));
        assert_eq!(snapshot.get("a"), Some(&Value::from(1)));
        assert_eq!(context.get_string("a"), "2");
    }

    #[test]
    fn a_context_prefix_is_optional_on_lookup() {
        let mut context = Context::new();
        context.set("tests_passed", true);
        assert_eq!(
            context.lookup("context.tests_passed").as_deref(),
            Some("true")
        );
        assert_eq!(context.lookup("tests_passed").as_deref(), Some("true"));
        assert_eq!(context.lookup("context.other"), None);
    }

    #[test]
    fn the_log_keeps_its_newest_lines() {
        let mut context = Context::new();
        for number in 0..=CONTEXT_LOG_LINES {
            context.append_log(number.to_string());
        }
        assert_eq!(context.logs().count(), CONTEXT_LOG_LINES);
        assert_eq!(context.logs().next(), Some("1"));
    }
}
