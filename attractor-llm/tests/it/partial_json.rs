//! Whatever the JSON and wherever its pieces begin, the value is the one of the text so far.

use attractor_llm::PartialJson;
use proptest::prelude::*;
use serde_json::Value;

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

/// Feeds the text in pieces of `chars` characters.
fn grown(text: &str, chars: usize) -> PartialJson {
    let mut partial = PartialJson::new();
    let chars_of_text: Vec<char> = text.chars().collect();
    for piece in chars_of_text.chunks(chars) {
        partial.push(&piece.iter().collect::<String>());
    }
    partial
}

proptest! {
    #[test]
    fn all_pieces_make_what_strict_parsing_makes(items in prop::collection::vec(json(), 0..4), chars in 1..40_usize) {
        let value = Value::from(items);
        for text in [value.to_string(), serde_json::to_string_pretty(&value)?] {
            let partial = grown(&text, chars);
            prop_assert_eq!(partial.value(), &value);
            prop_assert!(partial.is_complete());
        }
    }

    #[test]
    fn any_text_is_taken_alike_in_one_piece_and_in_many(text in r#"[\[{]([\[\]{}",:\\ untrflse0-9.a-]|\\\\u[d0-9]{4}){0,60}"#, chars in 1..9_usize) {
        let (one, many) = (grown(&text, usize::MAX), grown(&text, chars));
        prop_assert_eq!(one.value(), many.value());
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            prop_assert_eq!(one.value(), &value);
        }
    }
}
