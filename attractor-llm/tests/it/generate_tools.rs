//! The tool loop.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use attractor_llm::testing::{Match, Turn};
use attractor_llm::{
    Approval, ErrorKind, FinishReasonKind, JsonSchema, StopCondition, Tool, ToolChoice,
    ToolContent, ToolContext, ToolDefinition, ToolError, ToolHandler, async_trait, generate,
    schemars, stream,
};
use futures::{FutureExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::generate::{ask, scripted};

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Place {
    city: String,
}

pub(crate) fn weather() -> Tool {
    Tool::typed(
        "weather",
        "The weather",
        async |place: Place, _| match place.city.as_str() {
            "Atlantis" => Err(ToolError::from("it lies under water")),
            city => Ok(format!("rain in {city}")),
        },
    )
    .unwrap()
}

pub(crate) fn city(city: &str) -> Value {
    json!({"city": city})
}

pub(crate) fn call(place: &str) -> Turn {
    Turn::tool_call("weather", city(place))
}

#[tokio::test]
async fn a_tool_is_executed_and_the_model_asked_again() {
    let turns = [call("Oslo").usage(10, 5), Turn::text("Rain.").usage(20, 2)];
    let (client, provider) = scripted(turns);
    let result = ask(generate("m"), &client).tool(weather()).await.unwrap();
    assert_eq!(result.text, "Rain.");
    assert_eq!(result.steps.len(), 2);
    let [first, last] = [&result.steps[0], &result.steps[1]];
    assert_eq!(first.tool_calls[0].arguments, city("Oslo"));
    assert_eq!(first.tool_results[0].content, "rain in Oslo");
    assert_eq!(
        (first.usage.total_tokens, last.usage.total_tokens),
        (15, 22)
    );
    assert_eq!(result.total_usage.total_tokens, 37);
    assert!(result.tool_calls.is_empty() && last.tool_results.is_empty());
    let sent = &provider.requests()[1].messages;
    assert_eq!(sent[1], first.response.message);
    assert_eq!(result.messages[..3], *sent);
    assert_eq!(result.messages.len(), 4);
}

#[tokio::test]
async fn rounds_are_counted_by_executions() {
    for (rounds, requests) in [(0, 1), (1, 2), (3, 4)] {
        let (client, provider) = scripted([call("Oslo").repeat()]);
        let call = ask(generate("m"), &client)
            .tool(weather())
            .max_tool_rounds(rounds);
        let result = call.await.unwrap();
        assert_eq!(
            (provider.requests().len(), result.steps.len()),
            (requests, requests)
        );
        assert_eq!(result.tool_calls.len(), 1);
        assert!(result.tool_results.is_empty());
        assert_eq!(result.finish_reason.reason, FinishReasonKind::ToolCalls);
    }
}

#[tokio::test]
async fn calls_of_passive_tools_come_back_unanswered() {
    let definition = || ToolDefinition::new("deploy", "", json!({"type": "object"})).unwrap();
    let passive = || Tool::passive(definition()).unwrap();
    let (client, provider) = scripted([Turn::tool_call("deploy", json!({}))]);
    let result = ask(generate("m"), &client).tool(passive()).await.unwrap();
    assert_eq!(
        (
            result.tool_calls[0].name.as_str(),
            result.tool_results.len()
        ),
        ("deploy", 0)
    );
    assert_eq!(provider.requests().len(), 1);

    // Beside an active tool: that one is executed, the rest is the caller's.
    let (client, provider) = scripted([call("Oslo").and_tool_call("deploy", json!({}))]);
    let result = ask(generate("m"), &client)
        .tools([passive(), weather()])
        .await
        .unwrap();
    assert_eq!((result.tool_calls.len(), result.tool_results.len()), (2, 1));
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn calls_run_at_the_same_time_and_their_results_keep_the_order_in_one_request() {
    let together = Arc::new(Barrier::new(3));
    let finished = Arc::new(Mutex::new(Vec::new()));
    let tool = Tool::typed("weather", "", {
        let (together, finished) = (Arc::clone(&together), Arc::clone(&finished));
        move |place: Place, _| {
            let (together, finished) = (Arc::clone(&together), Arc::clone(&finished));
            async move {
                // Passed only when all three are here; the later calls then end first.
                together.wait().await;
                while finished.lock().unwrap().len() < 3 - place.city.len() {
                    tokio::task::yield_now().await;
                }
                finished.lock().unwrap().push(place.city.clone());
                place.city
            }
        }
    });
    let calls = call("a")
        .and_tool_call("weather", city("bb"))
        .and_tool_call("weather", city("ccc"));
    let (client, provider) =
        scripted([calls, Turn::text("done").when(Match::any().tool_results(3))]);
    let result = ask(generate("m"), &client)
        .tool(tool.unwrap())
        .await
        .unwrap();
    let results: Vec<&Value> = result.steps[0]
        .tool_results
        .iter()
        .map(|it| &it.content)
        .collect();
    assert_eq!(results, ["a", "bb", "ccc"]);
    assert_eq!(*finished.lock().unwrap(), ["ccc", "bb", "a"]);
    assert_eq!(provider.requests().len(), 2);
}

/// The results of the calls in one turn, each with whether it is an error.
async fn results_of(turn: Turn) -> Vec<(String, bool)> {
    let (client, _) = scripted([turn, Turn::text("done")]);
    let result = ask(generate("m"), &client).tool(weather()).await.unwrap();
    assert_eq!(result.text, "done");
    let results = result.steps[0].tool_results.iter();
    results
        .map(|it| (it.content.as_str().unwrap().to_owned(), it.is_error))
        .collect()
}

#[tokio::test]
async fn failures_go_to_the_model_beside_the_successes() {
    let turn = call("Atlantis")
        .and_tool_call("weather", city("Oslo"))
        .and_tool_call("tides", json!({}));
    let results = results_of(turn).await;
    assert_eq!(results[0], ("it lies under water".to_owned(), true));
    assert_eq!(results[1], ("rain in Oslo".to_owned(), false));
    assert_eq!(
        results[2],
        (
            "unknown tool \"tides\"; the tools are: weather".to_owned(),
            true
        )
    );
}

#[tokio::test]
async fn arguments_are_checked_before_a_tool_sees_them() {
    let cases = [
        (Turn::tool_call("weather", json!({})), "\"city\" is missing"),
        (
            Turn::tool_call("weather", json!({"city": 1})),
            "at /city: string was expected",
        ),
        (
            Turn::empty().and_raw_tool_call("weather", "{\"city\":"),
            "aren't JSON",
        ),
        (
            Turn::empty().and_raw_tool_call("weather", "[1]"),
            "aren't a JSON object",
        ),
    ];
    for (turn, says) in cases {
        let results = results_of(turn).await;
        assert!(results[0].1 && results[0].0.contains(says), "{results:?}");
    }
}

#[cfg(feature = "json-schema")]
#[tokio::test]
async fn with_the_feature_every_keyword_of_the_schema_counts() {
    let schema =
        json!({"type": "object", "properties": {"id": {"type": "string", "pattern": "^[a-z]+$"}}});
    let tool = Tool::new("find", "", schema, async |_: Value, _| "found").unwrap();
    let turns = [
        Turn::tool_call("find", json!({"id": "A1"})),
        Turn::text("done"),
    ];
    let (client, _) = scripted(turns);
    let result = ask(generate("m"), &client).tool(tool).await.unwrap();
    assert!(result.steps[0].tool_results[0].is_error);
}

#[tokio::test]
async fn a_repair_mends_arguments_or_the_model_is_told() {
    let turn = Turn::tool_call("weather", json!({"town": "Oslo"}))
        .and_raw_tool_call("weather", "{city: Rome}")
        .and_tool_call("weather", json!({"city": 5}));
    let (client, _) = scripted([turn, Turn::text("done")]);
    let repair = async |call: attractor_llm::ToolCall, problem: String| {
        assert!(!problem.is_empty());
        let text = call.raw_arguments.unwrap();
        ["Oslo", "Rome"]
            .into_iter()
            .find(|name| text.contains(name))
            .map(city)
    };
    let result = ask(generate("m"), &client)
        .tool(weather())
        .repair_tool_call(repair)
        .await
        .unwrap();
    let results: Vec<_> = result.steps[0]
        .tool_results
        .iter()
        .map(|it| it.is_error)
        .collect();
    assert_eq!(results, [false, false, true]);
    assert_eq!(result.steps[0].tool_results[1].content, "rain in Rome");
}

#[tokio::test]
async fn a_call_that_is_denied_is_not_executed() {
    let turn = call("Oslo").and_tool_call("weather", city("Rome"));
    let (client, _) = scripted([turn, Turn::text("done")]);
    let approve = async |call: attractor_llm::ToolCall| match call.arguments["city"].as_str() {
        Some("Oslo") => Approval::Approved,
        _ => Approval::denied("only the north"),
    };
    let result = ask(generate("m"), &client)
        .tool(weather())
        .approve_tool_call(approve)
        .await
        .unwrap();
    let results = &result.steps[0].tool_results;
    assert_eq!(
        (&results[0].content, results[0].is_error),
        (&json!("rain in Oslo"), false)
    );
    let denied = "the call was denied: only the north";
    assert_eq!(
        (&results[1].content, results[1].is_error),
        (&json!(denied), true)
    );
}

#[tokio::test]
async fn a_call_that_the_token_limit_cut_off_is_never_executed() {
    let executed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&executed);
    let tool = Tool::new(
        "write",
        "",
        json!({"type": "object"}),
        move |_: Value, _| {
            count.fetch_add(1, Ordering::Relaxed);
            async { "written" }
        },
    );
    let cut = Turn::empty()
        .and_raw_tool_call("write", "{\"text\": \"half")
        .finish_reason("length");
    let (client, _) = scripted([cut]);
    let error = ask(generate("m"), &client)
        .tool(tool.unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidToolCall);
    assert!(
        error.partial_response().unwrap().tool_calls()[0]
            .invalid
            .is_some()
    );
    assert_eq!(executed.load(Ordering::Relaxed), 0);
}

/// Tells what it was given.
#[derive(Debug)]
struct Witness;

#[async_trait]
impl ToolHandler for Witness {
    async fn execute(
        &self,
        arguments: Value,
        context: ToolContext,
    ) -> Result<ToolContent, ToolError> {
        let messages = context.messages().len();
        let cancelled = context.cancellation().is_cancelled();
        Ok(json!([arguments, context.call_id(), messages, cancelled]).into())
    }
}

#[tokio::test]
async fn a_handler_gets_the_call_the_conversation_and_a_token() {
    let definition = ToolDefinition::new("witness", "", json!({"type": "object"})).unwrap();
    let tool = Tool::with_handler(definition, Witness).unwrap();
    let (client, _) = scripted([
        Turn::tool_call("witness", json!({"a": 1})),
        Turn::text("done"),
    ]);
    let result = ask(generate("m"), &client).tool(tool).await.unwrap();
    let call = &result.steps[0].tool_calls[0].id;
    assert_eq!(
        result.steps[0].tool_results[0].content,
        json!([{"a": 1}, call, 2, false])
    );
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_the_handlers_token_is_cancelled_and_its_future_dropped() {
    let kept = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&kept);
    let tool = Tool::new(
        "wait",
        "",
        json!({"type": "object"}),
        move |_: Value, context: ToolContext| {
            *keep.lock().unwrap() = Some(context.cancellation().clone());
            std::future::pending::<String>()
        },
    );
    let (client, _) = scripted([Turn::tool_call("wait", json!({}))]);
    let call = ask(generate("m"), &client)
        .tool(tool.unwrap())
        .timeout(Duration::from_secs(2));
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::RequestTimeout);
    assert!(kept.lock().unwrap().take().unwrap().is_cancelled());
}

