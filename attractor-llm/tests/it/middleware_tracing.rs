//! Spans and metrics, seen through the SDK's exporters in memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::OnceLock;

use attractor_llm::testing::{Script, ScriptedProvider, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, Client, ImageData, Message, Request, ResponseCache, ResponseFormat, Tool,
    ToolDefinition, Tracing, generate,
};
use futures::StreamExt as _;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, HistogramDataPoint, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use serde_json::{Value, json};

struct Telemetry {
    spans: InMemorySpanExporter,
    metrics: InMemoryMetricExporter,
    meters: SdkMeterProvider,
}

/// The providers are the process's: tests that share one tell their spans by the model's name.
fn telemetry() -> &'static Telemetry {
    static TELEMETRY: OnceLock<Telemetry> = OnceLock::new();
    TELEMETRY.get_or_init(|| {
        let spans = InMemorySpanExporter::default();
        let metrics = InMemoryMetricExporter::default();
        let tracers = SdkTracerProvider::builder().with_simple_exporter(spans.clone());
        let meters = SdkMeterProvider::builder()
            .with_periodic_exporter(metrics.clone())
            .build();
        global::set_tracer_provider(tracers.build());
        global::set_meter_provider(meters.clone());
        Telemetry {
            spans,
            metrics,
            meters,
        }
    })
}

fn client(turn: Turn, tracing: Tracing) -> Client {
    telemetry();
    let model = ScriptedProvider::new(Script::new().turn(turn.repeat()));
    let builder = Client::builder().provider(model).middleware(tracing);
    builder.build().unwrap()
}

fn ask(model: &str) -> Request {
    Request::new(
        model,
        vec![
            Message::system("Be brief."),
            Message::user("secret question"),
        ],
    )
}

/// The only span of that name.
fn span(name: &str) -> SpanData {
    let spans = telemetry().spans.get_finished_spans().unwrap();
    let mut found = spans.into_iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no span {name}"));
    assert!(found.next().is_none(), "two spans {name}");
    span
}

fn attributes(span: &SpanData) -> Value {
    let pairs = span.attributes.iter().map(|it| {
        let value = match &it.value {
            opentelemetry::Value::Bool(it) => json!(it),
            opentelemetry::Value::I64(it) => json!(it),
            opentelemetry::Value::F64(it) => json!(it),
            opentelemetry::Value::Array(opentelemetry::Array::String(texts)) => texts
                .iter()
                .map(opentelemetry::StringValue::as_str)
                .collect(),
            other => json!(other.as_str()),
        };
        (it.key.to_string(), value)
    });
    Value::Object(pairs.collect())
}

/// The bounds, the sum and the attributes of a point.
type Point = (Vec<f64>, f64, Vec<(String, String)>);

