//! Events of a run: stored as a runner sends them, and read back, by the size of a batch.
//!
//! On SQLite, and on PostgreSQL if `ATTRACTOR_TEST_POSTGRES_URL` is set.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and says what it skips"
)]

use std::sync::Arc;

use attractor_server::domain::{NewEvent, Timestamp};
use attractor_server::store::{Fence, SqlStore, Store};
use attractor_server::testing::{TestDatabase, running_run};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use tokio::runtime::Runtime;

/// What the engine says of a stage: some 300 bytes.
fn event(number: i64) -> NewEvent {
    let payload = json!({
        "runId": "cmhz8w0p5000108l4f2n7c3bd",
        "nodeId": "implement",
        "payload": { "seq": number, "ts": "2026-11-23T08:00:00.000Z", "event": "stage_completed",
            "stage": { "node": "implement", "execution": 1, "attempt": 1 },
            "outcome": { "status": "success", "notes": "the tests pass", "context": {} } },
    });
    NewEvent::new(
        "EngineNodeCompleted",
        Timestamp::from_millis(number),
        payload,
    )
}

fn measure(criterion: &mut Criterion, runtime: &Runtime, database: &str, store: &SqlStore) {
    let mut group = criterion.benchmark_group(format!("events/{database}"));
    group.sample_size(10);
    for size in [1_i64, 100, 500] {
        group.throughput(Throughput::Elements(u64::try_from(size).unwrap_or(1)));
        let name = format!("batch {size}");
        let store: Arc<dyn Store> = Arc::new(store.clone());
        let run = runtime.block_on(running_run(store.clone(), &name, name.as_bytes()));
        let mut after = 0;
        group.bench_function(BenchmarkId::new("append", size), |bench| {
            bench.iter(|| {
                let batch = (after + 1..=after + size)
                    .map(|it| (event(it), 1))
                    .collect();
                let sent = store.append_from_runner(&run, Fence(1), after, batch);
                after = runtime.block_on(sent).expect("they are stored").journal_seq;
            });
        });
        let limit = u32::try_from(size).unwrap_or(1);
        let mut from = 0;
        group.bench_function(BenchmarkId::new("read", size), |bench| {
            bench.iter(|| {
                from = if from + 2 * size > after {
                    0
                } else {
                    from + size
                };
                let events = runtime.block_on(store.events(&run, from, limit));
                assert_eq!(events.expect("they are there").len(), limit as usize);
            });
        });
    }
    group.finish();
}

fn store(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut databases = vec![("sqlite", TestDatabase::sqlite().expect("a database"))];
    match std::env::var("ATTRACTOR_TEST_POSTGRES_URL") {
        Ok(server) => {
            let database = runtime.block_on(TestDatabase::postgres(&server));
            databases.push(("postgresql", database.expect("a database")));
        }
        Err(_) => println!("SKIPPED: PostgreSQL, as ATTRACTOR_TEST_POSTGRES_URL isn't set"),
    }
    for (name, database) in databases {
        let store = runtime.block_on(database.open()).expect("the store opens");
        measure(criterion, &runtime, name, &store);
        runtime.block_on(database.remove()).expect("it goes away");
    }
}

criterion_group!(benches, store);
criterion_main!(benches);
