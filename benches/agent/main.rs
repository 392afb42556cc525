//! What a session costs beside its model and its tools: time per turn, early and late in a
//! conversation, and memory.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

mod memory;
mod model;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use attractor_agent::Session;
use criterion::{BenchmarkId, Criterion, criterion_group};

/// How long a turn takes: an answer with a call, its result, and the answer to that, halved.
async fn turns(session: &Session, rounds: &AtomicUsize, times: u64) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..times {
        let mut fork = session.fork_at(session.history().len()).unwrap();
        // What is done once for a session isn't counted.
        fork.submit("Begin.").await.unwrap();
        rounds.store(1, Ordering::Relaxed);
        let began = Instant::now();
        fork.submit("Go on.").await.unwrap();
        total += began.elapsed() / 2;
    }
    total
}

fn agent_turn(criterion: &mut Criterion) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("agent_turn");
    group.sample_size(20);
    let late = if is_trial() { 100 } else { 2_000 };
    for at in [10, late] {
        let prepared = runtime
            .block_on(runtime.spawn(model::session_at(at)))
            .unwrap();
        let prepared = Arc::new(prepared);
        group.bench_function(BenchmarkId::from_parameter(at), |bench| {
            bench.iter_custom(|iterations| {
                let prepared = Arc::clone(&prepared);
                // On a worker, as in a service.
                let work = async move { turns(&prepared.0, &prepared.1, iterations).await };
                runtime.block_on(runtime.spawn(work)).unwrap()
            });
        });
    }
    group.finish();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// Whether this is only to see that the benchmark works, as Criterion tells it.
fn is_trial() -> bool {
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    has("--test") || !has("--bench")
}

criterion_group!(benches, agent_turn);

fn main() {
    if memory::is_asked() {
        return memory::answer(&runtime());
    }
    match is_trial() {
        true => memory::report(80, false),
        false => memory::report(4_000, true),
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
