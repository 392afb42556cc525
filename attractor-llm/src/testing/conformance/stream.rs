//! Trials: order of events, pairing, equality with `complete`, streams that break.

use std::collections::BTreeMap;

use serde_json::json;

use super::check::{
    Outcome, Streamed, ask, complete, ensure, ensure_eq, ensure_kind, start, stream,
};
use super::{Harness, Trial};
use crate::error::ErrorKind;
use crate::provider::Capabilities;
use crate::testing::script::{Match, Turn};
use crate::types::StreamEvent;

const TEXT: &str = "Größe \u{1f600} 漢字, and some more words to fill several deltas.";

pub(super) fn trials() -> Vec<Trial> {
    let tools: fn(&Capabilities) -> bool = |can| can.parallel_tools;
    let thinking: fn(&Capabilities) -> bool = |can| can.thinking;
    vec![
        Trial::new("a stream starts once and finishes once", |it| {
            Box::pin(order(it))
        }),
        Trial::new("each text starts, grows and ends with its whole", |it| {
            Box::pin(pairs(it, Turn::text(TEXT)))
        }),
        Trial::needing(
            "each call starts, grows and ends with its whole",
            tools,
            |it| Box::pin(pairs(it, calls())),
        ),
        Trial::needing(
            "each thought starts, grows and ends with its whole",
            thinking,
            |it| {
                Box::pin(pairs(
                    it,
                    Turn::thinking(TEXT, "c2lnbmF0dXJl").and_text(TEXT),
                ))
            },
        ),
        Trial::new("a stream adds up to what complete returns", |it| {
            Box::pin(adds_up(it, Turn::text(TEXT)))
        }),
        Trial::needing(
            "streamed calls add up to what complete returns",
            tools,
            |it| Box::pin(adds_up(it, calls())),
        ),
        Trial::new("characters split between packets survive", |it| {
            Box::pin(text_arrives(it, Turn::text(TEXT).write_bytes(1)))
        }),
        Trial::new("untidy framing harms nothing", |it| {
            Box::pin(text_arrives(it, Turn::text(TEXT).untidy().write_bytes(7)))
        }),
        Trial::new("nothing is waited for after the terminal event", |it| {
            Box::pin(text_arrives(it, Turn::text(TEXT).hold_open()))
        }),
        Trial::new("an unknown event harms nothing", |it| {
            Box::pin(unknown_event(it))
        }),
        Trial::new("a cut stream is an error with what had arrived", |it| {
            Box::pin(cut(it))
        }),
        Trial::new("a stream without its terminal event is an error", |it| {
            Box::pin(no_end(it))
        }),
        Trial::new("a failure in mid-stream is an error of its kind", |it| {
            Box::pin(failure(it))
        }),
    ]
}

fn calls() -> Turn {
    Turn::text(TEXT)
        .and_tool_call("list", json!({"path": "src"}))
        .and_tool_call("list", json!({"path": "tests", "depth": 2}))
}

async fn order(harness: &dyn Harness) -> Outcome {
    let turn = Turn::text(TEXT)
        .usage(11, 7)
        .when(Match::any().stream(true));
    let subject = start(harness, [turn]).await?;
    let streamed = stream(&subject, ask(harness, "hello")).await?;
    let response = streamed.response()?;
    ensure_eq(
        "the input of the response",
        response.usage.total_input_tokens(),
        11,
    )?;
    ensure_eq(
        "the output of the response",
        response.usage.output_tokens,
        7,
    )?;
    let first = streamed.events.first();
    ensure(
        matches!(first, Some(StreamEvent::StreamStart { .. })),
        || format!("the first event is {first:?}, not StreamStart"),
    )?;
    let count = |is: fn(&StreamEvent) -> bool| streamed.events.iter().filter(|it| is(it)).count();
    let starts = count(|event| matches!(event, StreamEvent::StreamStart { .. }));
    ensure_eq("the number of StreamStart", starts, 1)?;
    let finishes = count(|event| matches!(event, StreamEvent::Finish { .. }));
    ensure_eq("the number of Finish", finishes, 1)
}

async fn pairs(harness: &dyn Harness, turn: Turn) -> Outcome {
    let subject = start(harness, [turn]).await?;
    let streamed = stream(&subject, ask(harness, "hello")).await?;
    streamed.response()?;
    check_segments(&streamed)
}

/// Each segment that starts gets deltas only while it is open and ends with their sum.
fn check_segments(streamed: &Streamed) -> Outcome {
    let mut open: BTreeMap<String, String> = BTreeMap::new();
    for event in &streamed.events {
        match event {
            StreamEvent::TextStart { text_id: id }
            | StreamEvent::ReasoningStart { reasoning_id: id }
            | StreamEvent::ToolCallStart { id, .. } => {
                let again = open.insert(id.clone(), String::new()).is_some();
                ensure(!again, || format!("{id} starts while it is open"))?;
            }
            StreamEvent::TextDelta { text_id: id, delta }
            | StreamEvent::ReasoningDelta {
                reasoning_id: id,
                delta,
            }
            | StreamEvent::ToolCallDelta { id, delta } => {
                let grown = open.get_mut(id).map(|text| text.push_str(delta));
                ensure(grown.is_some(), || {
                    format!("a delta of {id}, which isn't open")
                })?;
            }
            StreamEvent::TextEnd { text_id: id, text } => close(&mut open, id, text)?,
            StreamEvent::ReasoningEnd {
                reasoning_id: id,
                thinking,
            } => {
                close(&mut open, id, &thinking.text)?;
            }
            StreamEvent::ToolCallEnd { tool_call } => {
                let text = open.remove(&tool_call.id);
                let text = text.ok_or_else(|| format!("{} ends unopened", tool_call.id))?;
                let found = if text.is_empty() {
                    json!({})
                } else {
                    parse(&text)?
                };
                ensure_eq("the sum of a call's deltas", &found, &tool_call.arguments)?;
            }
            _ => {}
        }
    }
    ensure(open.is_empty(), || {
        format!("segments never end: {:?}", open.keys())
    })
}

