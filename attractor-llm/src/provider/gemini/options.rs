//! The caller's own parameters of the API, laid over the body; pure.

use serde_json::{Map, Value};

/// Options whose fields are merged one by one; any other replaces the whole.
const MERGED: &[&str] = &[
    "functionCallingConfig",
    "generationConfig",
    "labels",
    "thinkingConfig",
    "toolConfig",
];

/// Fields of `generationConfig` that may be given without it.
const OF_GENERATION: &[&str] = &[
    "audioTimestamp",
    "candidateCount",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];

/// Lays the options over the body.
pub(super) fn merge(body: &mut Map<String, Value>, options: &Map<String, Value>) {
    for (key, value) in options {
        let key = camel(key);
        if OF_GENERATION.contains(&key.as_str()) {
            let fields = Map::from_iter([(key, value.clone())]);
            lay(body, "generationConfig".to_owned(), &Value::Object(fields));
        } else {
            lay(body, key, value);
        }
    }
}

fn lay(body: &mut Map<String, Value>, key: String, value: &Value) {
    match (body.get_mut(&key), value) {
        (_, Value::Null) => {
            body.remove(&key);
        }
        (have, Value::Object(more)) if MERGED.contains(&key.as_str()) => {
            let mut merged = match have {
                Some(Value::Object(have)) => std::mem::take(have),
                _ => Map::new(),
            };
            one_of(&mut merged, more);
            for (field, value) in more {
                lay(&mut merged, camel(field), value);
            }
            body.insert(key, merged.into());
        }
        // The provider's own tools stand beside the caller's.
        (Some(Value::Array(have)), Value::Array(more)) if key == "tools" => {
            have.extend(more.iter().cloned());
        }
        _ => {
            body.insert(key, value.clone());
        }
    }
}

/// What the caller gives takes the place of what means the same in another way.
fn one_of(have: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (one, other) in [
        ("thinkingBudget", "thinkingLevel"),
        ("responseJsonSchema", "responseSchema"),
    ] {
        let given = |name: &str| more.keys().any(|key| camel(key) == name);
        if given(one) {
            have.remove(other);
        }
        if given(other) {
            have.remove(one);
        }
    }
}

/// `safetySettings` of `safety_settings`; the API takes both, but not at once.
fn camel(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    let mut after_underscore = false;
    for c in key.chars() {
        if c == '_' && !name.is_empty() {
            after_underscore = true;
        } else if std::mem::take(&mut after_underscore) {
            name.extend(c.to_uppercase());
        } else {
            name.push(c);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_laid_over_the_body_in_either_spelling() {
        let mut body = json!({
            "tools": [1], "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
            "generationConfig": {"topP": 1, "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": true}},
        });
        let options = json!({
            "safety_settings": [{}], "tools": [2], "top_p": null, "seed": 7,
            "tool_config": {"function_calling_config": {"streamFunctionCallArguments": true}},
            "generation_config": {"thinking_config": {"thinking_budget": 5}},
        });
        merge(body.as_object_mut().unwrap(), options.as_object().unwrap());
        let expected = json!({
            "tools": [1, 2], "safetySettings": [{}],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "streamFunctionCallArguments": true}},
            "generationConfig": {"seed": 7, "thinkingConfig": {"thinkingBudget": 5, "includeThoughts": true}},
        });
        assert_eq!(body, expected);
    }
}
