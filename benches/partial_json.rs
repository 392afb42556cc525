//! JSON that arrives in deltas of 20 bytes, as the arguments of a tool call do.
//!
//! The figure to watch is the throughput: it must not fall with the length of the text.

use std::hint::black_box;

use attractor_llm::PartialJson;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};

const DELTA_BYTES: usize = 20;

/// A list of edits of about `bytes` bytes, or one long string.
fn text(bytes: usize, one_string: bool) -> String {
    if one_string {
        return json!({"content": "let value = \"x\";\n".repeat(bytes / 20)}).to_string();
    }
    let edit = |n| json!({"line": n, "text": "let value = compute(input)?;", "keep": true});
    let edits: Vec<Value> = (0..bytes / 64).map(edit).collect();
    json!({"path": "src/main.rs", "edits": edits}).to_string()
}

fn partial_json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("partial_json");
    group.sample_size(30);
    for (shape, one_string) in [("edits", false), ("string", true)] {
        for bytes in [2_000, 20_000, 200_000] {
            let text = text(bytes, one_string);
            let deltas: Vec<&str> = text
                .as_bytes()
                .chunks(DELTA_BYTES)
                .filter_map(|delta| std::str::from_utf8(delta).ok())
                .collect();
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

criterion_group!(benches, partial_json);
criterion_main!(benches);