fn close(open: &mut BTreeMap<String, String>, id: &str, whole: &str) -> Outcome {
    let text = open
        .remove(id)
        .ok_or_else(|| format!("{id} ends unopened"))?;
    ensure_eq("the sum of the deltas", text.as_str(), whole)
}

fn parse(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{text:?} isn't JSON: {error}"))
}

async fn adds_up(harness: &dyn Harness, turn: Turn) -> Outcome {
    let subject = start(harness, [turn.usage(120, 40).repeat()]).await?;
    let whole = complete(&subject, ask(harness, "hello")).await?;
    let streamed = stream(&subject, ask(harness, "hello")).await?;
    let response = streamed.response()?;
    ensure_eq("the id", &response.id, &whole.id)?;
    ensure_eq("the model", &response.model, &whole.model)?;
    ensure_eq("the text", response.text(), whole.text())?;
    let calls = |response: &crate::Response| -> Vec<_> {
        let calls = response.tool_calls().into_iter();
        calls
            .map(|call| (call.id, call.name, call.arguments, call.invalid))
            .collect()
    };
    ensure_eq("the tool calls", calls(response), calls(&whole))?;
    ensure_eq(
        "the finish reason",
        &response.finish_reason,
        &whole.finish_reason,
    )?;
    let usage = (
        response.usage.total_input_tokens(),
        response.usage.output_tokens,
    );
    ensure_eq(
        "the usage",
        usage,
        (whole.usage.total_input_tokens(), whole.usage.output_tokens),
    )
}

async fn text_arrives(harness: &dyn Harness, turn: Turn) -> Outcome {
    let subject = start(harness, [turn]).await?;
    let streamed = stream(&subject, ask(harness, "hello")).await?;
    ensure_eq("the text", streamed.response()?.text().as_str(), TEXT)
}

async fn unknown_event(harness: &dyn Harness) -> Outcome {
    let data = r#"{"type": "event_from_the_future", "n": 1}"#;
    let turn = Turn::text("one ")
        .and_event("event_from_the_future", data)
        .and_text("two");
    let subject = start(harness, [turn]).await?;
    let streamed = stream(&subject, ask(harness, "hello")).await?;
    ensure_eq("the text", streamed.response()?.text().as_str(), "one two")
}

async fn cut(harness: &dyn Harness) -> Outcome {
    let subject = start(harness, [Turn::text(TEXT).cut_after_events(5)]).await?;
    let streamed = stream(&subject, ask(harness, "hello")).await?;
    broken(&streamed, &[ErrorKind::Stream, ErrorKind::Network])
}

async fn no_end(harness: &dyn Harness) -> Outcome {
    let subject = start(harness, [Turn::text(TEXT).omit_terminal()]).await?;
    let streamed = stream(&subject, ask(harness, "hello")).await?;
    broken(&streamed, &[ErrorKind::Stream])
}

/// The stream failed in one of these ways, and the error carries the text that had arrived.
fn broken(streamed: &Streamed, kinds: &[ErrorKind]) -> Outcome {
    let error = streamed.failure()?;
    ensure(kinds.contains(&error.kind()), || {
        format!("{error:?} isn't one of {kinds:?}")
    })?;
    ensure(error.is_retryable(), || {
        format!("{error:?} isn't retryable")
    })?;
    let arrived: String = streamed.events.iter().filter_map(text_delta).collect();
    let partial = error
        .partial_response()
        .map(crate::Response::text)
        .unwrap_or_default();
    ensure(!arrived.is_empty(), || {
        "no text arrived before the stream broke".to_owned()
    })?;
    ensure_eq("the text of the partial response", partial, arrived)
}

fn text_delta(event: &StreamEvent) -> Option<&str> {
    match event {
        StreamEvent::TextDelta { delta, .. } => Some(delta),
        _ => None,
    }
}

async fn failure(harness: &dyn Harness) -> Outcome {
    let turn = Turn::text("Hello").then_stream_error("overloaded_error", "Overloaded");
    let subject = start(harness, [turn]).await?;
    let streamed = stream(&subject, ask(harness, "hello")).await?;
    let error = streamed.failure()?;
    ensure_kind(error, ErrorKind::Server)?;
    ensure(error.is_retryable(), || {
        format!("{error:?} isn't retryable")
    })?;
    broken(&streamed, &[ErrorKind::Server])
}