/// The points of a metric for a model.
fn points(metric: &str, model: &str) -> Vec<Point> {
    let telemetry = telemetry();
    telemetry.meters.force_flush().unwrap();
    let collected = telemetry.metrics.get_finished_metrics().unwrap();
    let last = collected.last().unwrap();
    let metrics = last.scope_metrics().flat_map(|scope| scope.metrics());
    let mut points = Vec::new();
    for found in metrics.filter(|it| it.name() == metric) {
        match found.data() {
            AggregatedMetrics::F64(MetricData::Histogram(it)) => {
                points.extend(
                    it.data_points()
                        .map(|point| (point.bounds().collect(), point.sum(), tags(point))),
                );
            }
            AggregatedMetrics::U64(MetricData::Histogram(it)) => {
                #[expect(clippy::cast_precision_loss, reason = "counts of a test are small")]
                points.extend(
                    it.data_points()
                        .map(|point| (point.bounds().collect(), point.sum() as f64, tags(point))),
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let of_model = ("gen_ai.request.model".to_owned(), model.to_owned());
    points.retain(|(_, _, tags)| tags.contains(&of_model));
    points
}

fn tags<T>(point: &HistogramDataPoint<T>) -> Vec<(String, String)> {
    let tags = point.attributes();
    let mut tags: Vec<_> = tags
        .map(|it| (it.key.to_string(), it.value.to_string()))
        .collect();
    tags.sort();
    tags
}

#[tokio::test]
async fn a_call_is_a_client_span_with_what_the_conventions_ask_for() {
    let turn = Turn::text("secret answer")
        .usage(10, 5)
        .cache_usage(90, 3)
        .reasoning_usage(2);
    let client = client(turn, Tracing::new());
    let request = ask("whole")
        .max_tokens(99)
        .temperature(0.5)
        .top_p(0.9)
        .stop_sequences(vec!["END".to_owned()])
        .response_format(ResponseFormat::Json);
    let answer = client.complete(request).await.unwrap();

    let span = span("chat whole");
    assert_eq!(
        (span.span_kind.clone(), span.status.clone()),
        (SpanKind::Client, Status::Unset)
    );
    let expected = json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": "whole",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.output.type": "json",
        "gen_ai.response.id": answer.id,
        "gen_ai.response.model": "whole",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 103,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 90,
        "gen_ai.usage.cache_creation.input_tokens": 3,
        "gen_ai.usage.reasoning.output_tokens": 2,
    });
    assert_eq!(attributes(&span), expected);
    assert!(!format!("{span:?}").contains("secret"));
    assert_eq!(span.instrumentation_scope.name(), "attractor-llm");
    let schema = span.instrumentation_scope.schema_url().unwrap();
    assert!(schema.ends_with(Tracing::VERSION), "{schema}");
}

#[tokio::test]
async fn calls_are_counted_in_the_prescribed_buckets() {
    let client = client(Turn::text("hi").usage(10, 5), Tracing::new());
    client.complete(ask("counted")).await.unwrap();
    client.complete(ask("counted")).await.unwrap();

    let tokens = points("gen_ai.client.token.usage", "counted");
    let sums: Vec<_> = tokens
        .iter()
        .map(|(_, sum, tags)| {
            let (_, kind) = tags
                .iter()
                .find(|(key, _)| key == "gen_ai.token.type")
                .unwrap();
            (kind.as_str(), *sum)
        })
        .collect();
    assert!(
        sums.contains(&("input", 20.0)) && sums.contains(&("output", 10.0)),
        "{sums:?}"
    );
    assert_eq!(tokens[0].0[..4], [1.0, 4.0, 16.0, 64.0]);
    assert_eq!(tokens[0].0.len(), 14);

    let durations = points("gen_ai.client.operation.duration", "counted");
    assert_eq!(durations.len(), 1);
    assert_eq!((durations[0].0[0], durations[0].0[13]), (0.01, 81.92));
    let keys: Vec<_> = durations[0].2.iter().map(|(key, _)| key.as_str()).collect();
    let expected = [
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.response.model",
    ];
    assert_eq!(keys, expected);
    assert!(points("gen_ai.client.operation.time_to_first_chunk", "counted").is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_span_of_a_stream_ends_with_the_stream() {
    let client = client(
        Turn::text("hi")
            .delay_ms(300)
            .event_delay_ms(100)
            .usage(10, 5),
        Tracing::new(),
    );
    let mut events = client.stream(ask("streamed")).await.unwrap();
    events.next().await.unwrap().unwrap();
    let finished = telemetry().spans.get_finished_spans().unwrap();
    assert!(finished.iter().all(|span| span.name != "chat streamed"));
    while let Some(event) = events.next().await {
        event.unwrap();
    }
    let attributes = attributes(&span("chat streamed"));
    assert_eq!(attributes["gen_ai.request.stream"], true);
    assert_eq!(attributes["gen_ai.usage.output_tokens"], 5);
    assert_eq!(attributes["gen_ai.response.time_to_first_chunk"], 0.3);
    let first = points("gen_ai.client.operation.time_to_first_chunk", "streamed");
    assert_eq!(first[0].1, 0.3);
    let whole = points("gen_ai.client.operation.duration", "streamed");
    assert!(whole[0].1 > 0.6, "{whole:?}");
}

#[tokio::test]
async fn a_failure_is_told_by_its_kind() {
    let before = client(Turn::api_error(429, "secret"), Tracing::new());
    assert!(before.complete(ask("refused")).await.is_err());
    let within = client(
        Turn::text("hi").then_stream_error("overloaded_error", "secret"),
        Tracing::new(),
    );
    let events = within.stream(ask("broken")).await.unwrap();
    assert!(events.collect::<Vec<_>>().await.last().unwrap().is_err());
    for (name, kind) in [("refused", "rate_limit"), ("broken", "server")] {
        let span = span(&format!("chat {name}"));
        assert_eq!(attributes(&span)["error.type"], kind);
        assert_eq!(span.status, Status::error(kind));
        let durations = points("gen_ai.client.operation.duration", name);
        let error = ("error.type".to_owned(), kind.to_owned());
        assert!(durations[0].2.contains(&error), "{durations:?}");
    }
}

#[tokio::test]
async fn what_is_dropped_early_is_cancelled() {
    let silent = client(Turn::silence(), Tracing::new());
    let mut call = Box::pin(silent.complete(ask("abandoned")));
    assert!(futures::poll!(&mut call).is_pending());
    drop(call);
    let streams = client(Turn::text("hi"), Tracing::new());
    let mut events = streams.stream(ask("left")).await.unwrap();
    events.next().await;
    drop(events);
    for name in ["chat abandoned", "chat left"] {
        assert_eq!(attributes(&span(name))["error.type"], "cancelled");
    }
}

#[tokio::test]
async fn content_is_recorded_only_when_asked_and_media_by_size() {
    let turn = Turn::thinking("hm", "c2ln")
        .and_text("an answer")
        .and_tool_call("list", json!({"n": 1}));
    let client = client(turn, Tracing::new().record_content());
    let mut request = ask("told");
    let picture = ImageData::from_bytes(vec![0; 1_000], "image/png");
    request.messages[1]
        .content
        .push(attractor_llm::ContentPart::Image(picture));
    request
        .messages
        .push(Message::assistant("x".repeat(100_000)));
    request
        .messages
        .push(Message::tool_result("c1", json!({"ok": true}), false));
    let tool = ToolDefinition::new("list", "Lists", json!({"type": "object"})).unwrap();
    client.complete(request.tools(vec![tool])).await.unwrap();

    let attributes = attributes(&span("chat told"));
    let parsed =
        |name: &str| -> Value { serde_json::from_str(attributes[name].as_str().unwrap()).unwrap() };
    assert_eq!(
        parsed("gen_ai.system_instructions"),
        json!([{"type": "text", "content": "Be brief."}])
    );
    let input = parsed("gen_ai.input.messages");
    let user =
        json!([{"type": "text", "content": "secret question"}, {"type": "image", "bytes": 1_000}]);
    assert_eq!(
        (&input[0]["role"], &input[0]["parts"]),
        (&json!("user"), &user)
    );
    assert_eq!(
        input[1]["parts"][0]["content"].as_str().unwrap().len(),
        32_768
    );
    let result = json!({"type": "tool_call_response", "id": "c1", "response": {"ok": true}});
    assert_eq!(
        (&input[2]["role"], &input[2]["parts"][0]),
        (&json!("tool"), &result)
    );
    let output = parsed("gen_ai.output.messages");
    assert_eq!(output[0]["finish_reason"], "tool_call");
    assert_eq!(
        output[0]["parts"][0],
        json!({"type": "reasoning", "content": "hm"})
    );
    assert_eq!(output[0]["parts"][2]["arguments"], json!({"n": 1}));
    assert_eq!(parsed("gen_ai.tool.definitions")[0]["name"], "list");
}

#[tokio::test]
async fn a_call_is_a_child_of_the_span_around_it_and_names_its_server() {
    telemetry();
    let server = ScriptedServer::start(Script::new().turn(Turn::text("hi")))
        .await
        .unwrap();
    let adapter = AnthropicAdapter::builder("sk-secret")
        .base_url(server.base_url())
        .build()
        .unwrap();
    let builder = Client::builder()
        .provider(adapter)
        .middleware(Tracing::new());
    let client = builder.build().unwrap();

    let outer = global::tracer("test").start("outer");
    let context = Context::current_with_span(outer);
    let call = client.complete(ask("nested"));
    opentelemetry::trace::FutureExt::with_context(call, context.clone())
        .await
        .unwrap();
    let span = span("chat nested");
    assert_eq!(span.parent_span_id, context.span().span_context().span_id());
    let attributes = attributes(&span);
    assert_eq!(attributes["server.address"], "127.0.0.1");
    assert!(
        server
            .base_url()
            .ends_with(&format!(":{}", attributes["server.port"]))
    );
    assert!(!format!("{span:?}").contains("sk-secret"));
    server.shutdown().await;
}

#[tokio::test]
async fn tokens_that_the_cache_saved_are_not_counted() {
    telemetry();
    let model = ScriptedProvider::new(Script::new().turn(Turn::text("hi").usage(10, 5)));
    let builder = Client::builder()
        .provider(model)
        .middleware(Tracing::new())
        .middleware(ResponseCache::in_memory());
    let client = builder.build().unwrap();
    for _ in 0..2 {
        client.complete(ask("saved")).await.unwrap();
    }
    let tokens = points("gen_ai.client.token.usage", "saved");
    let total: f64 = tokens.iter().map(|(_, sum, _)| sum).sum();
    assert_eq!(total, 15.0);
}

#[tokio::test]
async fn each_tool_that_is_executed_is_a_span() {
    telemetry();
    let script = Script::new()
        .turn(
            Turn::tool_call("look_up", json!({"word": "secret"}))
                .and_tool_call("break_down", json!({})),
        )
        .turn(Turn::text("done"));
    let model = ScriptedProvider::new(script);
    let builder = Client::builder().provider(model).middleware(Tracing::new());
    let client = builder.build().unwrap();
    let schema = || json!({"type": "object"});
    let parents = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&parents);
    let look_up = Tool::new("look_up", "", schema(), move |_, _| {
        let inside = Context::current().span().span_context().span_id();
        seen.lock().unwrap().push(inside);
        async { "secret" }
    });
    let break_down = Tool::new("break_down", "", schema(), |_, _| async {
        Err::<String, _>(attractor_llm::ToolError::from("broken"))
    });
    generate("tools")
        .client(&client)
        .prompt("go")
        .tools([look_up.unwrap(), break_down.unwrap()])
        .await
        .unwrap();

    let good = span("execute_tool look_up");
    assert_eq!(
        (good.span_kind.clone(), good.status.clone()),
        (SpanKind::Internal, Status::Unset)
    );
    assert_eq!(*parents.lock().unwrap(), [good.span_context.span_id()]);
    let id = attributes(&good)["gen_ai.tool.call.id"].clone();
    let expected = json!({
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look_up",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": id,
    });
    assert_eq!(attributes(&good), expected);
    assert_eq!(
        attributes(&span("execute_tool break_down"))["error.type"],
        "tool_error"
    );
}