#[tokio::test]
async fn dropping_a_stream_cancels_the_tools_that_it_waits_for() {
    let kept = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&kept);
    let schema = json!({"type": "object"});
    let tool = Tool::new("wait", "", schema, move |_: Value, context: ToolContext| {
        *keep.lock().unwrap() = Some(context.cancellation().clone());
        std::future::pending::<String>()
    });
    let (client, _) = scripted([Turn::tool_call("wait", json!({}))]);
    let call = ask(stream("m"), &client).tool(tool.unwrap());
    let mut events = call.await.unwrap();
    while events.next().now_or_never().is_some() {}
    let token = kept.lock().unwrap().take().unwrap();
    assert!(!token.is_cancelled());
    drop(events);
    assert!(token.is_cancelled());
}

#[tokio::test]
async fn stop_conditions_end_the_loop_with_the_results_of_the_last_step() {
    let conditions = [
        (StopCondition::step_count(2), 2),
        (StopCondition::tool_called("weather"), 1),
        (
            StopCondition::tool_called("weather").and(StopCondition::step_count(3)),
            3,
        ),
        (
            StopCondition::tool_called("x").or(StopCondition::new(|steps| steps.len() > 3)),
            4,
        ),
    ];
    for (condition, steps) in conditions {
        let (client, _) = scripted([call("Oslo").repeat()]);
        let call = ask(generate("m"), &client)
            .tool(weather())
            .max_tool_rounds(9)
            .stop_when(condition);
        let result = call.await.unwrap();
        assert_eq!((result.steps.len(), result.tool_results.len()), (steps, 1));
    }
}

