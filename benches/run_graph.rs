//! What the engine costs per node: chains of nodes that do nothing, in memory and on disk.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attractor_core::{Engine, Pipeline, RunOptions, RunStatus};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};

/// A chain of as many nodes, start and exit included.
fn chain(engine: &Engine, nodes: usize) -> Pipeline {
    let mut source =
        "digraph chain { graph [max_steps=100000]\n start [shape=Mdiamond]\n".to_owned();
    let mut edges = String::from("start");
    for number in 2..nodes {
        writeln!(source, "n{number} [type=noop, prompt=\"Nothing\"]").unwrap();
        write!(edges, " -> n{number}").unwrap();
    }
    writeln!(source, "exit [shape=Msquare]\n {edges} -> exit }}").unwrap();
    engine.prepare(&source).unwrap()
}

async fn run(engine: &Engine, pipeline: &Pipeline, options: RunOptions) {
    let report = engine
        .start(pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap();
    assert_eq!(report.status, RunStatus::Success);
    black_box(report);
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// Time for as many runs, each in a directory of its own, which is removed off the clock.
async fn on_disk(engine: &Engine, pipeline: &Pipeline, iterations: u64) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..iterations {
        let root = tempfile::tempdir().unwrap();
        let began = Instant::now();
        run(engine, pipeline, RunOptions::new(root.path().join("run"))).await;
        total += began.elapsed();
    }
    total
}

fn run_graph(criterion: &mut Criterion) {
    let engine = |keeps_files| {
        let handler = Arc::new(NoOp { keeps_files });
        Engine::builder().handler("noop", handler).build()
    };
    let (engine, lean) = (engine(true), engine(false));
    let runtime = runtime();
    let mut group = criterion.benchmark_group("run_graph");
    group.sample_size(10);
    for nodes in [100, 1_000, 20_000] {
        let pipeline = chain(&engine, nodes);
        group.throughput(Throughput::Elements(nodes as u64));
        group.bench_with_input(
            BenchmarkId::new("memory", nodes),
            &pipeline,
            |bench, pipeline| {
                // On a worker, as in a service: polling from `block_on` is slower.
                bench
                    .to_async(&runtime)
                    .iter(|| run(&engine, pipeline, RunOptions::in_memory()));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("disk", nodes),
            &pipeline,
            |bench, pipeline| {
                bench
                    .to_async(&runtime)
                    .iter_custom(|iterations| on_disk(&engine, pipeline, iterations));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("disk_without_stage_files", nodes),
            &pipeline,
            |bench, pipeline| {
                bench
                    .to_async(&runtime)
                    .iter_custom(|iterations| on_disk(&lean, pipeline, iterations));
            },
        );
    }
    group.finish();
}

/// Does nothing.
#[derive(Debug)]
struct NoOp {
    keeps_files: bool,
}

#[async_trait::async_trait]
impl attractor_core::Handler for NoOp {
    async fn execute(
        &self,
        _stage: &attractor_core::StageContext,
    ) -> Result<attractor_core::Outcome, attractor_core::Error> {
        Ok(attractor_core::Outcome::success())
    }

    fn keeps_files(&self) -> bool {
        self.keeps_files
    }
}

criterion_group!(benches, run_graph);
criterion_main!(benches);
