//! Servers of other projects, which know nothing of this crate: `scripts/foreign-parts` installs and
//! starts them on loopback and says where they are. Without them each test says SKIPPED.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use attractor_llm::provider::http::{HttpRequest, HttpTransport, Transport as _};
use attractor_llm::{
    AnthropicAdapter, Client, Error, ErrorKind, GeminiAdapter, Message, OpenAiAdapter,
    OpenAiCompatibleAdapter, ProviderAdapter, Request, Response, RetryPolicy, StreamAccumulator,
    Timeouts, Tool, generate, retry, stream,
};
use futures::StreamExt as _;
use serde_json::{Value, json};

/// Where npm's `@copilotkit/aimock` is, with the fixtures of `tests/fixtures/foreign`.
const AIMOCK: &str = "ATTRACTOR_AIMOCK_URL";

/// Where PyPI's `llmock` is, faultless until told otherwise.
const LLMOCK: &str = "ATTRACTOR_LLMOCK_URL";

/// Where another one is that fails and breaks streams at random.
const CHAOS: &str = "ATTRACTOR_LLMOCK_CHAOS_URL";

/// Questions put to the server that fails at random, to each provider and in each mode.
const QUESTIONS: usize = 12;

fn url(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        println!("SKIPPED: {variable} isn't set; scripts/foreign-parts sets it");
    }
    url
}

/// A client of each protocol whose requests the server counts on their own.
fn clients(base_urls: &[(&str, String)], test: &str) -> Vec<(String, Client)> {
    let clients = base_urls.iter().map(|(api, url)| {
        macro_rules! adapter {
            ($builder:expr) => {{
                let timeouts = Timeouts::default().stream_read(Duration::from_secs(5));
                let builder = $builder.base_url(url).timeouts(timeouts);
                let builder = builder.default_header("x-test-id", format!("{test} {api}"));
                Arc::new(builder.build().unwrap())
            }};
        }
        let adapter: Arc<dyn ProviderAdapter> = match *api {
            "anthropic" => adapter!(AnthropicAdapter::builder("key")),
            "gemini" => adapter!(GeminiAdapter::builder("key")),
            "openai" => adapter!(OpenAiAdapter::builder("key")),
            _ => adapter!(OpenAiCompatibleAdapter::builder("chat", "").api_key("key")),
        };
        let client = Client::builder().shared_provider(adapter).build();
        ((*api).to_owned(), client.unwrap())
    });
    clients.collect()
}

fn of_aimock(url: &str, test: &str) -> Vec<(String, Client)> {
    let versioned = format!("{url}/v1");
    let urls = [
        ("anthropic", url.to_owned()),
        ("gemini", url.to_owned()),
        ("openai", versioned.clone()),
        ("chat", versioned),
    ];
    clients(&urls, test)
}

fn of_llmock(url: &str) -> Vec<(String, Client)> {
    let versioned = format!("{url}/v1");
    let urls = [
        ("anthropic", format!("{url}/anthropic")),
        ("gemini", format!("{url}/gemini/v1beta")),
        ("openai", versioned.clone()),
        ("chat", versioned),
    ];
    clients(&urls, "")
}

/// Without chance, and with longer waits each time, as a server that judges clients wants it.
fn policy() -> RetryPolicy {
    // Of the streams nearly half fail, at random: that all of twenty-one attempts do happens once in some
    // hundred thousand runs of these tests; that all of nine did happened.
    RetryPolicy::default()
        .max_retries(20)
        .jitter(false)
        .base_delay(Duration::from_millis(100))
        .backoff_multiplier(1.5)
        .max_delay(Duration::from_secs(2))
}

fn ask(text: &str) -> Request {
    Request::new("model", vec![Message::user(text)]).max_tokens(500)
}

async fn streamed(client: &Client, request: Request) -> Result<Response, Error> {
    let mut events = client.stream(request).await?;
    let mut accumulator = StreamAccumulator::new();
    while let Some(event) = events.next().await {
        accumulator.process(&event?);
    }
    Ok(accumulator.response().unwrap())
}

/// Both modes of asking.
async fn answers(client: &Client, request: &Request) -> [Result<Response, Error>; 2] {
    [
        client.complete(request.clone()).await,
        streamed(client, request.clone()).await,
    ]
}

fn weather() -> Tool {
    let city =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    Tool::new(
        "weather",
        "The weather in a city",
        city,
        async |arguments: Value, _| {
            format!(
                "rain in {}",
                arguments["city"].as_str().unwrap_or("nowhere")
            )
        },
    )
    .unwrap()
}