#[tokio::test]
async fn prepare_step_changes_one_request() {
    let turns = [
        call("Oslo").when(Match::any().model("small")),
        Turn::text("done").when(Match::any().model("large")),
    ];
    let (client, provider) = scripted(turns);
    let call = ask(generate("large"), &client)
        .tool(weather())
        .tool_choice(ToolChoice::Required)
        .prepare_step(|steps, request| match steps.len() {
            0 => request.model = "small".to_owned(),
            _ => request.tool_choice = Some(ToolChoice::Auto),
        });
    assert_eq!(call.await.unwrap().text, "done");
    let choices: Vec<_> = provider
        .requests()
        .into_iter()
        .map(|it| it.tool_choice.unwrap())
        .collect();
    assert_eq!(choices, [ToolChoice::Required, ToolChoice::Auto]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_repeats_its_step_and_no_other() {
    let executed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&executed);
    let tool = Tool::new(
        "count",
        "",
        json!({"type": "object"}),
        move |_: Value, _| {
            let count = Arc::clone(&count);
            async move { Ok::<_, ToolError>(count.fetch_add(1, Ordering::Relaxed)) }
        },
    );
    let after_tool = || Match::any().tool_results(1);
    let turns = [
        Turn::tool_call("count", json!({})),
        Turn::api_error(503, "busy").times(2).when(after_tool()),
        Turn::text("done").when(after_tool()),
    ];
    let (client, provider) = scripted(turns);
    let result = ask(generate("m"), &client)
        .tool(tool.unwrap())
        .await
        .unwrap();
    assert_eq!((result.text.as_str(), result.steps.len()), ("done", 2));
    assert_eq!(
        (provider.requests().len(), executed.load(Ordering::Relaxed)),
        (4, 1)
    );
}

#[tokio::test]
async fn two_tools_of_one_name_are_refused() {
    let (client, provider) = scripted([Turn::text("never")]);
    let error = ask(generate("m"), &client)
        .tools([weather(), weather()])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(provider.requests().is_empty());
}
