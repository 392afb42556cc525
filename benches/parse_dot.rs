//! Parsing, lowering and validating a pipeline of 100, 1,000 and 10,000 nodes.
//!
//! The figure to watch is the time per node: it must not grow with the number of nodes. Freeing
//! what was built isn't counted.

use std::fmt::Write;
use std::hint::black_box;

use attractor_core::{Graph, dot, validate};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A pipeline of stages that are tested each, with a way back where the test fails.
fn pipeline(nodes: usize) -> String {
    let mut text = String::from(
        "digraph bench {\n    graph [goal=\"Measure\"]\n    node [shape=box, timeout=\"900s\"]\n    \
         start [shape=Mdiamond]\n    exit [shape=Msquare]\n",
    );
    // Writing into a `String` can't fail.
    for n in 0..nodes.saturating_sub(2) {
        let _ = writeln!(
            text,
            "    stage_{n} [label=\"Stage {n}\", prompt=\"Implement part {n} of $goal.\\nKeep the \
             tests green.\", class=\"code,part\", max_retries=2]"
        );
    }
    text.push_str("    start -> stage_0\n");
    for n in 0..nodes.saturating_sub(3) {
        let (next, back) = (n + 1, n.saturating_sub(n % 10));
        let _ = writeln!(
            text,
            "    stage_{n} -> stage_{next} [label=\"ok\", condition=\"outcome=success\"]\n    \
             stage_{n} -> stage_{back} [label=\"again\", condition=\"outcome!=success\"]"
        );
    }
    let _ = writeln!(text, "    stage_{} -> exit\n}}", nodes.saturating_sub(3));
    text
}

fn parse_dot(criterion: &mut Criterion) {
    for nodes in [100, 1_000, 10_000] {
        let source = pipeline(nodes);
        let mut group = criterion.benchmark_group("parse_dot");
        group.sample_size(if nodes > 1_000 { 20 } else { 50 });
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function(BenchmarkId::new("parse", nodes), |bencher| {
            bencher.iter_with_large_drop(|| dot::parse(black_box(&source)));
        });
        group.throughput(Throughput::Elements(nodes as u64));
        group.bench_function(BenchmarkId::new("parse_lower", nodes), |bencher| {
            bencher.iter_with_large_drop(|| Graph::parse(black_box(&source)));
        });
        group.bench_function(BenchmarkId::new("parse_lower_validate", nodes), |bencher| {
            bencher.iter_with_large_drop(|| {
                let (graph, _) = Graph::parse(black_box(&source)).ok()?;
                let diagnostics = validate(&graph, &[]);
                Some((graph, diagnostics))
            });
        });
        group.finish();
    }
}

criterion_group!(benches, parse_dot);
criterion_main!(benches);
