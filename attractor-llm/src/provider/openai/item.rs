//! What an item of the API has beyond the unified part, kept with the part for replay; pure.

use serde_json::{Map, Value};

use crate::handoff::{self, same_model};
use crate::provider::protocol::Asked;
use crate::types::{ContentPart, Message, ProviderMetadata};

/// Fields of the kept record: the model it came from, the item's own fields, the content part's.
const MODEL: &str = "model";
const ITEM: &str = "item";
const PART: &str = "part";

/// Whom the conversation is sent to, which decides what opaque parts go with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) provider: &'a str,
    pub(super) model: &'a str,
    /// Whether the provider keeps its answers, so that an id stands for what it names.
    pub(super) stored: bool,
}

/// The record of an item and of one of its content parts.
pub(super) fn keep(
    asked: &Asked,
    item: Map<String, Value>,
    part: Map<String, Value>,
) -> ProviderMetadata {
    let mut record = Map::from_iter([(MODEL.to_owned(), asked.model.as_str().into())]);
    for (key, fields) in [(ITEM, item), (PART, part)] {
        if !fields.is_empty() {
            record.insert(key.to_owned(), fields.into());
        }
    }
    Map::from_iter([(asked.provider.clone(), record.into())])
}

/// The fields that are neither known nor null.
pub(super) fn rest(value: &Value, known: &[&str]) -> Map<String, Value> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .filter(|(key, value)| !known.contains(&key.as_str()) && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// What was kept with a part of the conversation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept<'a> {
    record: Option<&'a Map<String, Value>>,
    /// Whether it came from the model that the conversation goes to.
    pub(super) is_own: bool,
}

impl<'a> Kept<'a> {
    pub(super) fn of(metadata: Option<&'a ProviderMetadata>, target: Target<'_>) -> Self {
        let record = metadata
            .and_then(|metadata| metadata.get(target.provider))
            .and_then(Value::as_object);
        let model = record.and_then(|record| record.get(MODEL)?.as_str());
        Self {
            record,
            is_own: model.is_some_and(|model| same_model(model, target.model)),
        }
    }

    /// The item's own fields.
    pub(super) fn item(self) -> Option<&'a Map<String, Value>> {
        self.record?.get(ITEM)?.as_object()
    }

    /// The content part's own fields.
    pub(super) fn part(self) -> Option<&'a Map<String, Value>> {
        self.record?.get(PART)?.as_object()
    }

    /// What a caller put there: fields of the content part in the API's own words.
    pub(super) fn given(self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let fields = self.record.into_iter().flatten();
        fields.filter(|(key, _)| ![MODEL, ITEM, PART].contains(&key.as_str()))
    }
}

/// Takes away what ties a message to reasoning of its own that it has lost: the ids of its items,
/// and what the provider's tools did.
pub(super) fn untie(message: &mut Message, target: &handoff::Target<'_>) {
    message.content.retain_mut(|part| {
        let metadata = match part {
            ContentPart::Other(_) => return false,
            ContentPart::Text(data) => &mut data.provider_metadata,
            ContentPart::ToolCall(data) => &mut data.provider_metadata,
            _ => return true,
        };
        let record = metadata.as_mut().and_then(|it| it.get_mut(target.provider));
        let record = record.and_then(Value::as_object_mut);
        if let Some(record) = record
            && record
                .get(MODEL)
                .and_then(Value::as_str)
                .is_some_and(|it| same_model(it, target.model))
            && let Some(item) = record.get_mut(ITEM).and_then(Value::as_object_mut)
        {
            item.remove("id");
            item.remove("status");
        }
        true
    });
}
