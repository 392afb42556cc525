//! JSON that arrives in deltas of 20 bytes, as the arguments of a tool call do.
//!
//! The figure to watch is the throughput: it must not fall with the length of the text. The parser is
//! measured alone, and all of `stream_object`, from the bytes of a reply to the checked object.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::sync::Arc;

use attractor_llm::provider::http::{Headers, HttpReply, HttpRequest, Transport};
use attractor_llm::{
    Client, Error, OpenAiCompatibleAdapter, PartialJson, async_trait, stream_object_with_schema,
};
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::runtime::Builder;

const DELTA_BYTES: usize = 20;

const BYTES: [usize; 3] = [2_000, 20_000, 200_000];

/// A list of edits of about `bytes` bytes, or one long string.
fn text(bytes: usize, one_string: bool) -> String {
    if one_string {
        return json!({"content": "let value = \"x\";\n".repeat(bytes / 20)}).to_string();
    }
    let edit = |n| json!({"line": n, "text": "let value = compute(input)?;", "keep": true});
    let edits: Vec<Value> = (0..bytes / 64).map(edit).collect();
    json!({"path": "src/main.rs", "edits": edits}).to_string()
}

fn deltas(text: &str) -> impl Iterator<Item = &str> {
    let deltas = text.as_bytes().chunks(DELTA_BYTES);
    deltas.map(|delta| std::str::from_utf8(delta).unwrap())
}

fn partial_json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("partial_json");
    group.sample_size(30);
    for (shape, one_string) in [("edits", false), ("string", true)] {
        for bytes in BYTES {
            let text = text(bytes, one_string);
            let deltas: Vec<&str> = deltas(&text).collect();
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function(BenchmarkId::new(shape, bytes), |bencher| {
                bencher.iter(|| {
                    let mut partial = PartialJson::new();
                    for delta in &deltas {
                        partial.push(black_box(delta));
                        black_box(partial.value());
                    }
                    partial.is_complete()
                });
            });
        }
    }
    group.finish();
}

/// Gives every request the same reply, each event as a piece of its own.
#[derive(Debug)]
struct Prepared(Vec<Bytes>);

impl Prepared {
    fn new(text: &str) -> Self {
        let event = |delta: Value, reason: Option<&str>| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
            let chunk = json!({"id": "c", "object": "chat.completion.chunk", "choices": [choice]});
            Bytes::from(format!("data: {chunk}\n\n"))
        };
        let mut events: Vec<Bytes> = deltas(text)
            .map(|delta| event(json!({"content": delta}), None))
            .collect();
        events.push(event(json!({}), Some("stop")));
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        Self(events)
    }
}

#[async_trait]
impl Transport for Prepared {
    async fn post(&self, _: HttpRequest) -> Result<HttpReply, Error> {
        let headers: Headers = [("content-type", "text/event-stream")]
            .into_iter()
            .collect();
        let events = stream::iter(self.0.clone()).map(Ok).boxed();
        Ok(HttpReply::new(200, headers, events))
    }
}

fn stream_object(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let mut group = criterion.benchmark_group("stream_object");
    group.sample_size(20);
    for bytes in BYTES {
        let text = text(bytes, false);
        let adapter = OpenAiCompatibleAdapter::builder("bench", "http://127.0.0.1:1/v1")
            .transport(Arc::new(Prepared::new(&text)))
            .build()
            .unwrap();
        let client = Client::builder().provider(adapter).build().unwrap();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("edits", bytes), |bencher| {
            bencher.to_async(&runtime).iter(|| object(client.clone()));
        });
    }
    group.finish();
}

async fn object(client: Client) -> Value {
    let call = stream_object_with_schema("bench", json!({"type": "object"})).prompt("Edit.");
    let mut object = call.client(&client).await.unwrap();
    while let Some(partial) = object.next().await {
        black_box(partial.unwrap());
    }
    object.object().await.unwrap()
}

criterion_group!(benches, partial_json, stream_object);
criterion_main!(benches);
