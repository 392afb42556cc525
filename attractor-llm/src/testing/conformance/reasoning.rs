//! Trials: thinking and its signatures survive a round trip byte for byte.

use serde_json::json;

use super::check::{
    Outcome, complete, ensure, ensure_eq, holds_string, list_tool, request, start, stream,
};
use super::{Harness, Subject, Trial};
use crate::provider::Capabilities;
use crate::testing::script::{Match, Turn};
use crate::types::{ContentPart, Message, Request, Response};

const THOUGHT: &str = "Größe \u{1f600}:\n\t\"quoted\" \\ and  spaces ";
const SIGNATURE: &str = "EqQBCkYICxgCKkDabc+/def0123456789==";
const REDACTED: &str = "EmwKAhgBEgy3va3pzix/LafPsn4+aDFIT2Xlxh0==";

pub(super) fn trials() -> Vec<Trial> {
    let thinking: fn(&Capabilities) -> bool = |can| can.thinking;
    let with_tools: fn(&Capabilities) -> bool = |can| can.thinking && can.tools;
    vec![
        Trial::needing("thinking comes with its signature", thinking, |it| {
            Box::pin(shown(it))
        }),
        Trial::needing(
            "thinking tokens are reported",
            |can| can.thinking && can.reasoning_tokens,
            |it| Box::pin(tokens(it)),
        ),
        Trial::needing("thinking goes back byte for byte", with_tools, |it| {
            Box::pin(goes_back(it, false))
        }),
        Trial::needing(
            "streamed thinking goes back byte for byte",
            with_tools,
            |it| Box::pin(goes_back(it, true)),
        ),
        Trial::needing(
            "thinking of one model isn't sent to another",
            with_tools,
            |it| Box::pin(other_model(it)),
        ),
    ]
}

fn turn() -> Turn {
    Turn::thinking(THOUGHT, SIGNATURE)
        .and_redacted_thinking(REDACTED)
        .and_text("I'll look.")
        .and_tool_call("list", json!({"path": "src"}))
        .when(Match::any().tool_results(0))
        .repeat()
}

fn with_tool(harness: &dyn Harness, messages: Vec<Message>) -> Result<Request, String> {
    Ok(request(harness, messages).tools(vec![list_tool("list")?]))
}

/// Answers of both ways of asking.
async fn both(harness: &dyn Harness, subject: &Subject) -> Result<[Response; 2], String> {
    let request = with_tool(harness, vec![Message::user("list it")])?;
    let whole = complete(subject, request.clone()).await?;
    let streamed = stream(subject, request).await?;
    Ok([whole, streamed.response()?.clone()])
}

async fn shown(harness: &dyn Harness) -> Outcome {
    let subject = start(harness, [turn()]).await?;
    for response in both(harness, &subject).await? {
        ensure_eq(
            "the reasoning",
            response.reasoning().as_deref(),
            Some(THOUGHT),
        )?;
        let content = &response.message.content;
        let Some(ContentPart::Thinking(thinking)) = content.first() else {
            return Err(format!("the first part isn't the thinking: {content:?}"));
        };
        ensure_eq(
            "the signature",
            thinking.signature.as_deref(),
            Some(SIGNATURE),
        )?;
        let redacted = matches!(content.get(1), Some(ContentPart::RedactedThinking(_)));
        ensure(redacted, || {
            format!("the second part isn't redacted thinking: {content:?}")
        })?;
    }
    Ok(())
}

async fn tokens(harness: &dyn Harness) -> Outcome {
    let subject = start(harness, [turn().usage(10, 90).reasoning_usage(40)]).await?;
    for response in both(harness, &subject).await? {
        ensure_eq(
            "the reasoning tokens",
            response.usage.reasoning_tokens,
            Some(40),
        )?;
    }
    Ok(())
}

async fn goes_back(harness: &dyn Harness, streamed: bool) -> Outcome {
    let done = Turn::text("done").when(Match::any().tool_results(1));
    let subject = start(harness, [turn(), done]).await?;
    let [whole, from_stream] = both(harness, &subject).await?;
    let response = if streamed { from_stream } else { whole };
    complete(&subject, with_tool(harness, answered(&response)?)?).await?;
    let sent = subject.requests().pop().unwrap_or_default();
    for text in [THOUGHT, SIGNATURE, REDACTED] {
        ensure(holds_string(&sent, text), || {
            format!("{text:?} isn't in the request: {sent}")
        })?;
    }
    Ok(())
}

async fn other_model(harness: &dyn Harness) -> Outcome {
    let done = Turn::text("done").when(Match::any().tool_results(1).model("another-model"));
    let subject = start(harness, [turn(), done]).await?;
    let [response, _] = both(harness, &subject).await?;
    let mut request = with_tool(harness, answered(&response)?)?;
    "another-model".clone_into(&mut request.model);
    complete(&subject, request).await?;
    let sent = subject.requests().pop().unwrap_or_default();
    for text in [SIGNATURE, REDACTED] {
        ensure(!holds_string(&sent, text), || {
            format!("{text:?} is in the request: {sent}")
        })?;
    }
    Ok(())
}

/// The conversation after the only call of `response` was answered.
fn answered(response: &Response) -> Result<Vec<Message>, String> {
    let calls = response.tool_calls();
    let call = calls.first().ok_or("no tool was called")?;
    let result = Message::tool_result(&call.id, "found-it", false);
    Ok(vec![
        Message::user("list it"),
        response.message.clone(),
        result,
    ])
}
