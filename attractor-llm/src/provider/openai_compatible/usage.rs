//! Token counts in the words of the services; pure.

use serde_json::Value;

use crate::types::Usage;

/// The usage of a completion or of the last chunk that tells it.
pub(super) fn of(body: &Value) -> Usage {
    let raw = raw(body).unwrap_or(&Value::Null);
    let number = |value: &Value| value.as_u64();
    let (prompt, completion) = (
        &raw["prompt_tokens_details"],
        &raw["completion_tokens_details"],
    );
    let input = number(&raw["prompt_tokens"]).or_else(|| number(&raw["input_tokens"]));
    let input = input.unwrap_or(0);
    let total = number(&raw["total_tokens"]);
    let output = number(&raw["completion_tokens"])
        .or_else(|| number(&raw["output_tokens"]))
        .or_else(|| total?.checked_sub(input))
        .unwrap_or(0);
    let reasoning =
        number(&completion["reasoning_tokens"]).or_else(|| number(&raw["reasoning_tokens"]));
    let read = number(&prompt["cached_tokens"])
        .or_else(|| number(&raw["prompt_cache_hit_tokens"]))
        .or_else(|| number(&raw["cached_tokens"]))
        .or_else(|| number(&raw["cache_read_input_tokens"]));
    let written = number(&prompt["cache_write_tokens"])
        .or_else(|| number(&prompt["cache_creation_tokens"]))
        .or_else(|| number(&raw["cache_creation_input_tokens"]));
    let usage = Usage::new(input, output).cache_within_input(read, written);
    // xAI counts the reasoning beside the completion.
    let is_beside = reasoning.is_some_and(|it| {
        it > 0 && total.and_then(|total| total.checked_sub(it)) == input.checked_add(output)
    });
    let mut usage = if is_beside {
        usage.reasoning_beside_output(reasoning)
    } else {
        usage.reasoning_tokens(reasoning)
    };
    usage.raw = (!raw.is_null()).then(|| raw.clone());
    usage
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
