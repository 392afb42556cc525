//! What a part of an answer has beyond the unified part, kept with it for replay; pure.
//!
//! Under the provider's name: `field` (where reasoning came), `details` (what came of it in
//! `reasoning_details`), `chunk` (the chunk of the content that it was), `refusal`, `annotations`,
//! `audio` (the id of what was spoken), `call` (fields of a tool call).

use serde_json::{Map, Value};

use crate::provider::protocol::Asked;
use crate::types::ProviderMetadata;

/// The record of one thing; `None` where there is nothing to keep.
pub(super) fn keep(asked: &Asked, key: &str, value: impl Into<Value>) -> Option<ProviderMetadata> {
    let value = value.into();
    let is_empty = match &value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        other => other.is_null(),
    };
    let record = Map::from_iter([(key.to_owned(), value)]);
    (!is_empty).then(|| Map::from_iter([(asked.provider.clone(), record.into())]))
}

/// The record with one thing more.
pub(super) fn and(
    mut metadata: Option<ProviderMetadata>,
    asked: &Asked,
    key: &str,
    value: impl Into<Value>,
) -> Option<ProviderMetadata> {
    let record = metadata.as_mut().and_then(|it| it.get_mut(&asked.provider));
    if let Some(Value::Object(record)) = record {
        record.insert(key.to_owned(), value.into());
    }
    metadata
}

/// What `provider` kept with a part.
pub(super) fn of<'a>(metadata: &'a Option<ProviderMetadata>, provider: &str) -> Option<Kept<'a>> {
    let record = metadata.as_ref()?.get(provider)?.as_object()?;
    Some(Kept(record))
}

/// What was kept with a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<'a>(&'a Map<String, Value>);

impl<'a> Kept<'a> {
    pub(super) fn value(self, key: &str) -> Option<&'a Value> {
        self.0.get(key)
    }

    pub(super) fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    pub(super) fn list(self, key: &str) -> Option<&'a Vec<Value>> {
        self.0.get(key)?.as_array()
    }

    pub(super) fn fields(self, key: &str) -> Option<&'a Map<String, Value>> {
        self.0.get(key)?.as_object()
    }

    /// Everything, for parts that the caller made.
    pub(super) fn all(self) -> &'a Map<String, Value> {
        self.0
    }
}
