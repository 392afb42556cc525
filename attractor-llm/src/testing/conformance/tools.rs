//! Trials: one call, parallel calls, results, choice, arguments that must not be executed.

use serde_json::{Value, json};

use super::check::{Outcome, complete, ensure, ensure_eq, list_tool, request, start, stream};
use super::{Harness, Subject, Trial};
use crate::error::ErrorKind;
use crate::provider::Capabilities;
use crate::testing::script::{Match, Turn};
use crate::types::{
    ContentPart, FinishReasonKind, Message, Request, Response, Role, ToolCall, ToolCallData,
    ToolChoice,
};

pub(super) fn trials() -> Vec<Trial> {
    let tools: fn(&Capabilities) -> bool = |can| can.tools;
    vec![
        Trial::needing("a tool call comes whole", tools, |it| Box::pin(single(it))),
        Trial::needing(
            "a call without arguments has an empty object",
            tools,
            |it| Box::pin(no_arguments(it)),
        ),
        Trial::needing(
            "parallel calls come in order with ids of their own",
            |can| can.parallel_tools,
            |it| Box::pin(parallel(it)),
        ),
        Trial::needing("results go back to the model", tools, |it| {
            Box::pin(results(it))
        }),
        Trial::needing("ids of other providers are accepted", tools, |it| {
            Box::pin(foreign_ids(it))
        }),
        Trial::needing("arguments cut off are marked invalid", tools, |it| {
            Box::pin(cut_arguments(it))
        }),
        Trial::needing(
            "each way to choose tools works or is refused",
            tools,
            |it| Box::pin(choice(it)),
        ),
        Trial::needing(
            "no tool can be asked for after tools were used",
            |can| can.tools && can.tool_choice_none,
            |it| Box::pin(none_after_use(it)),
        ),
    ]
}

fn with_tool(harness: &dyn Harness, messages: Vec<Message>) -> Result<Request, String> {
    Ok(request(harness, messages).tools(vec![list_tool("list")?]))
}

fn asking(harness: &dyn Harness) -> Result<Request, String> {
    with_tool(harness, vec![Message::user("list it")])
}

fn only_call(response: &Response) -> Result<ToolCall, String> {
    let mut calls = response.tool_calls();
    ensure_eq("the number of calls", calls.len(), 1)?;
    calls.pop().ok_or_else(String::new)
}

async fn single(harness: &dyn Harness) -> Outcome {
    let arguments = json!({"path": "src \"x\" ü", "depth": 2, "all": null});
    let subject = start(
        harness,
        [Turn::tool_call("list", arguments.clone()).repeat()],
    )
    .await?;
    let whole = complete(&subject, asking(harness)?).await?;
    let streamed = stream(&subject, asking(harness)?).await?;
    for response in [&whole, streamed.response()?] {
        let call = only_call(response)?;
        ensure_eq("the name", call.name.as_str(), "list")?;
        ensure_eq("the arguments", &call.arguments, &arguments)?;
        ensure_eq("what is invalid", call.invalid, None)?;
        ensure(!call.id.is_empty(), || "the call has no id".to_owned())?;
        let reason = response.finish_reason.reason;
        ensure_eq("the finish reason", reason, FinishReasonKind::ToolCalls)?;
    }
    Ok(())
}

async fn no_arguments(harness: &dyn Harness) -> Outcome {
    let turn = Turn::empty().and_raw_tool_call("list", "").repeat();
    let subject = start(harness, [turn]).await?;
    let whole = complete(&subject, asking(harness)?).await?;
    let streamed = stream(&subject, asking(harness)?).await?;
    for response in [&whole, streamed.response()?] {
        let call = only_call(response)?;
        ensure_eq("the arguments", &call.arguments, &json!({}))?;
        ensure_eq("what is invalid", call.invalid, None)?;
    }
    Ok(())
}

async fn parallel(harness: &dyn Harness) -> Outcome {
    let turn = Turn::text("Both.")
        .and_tool_call("list", json!({"path": "a"}))
        .and_tool_call("list", json!({"path": "b"}))
        .repeat();
    let subject = start(harness, [turn]).await?;
    let whole = complete(&subject, asking(harness)?).await?;
    let streamed = stream(&subject, asking(harness)?).await?;
    for response in [&whole, streamed.response()?] {
        let calls = response.tool_calls();
        let paths: Vec<&Value> = calls.iter().map(|call| &call.arguments["path"]).collect();
        ensure_eq("the paths", paths, vec![&json!("a"), &json!("b")])?;
        ensure(calls[0].id != calls[1].id, || {
            format!("two calls have the id {}", calls[0].id)
        })?;
    }
    Ok(())
}

