//! What the engine costs per node: chains of nodes that do nothing, in memory and on disk; and what
//! it costs to read such a run back.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attractor_core::{Engine, Pipeline, ResumeOptions, RunDirectory, RunOptions, RunStatus};
use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
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

/// Time for as many runs, each in a directory of its own below `root`. They stay until all have
/// been measured: for minutes ext4 doesn't use the inode of a removed file again, and looking for
/// one that it may use costs more than the run.
async fn on_disk(engine: &Engine, pipeline: &Pipeline, root: &Path, iterations: u64) -> Duration {
    let began = Instant::now();
    for _ in 0..iterations {
        let run_dir = tempfile::tempdir_in(root).unwrap().keep().join("run");
        run(engine, pipeline, RunOptions::new(run_dir)).await;
    }
    began.elapsed()
}

fn run_graph(criterion: &mut Criterion) {
    let engine = |keeps_files| {
        let handler = Arc::new(NoOp { keeps_files });
        Engine::builder().handler("noop", handler).build()
    };
    let (engine, lean) = (engine(true), engine(false));
    let runtime = runtime();
    let root = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("run_graph");
    // As many runs as needed, and no more: each of the longest leaves forty thousand files.
    group.sample_size(10);
    group.sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_secs(1));
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
                    .iter_custom(|iterations| on_disk(&engine, pipeline, root.path(), iterations));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("disk_without_stage_files", nodes),
            &pipeline,
            |bench, pipeline| {
                bench
                    .to_async(&runtime)
                    .iter_custom(|iterations| on_disk(&lean, pipeline, root.path(), iterations));
            },
        );
    }
    group.finish();
}

/// What it takes to read a run back and to have it ready to go on: about four events a node.
fn resume(criterion: &mut Criterion) {
    let handler = Arc::new(NoOp { keeps_files: false });
    let engine = Engine::builder().handler("noop", handler).build();
    let runtime = runtime();
    let root = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("resume");
    group.sample_size(20);
    for nodes in [250, 2_500, 25_000] {
        let directory = root.path().join(nodes.to_string());
        let pipeline = chain(&engine, nodes);
        runtime.block_on(run(&engine, &pipeline, RunOptions::new(&directory)));
        let events = RunDirectory::open(&directory)
            .unwrap()
            .entries()
            .unwrap()
            .len();
        group.throughput(Throughput::Elements(events as u64));
        group.bench_function(BenchmarkId::new("events", events), |bench| {
            bench.to_async(&runtime).iter(|| async {
                let resumed = engine.resume(&directory, ResumeOptions::new()).await;
                assert!(resumed.unwrap().state().ending().is_some());
            });
        });
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

criterion_group!(benches, run_graph, resume);
criterion_main!(benches);
