//! What `apply_patch` takes for a hunk, and how that grows with the hunks and with the lines of the file:
//! a file like a lock file, in which every line but one of a block occurs in many blocks.
//!
//! - `unique`: hunks with the line that no other block has.
//! - `header`: hunks with repeated lines only, under an `@@` line.
//! - `blanks`: as `unique`, with other blanks than the file.
//!
//! The time of a call is divided by its hunks (criterion's `thrpt`).

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::{fmt::Write as _, hint::black_box, sync::Arc};

use attractor_agent::{ApplyPatchTool, LocalEnvironment, Tool as _, ToolContext};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Builder;

const LINES: [usize; 2] = [10_000, 100_000];
const HUNKS: [usize; 3] = [10, 100, 1_000];
const BLOCK: usize = 5;

fn content(lines: usize) -> String {
    let mut text = String::new();
    for block in 0..lines / BLOCK {
        let version = block % 50;
        let _ = writeln!(
            text,
            "package{block}:\n  sum: {block}\n  version: {version}\n  kind: a\n"
        );
    }
    text
}

fn patch(kind: &str, lines: usize, hunks: usize) -> String {
    let mut text = "*** Begin Patch\n*** Update File: lock\n".to_owned();
    let blocks = lines / BLOCK;
    for block in (0..hunks).map(|hunk| hunk * blocks / hunks) {
        let version = block % 50;
        let context = match kind {
            "header" => format!("@@ package{block}:\n"),
            "blanks" => format!("@@\n   sum:  {block}\n"),
            _ => format!("@@\n   sum: {block}\n"),
        };
        let _ = writeln!(
            text,
            "{context}-  version: {version}\n+  version: new\n   kind: a"
        );
    }
    text + "*** End Patch"
}

fn patches(criterion: &mut Criterion) {
    let directory = TempDir::new().unwrap();
    let environment = Arc::new(LocalEnvironment::new(directory.path()).unwrap());
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    for kind in ["unique", "header", "blanks"] {
        let mut group = criterion.benchmark_group(format!("patch/{kind}"));
        group.sample_size(10);
        for (lines, hunks) in LINES
            .into_iter()
            .flat_map(|lines| HUNKS.map(|hunks| (lines, hunks)))
        {
            let before = content(lines);
            let input = json!({ "patch": patch(kind, lines, hunks) });
            let context = ToolContext::new(environment.clone());
            group.throughput(Throughput::Elements(hunks as u64));
            group.bench_function(
                BenchmarkId::new(format!("{lines} lines"), hunks),
                |bencher| {
                    bencher.iter_batched(
                        || std::fs::write(directory.path().join("lock"), &before).unwrap(),
                        |()| {
                            let done =
                                runtime.block_on(ApplyPatchTool.execute(input.clone(), &context));
                            assert!(done.is_ok(), "{done:?}");
                            black_box(done)
                        },
                        BatchSize::PerIteration,
                    );
                },
            );
        }
        group.finish();
    }
}

criterion_group!(benches, patches);
criterion_main!(benches);
