//! Token counts in the words of the services; pure.

use serde::Deserialize;
use serde_json::Value;

use crate::types::Usage;

/// The usage of a completion or of the last chunk that tells it.
pub(super) fn of(body: &Value) -> Usage {
    let raw = raw(body).unwrap_or(&Value::Null);
    let mut usage = Counts::in_record(raw).usage();
    usage.raw = (!raw.is_null()).then(|| raw.clone().into());
    usage
}

/// What a record can count, whatever its service.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Counts {
    prompt_tokens: Option<u64>,
    input_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    output_tokens: Option<u64>,
    total_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
    prompt_cache_hit_tokens: Option<u64>,
    cached_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    prompt_tokens_details: Option<OfPrompt>,
    completion_tokens_details: Option<OfCompletion>,
}

#[derive(Debug, Default, Deserialize)]
struct OfPrompt {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    cache_creation_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct OfCompletion {
    reasoning_tokens: Option<u64>,
}

impl Counts {
    /// What can be read of a record; the rest isn't told.
    fn in_record(raw: &Value) -> Self {
        let of = |value: &Value, key: &str| value[key].as_u64();
        let (prompt, completion) = (
            &raw["prompt_tokens_details"],
            &raw["completion_tokens_details"],
        );
        Self {
            prompt_tokens: of(raw, "prompt_tokens"),
            input_tokens: of(raw, "input_tokens"),
            completion_tokens: of(raw, "completion_tokens"),
            output_tokens: of(raw, "output_tokens"),
            total_tokens: of(raw, "total_tokens"),
            reasoning_tokens: of(raw, "reasoning_tokens"),
            prompt_cache_hit_tokens: of(raw, "prompt_cache_hit_tokens"),
            cached_tokens: of(raw, "cached_tokens"),
            cache_read_input_tokens: of(raw, "cache_read_input_tokens"),
            cache_creation_input_tokens: of(raw, "cache_creation_input_tokens"),
            prompt_tokens_details: Some(OfPrompt {
                cached_tokens: of(prompt, "cached_tokens"),
                cache_write_tokens: of(prompt, "cache_write_tokens"),
                cache_creation_tokens: of(prompt, "cache_creation_tokens"),
            }),
            completion_tokens_details: Some(OfCompletion {
                reasoning_tokens: of(completion, "reasoning_tokens"),
            }),
        }
    }

    /// The total, which hardly any service leaves out.
    pub(super) fn total_tokens(&self) -> Option<u64> {
        self.total_tokens
    }

    /// The usage, without its record.
    pub(super) fn usage(self) -> Usage {
        let prompt = self.prompt_tokens_details.unwrap_or_default();
        let completion = self.completion_tokens_details.unwrap_or_default();
        let input = self.prompt_tokens.or(self.input_tokens).unwrap_or(0);
        let total = self.total_tokens;
        let output = self
            .completion_tokens
            .or(self.output_tokens)
            .or_else(|| total?.checked_sub(input))
            .unwrap_or(0);
        let reasoning = completion.reasoning_tokens.or(self.reasoning_tokens);
        let read = prompt
            .cached_tokens
            .or(self.prompt_cache_hit_tokens)
            .or(self.cached_tokens)
            .or(self.cache_read_input_tokens);
        let written = prompt
            .cache_write_tokens
            .or(prompt.cache_creation_tokens)
            .or(self.cache_creation_input_tokens);
        let usage = Usage::new(input, output).cache_within_input(read, written);
        // xAI counts the reasoning beside the completion.
        let is_beside = reasoning.is_some_and(|it| {
            it > 0 && total.and_then(|total| total.checked_sub(it)) == input.checked_add(output)
        });
        if is_beside {
            usage.reasoning_beside_output(reasoning)
        } else {
            usage.reasoning_tokens(reasoning)
        }
    }
}

/// The record itself, wherever the service puts it; an empty one says nothing.
pub(super) fn raw(body: &Value) -> Option<&Value> {
    let places = [
        body.get("usage"),
        body["x_groq"].get("usage"),
        body["choices"][0].get("usage"),
    ];
    let told = |usage: &&Value| usage.as_object().is_some_and(|fields| !fields.is_empty());
    places.into_iter().flatten().find(told)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_gives_the_same_counts() {
        let expected = Usage::new(100, 30)
            .cache_within_input(Some(60), None)
            .reasoning_tokens(Some(20));
        let details = json!({"reasoning_tokens": 20});
        let cached = json!({"cached_tokens": 60});
        let cases = [
            json!({"usage": {"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130,
                "prompt_tokens_details": cached, "completion_tokens_details": details}}),
            // DeepSeek and Moonshot.
            json!({"usage": {"prompt_tokens": 100, "completion_tokens": 30, "reasoning_tokens": 20,
                "prompt_cache_hit_tokens": 60}}),
            json!({"usage": {"prompt_tokens": 100, "completion_tokens": 30, "cached_tokens": 60,
                "completion_tokens_details": details}}),
            // Groq, in a stream; and one that leaves the output to be worked out.
            json!({"usage": {}, "x_groq": {"usage": {"prompt_tokens": 100, "total_tokens": 130,
                "completion_tokens": null, "prompt_tokens_details": cached,
                "reasoning_tokens": 20}}}),
        ];
        for body in cases {
            let mut usage = of(&body);
            assert!(usage.raw.take().is_some());
            assert_eq!(usage, expected, "{body}");
        }
    }

    #[test]
    fn reasoning_that_is_counted_beside_the_completion_is_part_of_the_total() {
        let usage = of(
            &json!({"usage": {"prompt_tokens": 12, "completion_tokens": 1,
            "total_tokens": 241, "completion_tokens_details": {"reasoning_tokens": 228}}}),
        );
        assert_eq!((usage.output_tokens, usage.total_tokens), (1, 241));
        assert_eq!(usage.reasoning_tokens, Some(228));
    }

    #[test]
    fn no_record_is_no_usage() {
        for body in [
            json!({}),
            json!({"usage": null}),
            json!({"usage": {}}),
            json!(3),
        ] {
            assert_eq!(of(&body), Usage::default(), "{body}");
        }
    }
}