#[tokio::test]
async fn aimock_is_understood_in_every_protocol_and_mode() {
    let Some(url) = url(AIMOCK) else { return };
    for (api, client) in of_aimock(&url, "answers") {
        for answer in answers(&client, &ask("greet me")).await {
            assert_eq!(
                answer.unwrap().text(),
                "Grüße 👋 from another project.",
                "{api}"
            );
        }
        for answer in answers(&client, &ask("refuse me")).await {
            let error = answer.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Authentication, "{api}: {error}");
        }
    }
}

#[tokio::test]
async fn the_tools_that_aimock_calls_are_executed() {
    let Some(url) = url(AIMOCK) else { return };
    for (api, client) in of_aimock(&url, "tools") {
        let asked = || {
            generate("model")
                .client(&client)
                .prompt("the weather")
                .tool(weather())
        };
        let result = asked().await.unwrap();
        assert_eq!(result.text, "Rain in Oslo.", "{api}");
        assert_eq!(
            result.steps[0].tool_results[0].content, "rain in Oslo",
            "{api}"
        );
        let call = stream("model")
            .client(&client)
            .prompt("the weather")
            .tool(weather());
        let mut result = call.await.unwrap();
        assert_eq!(
            result.response().await.unwrap().text(),
            "Rain in Oslo.",
            "{api}"
        );
    }
}

#[tokio::test]
async fn what_aimock_fails_with_in_turn_is_retried() {
    let Some(url) = url(AIMOCK) else { return };
    let policy = policy();
    for mode in ["whole", "streamed"] {
        for (api, client) in of_aimock(&url, mode) {
            let request = ask("be busy");
            let answer = retry(&policy, || async {
                match mode {
                    "whole" => client.complete(request.clone()).await,
                    _ => streamed(&client, request.clone()).await,
                }
            });
            assert_eq!(answer.await.unwrap().text(), "At last.", "{api} {mode}");
        }
    }
}

/// Tells the server what to do with the next requests.
async fn behave(url: &str, behaviors: Value) {
    let body = json!({ "behaviors": behaviors }).to_string();
    let json = attractor_llm::provider::http::HttpHeader::new("content-type", "application/json");
    let request = HttpRequest::json(format!("{url}/_llmock/scenario"), vec![json], body);
    let reply = HttpTransport::default().post(request).await.unwrap();
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn each_fault_of_llmock_is_an_error_that_says_whether_to_retry() {
    let Some(url) = url(LLMOCK) else { return };
    let policy = policy();
    for (api, client) in of_llmock(&url) {
        for kind in ["disconnect", "truncate", "malformed"] {
            let fault = json!({"type": "stream_fault", "kind": kind, "after_chunks": 2});
            behave(&url, json!([fault])).await;
            let request = ask(&format!(
                "a long story of a {kind} over {api}, with many words"
            ));
            let errors = Mutex::new(Vec::new());
            let answer = retry(&policy, || async {
                let answer = streamed(&client, request.clone()).await;
                let keep = |error: &Error| errors.lock().unwrap().push(error.kind());
                answer.inspect_err(keep)
            });
            assert!(!answer.await.unwrap().text().is_empty(), "{api} {kind}");
            assert_eq!(*errors.lock().unwrap(), [ErrorKind::Stream], "{api} {kind}");
        }
        behave(
            &url,
            json!([{"type": "fail", "status": 429, "retry_after": 0.3, "times": 2}]),
        )
        .await;
        let request = ask(&format!("slowly over {api}"));
        let answer = retry(&policy, || client.complete(request.clone())).await;
        assert!(!answer.unwrap().text().is_empty(), "{api}");
        behave(&url, json!([{"type": "fail", "status": 400}])).await;
        let wrong = ask(&format!("wrongly over {api}"));
        let error = retry(&policy, || client.complete(wrong.clone()))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{api}: {error}");
    }
}

#[tokio::test]
async fn the_tools_that_llmock_calls_are_executed() {
    let Some(url) = url(LLMOCK) else { return };
    for (api, client) in of_llmock(&url) {
        let prompt = format!("What's the weather, asked over {api}?");
        let result = generate("model")
            .client(&client)
            .prompt(prompt)
            .tool(weather())
            .await;
        let result = result.unwrap();
        assert_eq!(result.steps.len(), 2, "{api}");
        assert!(!result.text.is_empty(), "{api}");
    }
}

#[tokio::test]
async fn chaos_is_survived() {
    let Some(url) = url(CHAOS) else { return };
    let policy = policy();
    for (api, client) in of_llmock(&url) {
        for number in 0..QUESTIONS {
            let question = format!("question {number} to {api}");
            // Its echo has many events, so that none of the first ones is the last.
            let request = ask(&format!(
                "{question}, which goes on and on with many more words"
            ));
            let answer = retry(&policy, || async {
                match number % 2 {
                    0 => client.complete(request.clone()).await,
                    _ => streamed(&client, request.clone()).await,
                }
            });
            let text = answer.await.unwrap().text();
            assert!(text.contains(&question), "{text}");
        }
    }
}
