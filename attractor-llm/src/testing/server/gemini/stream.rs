//! Answer -> the pieces of a streamed reply.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{error, response};
use crate::testing::answer::Answer;
use crate::testing::script::Part;

/// All pieces with their framing; the last says why the answer ended. An error ends the stream
/// instead.
pub(super) fn events(answer: &Answer) -> Vec<Bytes> {
    let mut events = Vec::new();
    for part in &answer.turn.content {
        match part {
            Part::Event { data, .. } => events.push(frame(data)),
            Part::StreamError { code, message } => {
                let error = error::body(error::status(code), Some(code), message);
                events.push(frame(&error.to_string()));
                return events;
            }
            _ => {
                let pieces = pieces(answer, part).into_iter();
                events.extend(
                    pieces.map(|part| frame(&response::piece(answer, vec![part]).to_string())),
                );
            }
        }
    }
    let end = response::ended(answer, vec![json!({"text": ""})]);
    events.push(frame(&end.to_string()));
    events
}

/// Text comes in pieces, the last of a thought with its signature; anything else comes whole.
fn pieces(answer: &Answer, part: &Part) -> Vec<Value> {
    let Some(whole) = response::part(part) else {
        return Vec::new();
    };
    let (Part::Text { text } | Part::Thinking { text, .. }) = part else {
        return vec![whole];
    };
    let deltas = answer.deltas(text);
    let mut pieces: Vec<Value> = deltas
        .iter()
        .map(|delta| {
            let mut piece = whole.clone();
            piece["text"] = (*delta).into();
            piece
        })
        .collect();
    let last = pieces.len().saturating_sub(1);
    for piece in &mut pieces[..last] {
        if let Some(fields) = piece.as_object_mut() {
            fields.remove("thoughtSignature");
        }
    }
    pieces
}

fn frame(data: &str) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;
    use crate::testing::conversation::Conversation;
    use crate::testing::script::Turn;

    /// Puts the parts of a stream together again, as a client would.
    fn parts(events: &[Bytes]) -> Vec<Value> {
        let mut parts: Vec<Value> = Vec::new();
        for event in events {
            let text = std::str::from_utf8(event).unwrap();
            let event: Value = serde_json::from_str(text.strip_prefix("data: ").unwrap()).unwrap();
            let part = event["candidates"][0]["content"]["parts"][0].clone();
            match parts.last_mut() {
                Some(last)
                    if last["text"].is_string()
                        && part["text"].is_string()
                        && last["thought"] == part["thought"] =>
                {
                    let more = part["text"].as_str().unwrap_or_default();
                    last["text"] = format!("{}{more}", last["text"].as_str().unwrap()).into();
                    if !part["thoughtSignature"].is_null() {
                        last["thoughtSignature"] = part["thoughtSignature"].clone();
                    }
                }
                _ if part["text"] == "" => {}
                _ => parts.push(part),
            }
        }
        parts
    }

    proptest! {
        #[test]
        fn a_stream_adds_up_to_the_whole_reply(
            text in ".+",
            thought in ".+",
            argument in any::<String>(),
            delta_chars in 0_usize..9,
        ) {
            let turn = Turn::thinking(thought, "c2ln")
                .and_text(text)
                .and_tool_call("list", json!({"path": argument}))
                .delta_chars(delta_chars);
            let answer = Answer::new(turn, 3, &Conversation::default());
            let whole = response::reply(&answer);
            let expected = whole["candidates"][0]["content"]["parts"].clone();
            prop_assert_eq!(Value::from(parts(&events(&answer))), expected);
        }
    }
}
