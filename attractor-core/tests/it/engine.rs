//! Limits, listeners and failures of the engine.

use std::sync::Arc;
use std::time::Duration;

use attractor_core::testing::{Act, Crash, CrashAfter, Script, ScriptedAttempt};
use attractor_core::{
    BudgetLimits, Engine, ErrorKind, MemoryJournal, Outcome, ResumeOptions, RunEvent, RunOptions,
    RunReport, RunStatus, RunUpdate, StageProgress,
};
use futures::StreamExt as _;

use crate::support::{digraph, pipeline, scripted};

async fn run(engine: &Engine, statements: &str, options: RunOptions) -> RunReport {
    let pipeline = pipeline(engine, statements);
    engine
        .start(&pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap()
}

fn response(cost_micro_usd: u64) -> StageProgress {
    StageProgress::ModelResponse {
        provider: "scripted".to_owned(),
        model: "small".to_owned(),
        input_tokens: 10,
        output_tokens: 5,
        reasoning_tokens: None,
        cache_read_tokens: None,
        cache_write_tokens: None,
        cost_micro_usd: Some(cost_micro_usd),
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_asks_on_beyond_the_budget_is_cut_off_and_the_run_paused() {
    let costly = ScriptedAttempt::from(Outcome::success())
        .reporting(response(40))
        .reporting(response(70))
        .reporting(response(5))
        .act(Act::Never);
    let engine = scripted(Script::new().node("work", [costly])).0.build();
    let options = RunOptions::in_memory().limits(BudgetLimits::new().with_max_cost_micro_usd(100));
    let report = run(&engine, "work [prompt=W]\n start -> work -> exit", options).await;
    assert_eq!(report.status, RunStatus::Paused);
    assert_eq!(
        (report.usage.cost_micro_usd, report.usage.input_tokens),
        (115, 30)
    );
    let reason = report.reason.unwrap();
    assert_eq!(reason, "max_cost reached: $0.000110 of $0.000100 used");
}

#[tokio::test(start_paused = true)]
async fn a_resumed_run_may_get_another_cost_limit() {
    let costly = ScriptedAttempt::from(Outcome::success()).reporting(response(70));
    let engine = scripted(Script::new().node("a", [costly])).0.build();
    let pipeline = pipeline(
        &engine,
        "a [prompt=A]\n b [prompt=B]\n start -> a -> b -> exit",
    );
    let journal = Arc::new(MemoryJournal::new());
    let crashing = CrashAfter::new(Arc::clone(&journal) as _, 8, Crash::Error);
    let options = RunOptions::with_journal(Arc::new(crashing))
        .limits(BudgetLimits::new().with_max_cost_micro_usd(100));
    engine
        .start(&pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap_err();
    let lower = ResumeOptions::new().limits(BudgetLimits::new().with_max_cost_micro_usd(50));
    let run = engine.resume_journal(journal, lower).await.unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Paused);
    assert!(report.reason.unwrap().contains("$0.000070 of $0.000050"));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_takes_too_long_fails_and_may_be_retried() {
    let never = ScriptedAttempt::from(Outcome::success()).act(Act::Never);
    let script = Script::new().node("work", [never, Outcome::success().into()]);
    let engine = scripted(script).0.build();
    let statements = "work [prompt=W, timeout=15m, max_retries=1]\n start -> work -> exit";
    let journal = Arc::new(MemoryJournal::new());
    let options = RunOptions::with_journal(Arc::clone(&journal) as _);
    assert_eq!(
        run(&engine, statements, options).await.status,
        RunStatus::Success
    );
    let failed = journal
        .entries()
        .into_iter()
        .find_map(|entry| match entry.event {
            RunEvent::StageFailed { error, .. } => Some(error),
            _ => None,
        });
    assert_eq!(failed.unwrap(), "timed out after 900000 ms");
}

#[tokio::test(start_paused = true)]
async fn listeners_see_deltas_that_the_journal_does_not_have() {
    let delta = StageProgress::TextDelta {
        text: "hel".to_owned(),
    };
    let work = ScriptedAttempt::from(Outcome::success()).reporting(delta.clone());
    let engine = scripted(Script::new().node("work", [work])).0.build();
    let pipeline = pipeline(&engine, "work [prompt=W]\n start -> work -> exit");
    let journal = Arc::new(MemoryJournal::new());
    let options = RunOptions::with_journal(Arc::clone(&journal) as _);
    let run = engine.start(&pipeline, options).await.unwrap();
    let events = run.handle().events();
    let (report, updates) = tokio::join!(run.execute(), events.collect::<Vec<_>>());
    assert_eq!(report.unwrap().status, RunStatus::Success);
    let live = updates
        .iter()
        .filter(|update| matches!(update, RunUpdate::Live { progress, .. } if **progress == delta));
    assert_eq!(live.count(), 1);
    let entries = updates
        .iter()
        .filter(|update| matches!(update, RunUpdate::Entry(_)))
        .count();
    assert_eq!(entries, journal.entries().len());
}

#[tokio::test(start_paused = true)]
async fn a_slow_listener_sees_a_gap_and_never_holds_up_the_run() {
    let mut work = ScriptedAttempt::from(Outcome::success());
    for number in 0..5_000 {
        work = work.reporting(StageProgress::Text {
            text: number.to_string(),
        });
    }
    let engine = scripted(Script::new().node("work", [work])).0.build();
    let pipeline = pipeline(&engine, "work [prompt=W]\n start -> work -> exit");
    let run = engine
        .start(&pipeline, RunOptions::in_memory())
        .await
        .unwrap();
    let handle = run.handle();
    let mut events = handle.events();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Success);
    let first = events.next().await.unwrap();
    let RunUpdate::Gap { missed } = first else {
        panic!("{first:?}")
    };
    assert!(missed > 900, "{missed}");
    assert!(
        handle.events().next().await.is_none(),
        "the stream of an ended run is empty"
    );
}

#[test]
fn a_type_without_a_handler_is_an_error_before_the_run() {
    let source =
        digraph("again [shape=hexagon]\n gate [shape=hexagon]\n start -> again -> gate -> exit");
    let error = Engine::builder().build().prepare(&source).unwrap_err();
    let found: Vec<_> = error.errors().map(|found| found.message.as_str()).collect();
    let expected = [
        "node `again` needs a handler of type `wait.human`",
        "node `gate` needs a handler of type `wait.human`",
    ];
    assert_eq!(found, expected);
    assert_eq!(error.errors().next().unwrap().rule, "handler_registered");
}

#[test]
fn mistakes_of_the_text_come_as_diagnostics_too() {
    let error = Engine::builder()
        .build()
        .prepare("digraph { a -- b }")
        .unwrap_err();
    assert!(error.parse_errors.is_some());
    assert_eq!(error.errors().count(), 1);
    assert_eq!(
        attractor_core::Error::from(error).kind(),
        ErrorKind::InvalidGraph
    );
}

#[tokio::test(start_paused = true)]
async fn parameters_and_graph_attributes_are_in_the_context() {
    let engine = scripted(Script::new()).0.build();
    let options = RunOptions::in_memory().param("ticket", 12).run_id("r");
    let statements = "graph [goal=G]\n work [prompt=W]\n start -> work\n work -> exit [condition=\"context.ticket=12 && graph.goal=G\"]";
    let report = run(&engine, statements, options).await;
    assert_eq!(report.status, RunStatus::Success);
    assert_eq!(report.context.get_string("last_stage"), "work");
    assert!(report.duration < Duration::from_secs(60));
}

#[tokio::test]
async fn a_working_directory_that_is_none_is_refused() {
    let engine = scripted(Script::new()).0.build();
    let pipeline = pipeline(&engine, "start -> exit");
    let options = RunOptions::in_memory().workdir("/no/such/place");
    let error = engine.start(&pipeline, options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn the_execution_of_a_run_can_be_given_to_a_task() {
    let engine = scripted(Script::new()).0.build();
    let pipeline = pipeline(&engine, "start -> exit");
    let run = engine
        .start(&pipeline, RunOptions::in_memory())
        .await
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(run.execute());
    let report = tasks.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(report.status, RunStatus::Success);
}
