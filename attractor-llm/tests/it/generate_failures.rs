//! What a tool loop makes of tools that fail, and of steps that fail after others.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use attractor_llm::testing::{Match, Turn};
use attractor_llm::{
    ContentPart, ErrorKind, ImageData, RetryPolicy, TimeoutConfig, Tool, ToolContent, ToolContext,
    generate, stream,
};
use serde_json::{Value, json};

use crate::generate::{ask, scripted};
use crate::generate_tools::{call, city, weather};

#[tokio::test]
async fn a_panic_in_a_tool_is_a_result_that_says_so() {
    let schema = || json!({"type": "object"});
    let tools = [
        Tool::new(
            "now",
            "",
            schema(),
            |_: Value, _| -> std::future::Ready<String> { panic!("no clock") },
        ),
        Tool::new("later", "", schema(), async |_: Value, _| -> String {
            tokio::task::yield_now().await;
            panic!("{}", "something")
        }),
    ];
    let calls = Turn::tool_call("now", json!({}))
        .and_tool_call("later", json!({}))
        .and_tool_call("weather", city("Oslo"));
    let (client, provider) = scripted([calls, Turn::text("done")]);
    let call = ask(generate("m"), &client).tool(weather());
    let result = call.tools(tools.map(Result::unwrap)).await.unwrap();
    let told: Vec<_> = result.steps[0]
        .tool_results
        .iter()
        .map(|it| (it.content.as_str().unwrap(), it.is_error))
        .collect();
    let expected = [
        ("the tool panicked: no clock", true),
        ("the tool panicked: something", true),
        ("rain in Oslo", false),
    ];
    assert_eq!(told, expected);
    assert_eq!(provider.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_takes_too_long_is_a_result_and_its_token_is_cancelled() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let slow = |name: &str| {
        let keep = Arc::clone(&kept);
        let schema = json!({"type": "object"});
        Tool::new(name, "", schema, move |_: Value, context: ToolContext| {
            keep.lock().unwrap().push(context.cancellation().clone());
            std::future::pending::<String>()
        })
        .unwrap()
    };
    let begun = tokio::time::Instant::now();
    let calls = Turn::tool_call("slow", json!({}))
        .and_tool_call("slower", json!({}))
        .and_tool_call("weather", city("Oslo"));
    let (client, _) = scripted([calls, Turn::text("done")]);
    let result = ask(generate("m"), &client)
        .tools([slow("slow"), weather()])
        .tool(slow("slower").timeout(Duration::from_secs(7)))
        .timeout(TimeoutConfig::new().per_tool(Duration::from_secs(2)))
        .await
        .unwrap();
    let told: Vec<_> = result.steps[0]
        .tool_results
        .iter()
        .map(|it| &it.content)
        .collect();
    let expected = [
        "the tool took longer than 2s",
        "the tool took longer than 7s",
        "rain in Oslo",
    ];
    assert_eq!(told, expected);
    assert_eq!(begun.elapsed().as_secs(), 7);
    assert!(
        kept.lock()
            .unwrap()
            .iter()
            .all(|token| token.is_cancelled())
    );
}

#[tokio::test]
async fn a_tools_image_goes_to_the_model_beside_its_text() {
    let image = ImageData::from_bytes(vec![1, 2, 3], "image/png");
    let shot = image.clone();
    let tool = Tool::new("shot", "", json!({"type": "object"}), move |_: Value, _| {
        std::future::ready(ToolContent::new("a window").image(shot.clone()))
    });
    let (client, provider) = scripted([Turn::tool_call("shot", json!({})), Turn::text("done")]);
    let result = ask(generate("m"), &client)
        .tool(tool.unwrap())
        .await
        .unwrap();
    assert_eq!(result.steps[0].tool_results[0].image, Some(image.clone()));
    let sent = provider.requests().remove(1).messages;
    let Some(ContentPart::ToolResult(data)) = sent[2].content.first() else {
        panic!("{sent:?}")
    };
    assert_eq!(
        (&data.content, &data.image),
        (&json!("a window"), &Some(image))
    );
}

#[tokio::test]
async fn an_error_of_a_later_step_has_the_steps_before_it() {
    let turns = || {
        [
            call("Oslo").usage(10, 5),
            Turn::api_error(400, "no").when(Match::any().tool_results(1)),
        ]
    };
    let (client, _) = scripted(turns());
    let error = ask(generate("m"), &client)
        .tool(weather())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let [step] = error.steps() else {
        panic!("{error:?}")
    };
    assert_eq!((step.usage.total_tokens, step.tool_results.len()), (15, 1));

    let (client, _) = scripted(turns());
    let mut events = ask(stream("m"), &client).tool(weather()).await.unwrap();
    let error = events.response().await.unwrap_err();
    assert_eq!(error.steps(), std::slice::from_ref(step));
}

#[tokio::test(start_paused = true)]
async fn when_all_time_is_up_the_steps_so_far_are_in_the_error() {
    let turns = [
        call("Oslo"),
        Turn::silence().when(Match::any().tool_results(1)),
    ];
    let (client, _) = scripted(turns);
    let call = ask(generate("m"), &client)
        .tool(weather())
        .retry(RetryPolicy::none())
        .timeout(Duration::from_secs(3));
    let error = call.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    assert_eq!(error.steps().len(), 1);
}
