//! Large runs, kept on disk, in a process of their own whose peak of memory is looked at.

#![expect(clippy::print_stdout, reason = "figures, and what is skipped")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use attractor_core::testing::Script;
use attractor_core::{Error, Handler, Outcome, RunOptions, RunStatus, StageContext, async_trait};

use crate::support::{digraph, quick_directory, scripted};

/// The variables by which a test process becomes the child that runs a pipeline.
const SHAPE: &str = "ATTRACTOR_TEST_SHAPE";
const SIZE: &str = "ATTRACTOR_TEST_SIZE";

/// A pipeline of a shape and a size.
fn source(shape: &str, size: usize) -> String {
    let ids: Vec<String> = (0..size).map(|number| format!("n{number}")).collect();
    let (list, path) = (ids.join("; "), ids.join(" -> "));
    let limit = format!("graph [max_steps={}]\n", size * 3 + 10);
    let statements = match shape {
        "chain" => format!("node [shape=diamond]\n {list}\n start -> {path} -> exit"),
        "loop" => format!(
            "turn [type=turnstile, x_turns={size}]; back [shape=diamond]
             start -> turn; turn -> exit [label=done]; turn -> back [label=again]; back -> turn"
        ),
        "branches" => {
            let fan = ids.iter().map(|id| format!("fan -> {id} -> join\n"));
            let fan: String = fan.collect();
            format!(
                "fan [shape=component, max_parallel=200]; join [shape=tripleoctagon]
                 node [prompt=Work]\n {list}\n start -> fan\n {fan} join -> exit"
            )
        }
        _ => panic!("no such shape: {shape}"),
    };
    digraph(&(limit + &statements))
}

/// Lets a run pass after a number of turns.
#[derive(Debug)]
struct Turnstile;

#[async_trait]
impl Handler for Turnstile {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let turns = stage
            .node()
            .attr("x_turns")
            .and_then(|value| value.as_i64());
        let done = i64::from(stage.visit()) >= turns.unwrap_or(1);
        let label = if done { "done" } else { "again" };
        Ok(Outcome::success().with_preferred_label(label))
    }
}

async fn run_and_report(shape: &str, size: usize) {
    let root = quick_directory();
    let builder = scripted(Script::new()).0;
    let engine = builder.handler("turnstile", Arc::new(Turnstile)).build();
    let pipeline = engine.prepare(&source(shape, size)).unwrap();
    let options = RunOptions::new(root.path().join("run"));
    let run = engine.start(&pipeline, options).await.unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    println!("stages {}", report.completed_nodes.len());
    println!("peak_kb {}", peak_kb().unwrap_or_default());
}

/// The most memory that this process has had.
fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[tokio::test]
async fn as_a_child_it_runs_what_it_is_told() {
    let (Ok(shape), Ok(size)) = (std::env::var(SHAPE), std::env::var(SIZE)) else {
        println!("SKIPPED: only has something to do as a child of the tests below");
        return;
    };
    run_and_report(&shape, size.parse().unwrap()).await;
}

/// The stages and the peak of memory, in KiB, of a run in a process of its own.
fn measure(shape: &str, size: usize) -> (u64, u64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "scale::as_a_child_it_runs_what_it_is_told",
            "--nocapture",
        ])
        .env(SHAPE, shape)
        .env(SIZE, size.to_string())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let number = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{text}"))
            .trim()
            .parse()
            .unwrap()
    };
    let (stages, peak) = (number("stages "), number("peak_kb "));
    println!("{shape} of {size}: {stages} stages, at most {peak} KiB");
    (stages, peak)
}

/// What memory grows by from a small run to a large one; nothing where it can't be measured.
fn growth(shape: &str, small: usize, large: usize) -> u64 {
    let (_, before) = measure(shape, small);
    let (stages, after) = measure(shape, large);
    assert!(stages >= large as u64);
    if !Path::new("/proc/self/status").exists() {
        println!("SKIPPED: memory is measured on Linux only");
    }
    after.saturating_sub(before)
}

#[test]
fn a_loop_of_ten_thousand_visits_needs_no_more_memory_than_a_short_one() {
    let grown = growth("loop", 1_000, 10_000);
    assert!(grown < 4 * 1024, "{grown} KiB more for 9,000 turns");
}

#[test]
fn a_chain_of_twenty_thousand_nodes_costs_its_nodes_and_nothing_else() {
    let grown = growth("chain", 2_000, 20_000);
    // A node in the graph, in the list of what is done, and among the outcomes.
    assert!(grown < 18_000 * 4, "{grown} KiB more for 18,000 nodes");
}

#[test]
fn two_hundred_branches_at_once_stay_small() {
    let grown = growth("branches", 2, 200);
    assert!(grown < 32 * 1024, "{grown} KiB more for 198 branches");
}