async fn results(harness: &dyn Harness) -> Outcome {
    let calls = Turn::tool_call("list", json!({"path": "a"}))
        .and_tool_call("list", json!({"path": "b"}))
        .when(Match::any().tool_results(0));
    let holds = Match::any()
        .tool_results(2)
        .assistant_messages(1)
        .any_message_contains("no such directory")
        .last_message_contains("found-it");
    let subject = start(harness, [calls, Turn::text("done").when(holds)]).await?;
    let first = complete(&subject, asking(harness)?).await?;
    let messages = answered(
        &first,
        &[json!({"entries": ["found-it"]}), json!("no such directory")],
    )?;
    let second = complete(&subject, with_tool(harness, messages)?).await?;
    ensure_eq("the text", second.text().as_str(), "done")
}

/// The conversation after the calls of `response` got these results, the last of them an error.
fn answered(response: &Response, results: &[Value]) -> Result<Vec<Message>, String> {
    let calls = response.tool_calls();
    ensure_eq("the number of calls", calls.len(), results.len())?;
    let mut messages = vec![Message::user("list it"), response.message.clone()];
    let last = results.len() - 1;
    for (index, (call, result)) in calls.iter().zip(results).enumerate() {
        messages.push(Message::tool_result(
            &call.id,
            result.clone(),
            index == last,
        ));
    }
    Ok(messages)
}

/// A conversation in which a call with this id was made and answered.
fn used(id: &str) -> Vec<Message> {
    let call = ToolCallData::new(id, "list", json!({"path": "a"}));
    vec![
        Message::user("list it"),
        Message::new(Role::Assistant, vec![ContentPart::ToolCall(call)]),
        Message::tool_result(id, "found-it", false),
    ]
}

async fn foreign_ids(harness: &dyn Harness) -> Outcome {
    let turn = Turn::text("done")
        .when(Match::any().tool_results(1))
        .repeat();
    let subject = start(harness, [turn]).await?;
    for id in ["call_1", "call|fc_1", &"x".repeat(120)] {
        complete(&subject, with_tool(harness, used(id))?).await?;
    }
    Ok(())
}

async fn cut_arguments(harness: &dyn Harness) -> Outcome {
    let turn = Turn::empty()
        .and_raw_tool_call("list", "{\"path\": \"sr")
        .finish_reason("length");
    let subject = start(harness, [turn]).await?;
    let streamed = stream(&subject, asking(harness)?).await?;
    let response = streamed.response()?;
    ensure_eq(
        "the finish reason",
        response.finish_reason.reason,
        FinishReasonKind::Length,
    )?;
    let call = only_call(response)?;
    ensure(call.invalid.is_some(), || {
        format!("{call:?} isn't marked invalid")
    })?;
    // A provider whose arguments are values has no text of them.
    let text = call.raw_arguments.as_deref();
    let whole = "{\"path\": \"sr";
    ensure_eq("the text", text.unwrap_or(whole), whole)
}

async fn choice(harness: &dyn Harness) -> Outcome {
    let subject = start(harness, [Turn::text("ok").repeat()]).await?;
    let choices = [
        ToolChoice::Auto,
        ToolChoice::None,
        ToolChoice::Required,
        ToolChoice::Named("list".to_owned()),
    ];
    for choice in choices {
        chosen(
            &subject,
            asking(harness)?.tool_choice(choice.clone()),
            &choice,
        )
        .await?;
    }
    Ok(())
}

async fn chosen(subject: &Subject, request: Request, choice: &ToolChoice) -> Outcome {
    let supported = subject.adapter().supports_tool_choice(choice);
    match subject.adapter().complete(request).await {
        Ok(_) => ensure(supported, || format!("{choice:?} isn't refused")),
        Err(error) if supported => Err(format!("{choice:?} failed: {error:?}")),
        Err(error) => ensure_eq(
            "the refusal",
            error.kind(),
            ErrorKind::UnsupportedToolChoice,
        ),
    }
}

async fn none_after_use(harness: &dyn Harness) -> Outcome {
    let turn = Turn::text("done").when(Match::any().tool_results(1));
    let subject = start(harness, [turn]).await?;
    let request = with_tool(harness, used("call_1"))?.tool_choice(ToolChoice::None);
    complete(&subject, request).await.map(drop)
}
