//! What came with a part of an answer, kept with the unified part for replay; pure.

use serde_json::{Map, Value};

use crate::provider::protocol::Asked;
use crate::types::ProviderMetadata;

/// Fields of the kept record: the model it came from, the part's signature, the part's other
/// fields, what came with the whole answer.
const MODEL: &str = "model";
pub(super) const SIGNATURE: &str = "thoughtSignature";
const PART: &str = "part";
const ANSWER: &str = "candidate";

/// Fields of a part that the unified part has a place for, beside its data.
const KNOWN: &[&str] = &["thought", SIGNATURE, "thought_signature"];

/// The signature of a part, in either spelling.
pub(super) fn signature(part: &Value) -> Option<&str> {
    let signature = part
        .get(SIGNATURE)
        .or_else(|| part.get("thought_signature"));
    signature?.as_str().filter(|text| !text.is_empty())
}

/// The record of a part, whose data is in the field `data`; `None` when nothing came with it.
pub(super) fn keep(part: &Value, data: &str, asked: &Asked) -> Option<ProviderMetadata> {
    let mut record = Map::new();
    if let Some(signature) = signature(part) {
        record.insert(SIGNATURE.to_owned(), signature.into());
    }
    let fields = part.as_object().into_iter().flatten();
    let rest: Map<String, Value> = fields
        .filter(|(key, value)| *key != data && !KNOWN.contains(&key.as_str()) && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !rest.is_empty() {
        record.insert(PART.to_owned(), rest.into());
    }
    (!record.is_empty()).then(|| of_provider(record, asked))
}

/// Puts what came with the whole answer (grounding, citations) into a part's record.
pub(super) fn keep_answer(
    metadata: &mut Option<ProviderMetadata>,
    answer: Map<String, Value>,
    asked: &Asked,
) {
    let metadata = metadata.get_or_insert_with(|| of_provider(Map::new(), asked));
    metadata[&asked.provider][ANSWER] = answer.into();
}

fn of_provider(mut record: Map<String, Value>, asked: &Asked) -> ProviderMetadata {
    record.insert(MODEL.to_owned(), asked.model.as_str().into());
    Map::from_iter([(asked.provider.clone(), record.into())])
}

/// Puts what was kept of a part, or what a caller gave in the API's own words, beside its data.
pub(super) fn restore(part: &mut Value, metadata: Option<&ProviderMetadata>, provider: &str) {
    let record = metadata
        .and_then(|metadata| metadata.get(provider))
        .and_then(Value::as_object);
    let (Some(record), Some(part)) = (record, part.as_object_mut()) else {
        return;
    };
    let own = record.get(PART).and_then(Value::as_object);
    let given = record
        .iter()
        .filter(|(key, _)| ![MODEL, PART, ANSWER].contains(&key.as_str()));
    for (key, value) in given.chain(own.into_iter().flatten()) {
        part.entry(key.as_str()).or_insert_with(|| value.clone());
    }
}
