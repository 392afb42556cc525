//! What a run may use, and what happens when it's used up.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use attractor_core::testing::{Act, Crash, CrashAfter, Script, ScriptedAttempt};
use attractor_core::{
    BudgetLimits, Engine, ErrorKind, Limit, LimitReached, MemoryJournal, Outcome, ResumeOptions,
    RunDirectory, RunEvent, RunOptions, RunReport, RunStatus, StageProgress,
};

use crate::support::{pipeline, scripted};

const TWO: &str = "a [prompt=A]\n b [prompt=B]\n start -> a -> b -> exit";

fn response() -> StageProgress {
    StageProgress::ModelResponse {
        provider: "scripted".to_owned(),
        model: "small".to_owned(),
        input_tokens: 60,
        output_tokens: 40,
        reasoning_tokens: None,
        cache_read_tokens: None,
        cache_write_tokens: None,
        cost_micro_usd: Some(100),
    }
}

fn call(number: u32) -> StageProgress {
    StageProgress::ToolCallStarted {
        call_id: number.to_string(),
        tool: "shell".to_owned(),
        summary: String::new(),
        arguments: None,
    }
}

/// Each stage asks a model once, and calls two tools.
fn engine() -> Engine {
    let attempt = ScriptedAttempt::from(Outcome::success())
        .reporting(response())
        .reporting(call(1))
        .reporting(call(2))
        .after_ms(1);
    let script = ["a", "b", "c", "d"]
        .into_iter()
        .fold(Script::new(), |script, node| {
            script.node(node, [attempt.clone()])
        });
    scripted(script).0.build()
}

async fn run(engine: &Engine, statements: &str, options: RunOptions) -> RunReport {
    let pipeline = pipeline(engine, statements);
    let run = engine.start(&pipeline, options).await.unwrap();
    run.execute().await.unwrap()
}

fn limits(limit: Limit, max: u64) -> BudgetLimits {
    let limits = BudgetLimits::new();
    match limit {
        Limit::MaxCost => limits.with_max_cost_micro_usd(max),
        Limit::MaxTokens => limits.with_max_tokens(max),
        Limit::MaxDuration => limits.with_max_duration_ms(max),
        Limit::MaxSteps => limits.with_max_steps(max),
        _ => limits.with_max_tool_calls(max),
    }
}

#[tokio::test(start_paused = true)]
async fn at_each_limit_a_run_is_paused_and_goes_on_when_it_is_raised() {
    for (limit, max, spent) in [
        (Limit::MaxCost, 100, 100),
        (Limit::MaxTokens, 100, 100),
        (Limit::MaxSteps, 2, 2),
        (Limit::MaxToolCalls, 3, 3),
    ] {
        let engine = engine();
        let root = tempfile::tempdir().unwrap();
        let options = RunOptions::new(root.path()).limits(limits(limit, max));
        let report = run(&engine, TWO, options).await;
        assert_eq!(report.status, RunStatus::Paused, "{limit:?}");
        let reached = LimitReached { limit, spent, max };
        assert_eq!(report.limit_reached, Some(reached));

        let directory = RunDirectory::open(root.path()).unwrap();
        let checkpoint = directory.checkpoint().unwrap().unwrap();
        assert_eq!(checkpoint.paused, Some(reached));
        let node = "b".parse().unwrap();
        let last = directory.entries().unwrap().pop().unwrap();
        assert_eq!(last.event, RunEvent::RunPaused { reached, node });

        for same in [
            ResumeOptions::new(),
            ResumeOptions::new().limits(limits(limit, max)),
        ] {
            let error = engine.resume(root.path(), same).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LimitReached, "{limit:?}");
            assert_eq!(LimitReached::of(&error).unwrap().limit, limit);
            assert_eq!(
                directory.entries().unwrap().last(),
                Some(&last),
                "untouched"
            );
        }
        let higher = ResumeOptions::new().limits(limits(limit, 2 * max + 2));
        let run = engine.resume(root.path(), higher).await.unwrap();
        let report = run.execute().await.unwrap();
        assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    }
}

/// What a killed process had used still counts: no resume buys a run more than it may have.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_after_any_event_still_pauses_at_its_limit() {
    let statements = "a [prompt=A]\n b [prompt=B]\n c [prompt=C]\n d [prompt=D]\n \
                      start -> a -> b -> c -> d -> exit";
    let limit = || limits(Limit::MaxTokens, 200);
    for entries in 1..200 {
        let engine = engine();
        let root = tempfile::tempdir().unwrap();
        let journal = Arc::new(RunDirectory::create(root.path()).unwrap());
        let journal = Arc::new(CrashAfter::new(journal, entries, Crash::Error));
        let options = RunOptions::with_journal(journal).limits(limit());
        let pipeline = pipeline(&engine, statements);
        let run = engine.start(&pipeline, options).await.unwrap();
        if let Ok(report) = run.execute().await {
            assert_eq!(report.status, RunStatus::Paused);
            assert!(entries > 15, "only {entries} events");
            return;
        }
        let resumed = engine.resume(root.path(), ResumeOptions::new()).await;
        match resumed {
            Ok(run) => {
                let report = run.execute().await.unwrap();
                assert_eq!(report.status, RunStatus::Paused, "after {entries}");
                assert_eq!(report.limit_reached.unwrap().spent, 200, "after {entries}");
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::LimitReached, "after {entries}"),
        }
        let higher = ResumeOptions::new().limits(limits(Limit::MaxTokens, 1_000));
        let run = engine.resume(root.path(), higher).await.unwrap();
        let report = run.execute().await.unwrap();
        assert_eq!(report.status, RunStatus::Success, "after {entries}");
    }
    panic!("the run never reached its limit");
}

#[tokio::test(start_paused = true)]
async fn what_was_used_exactly_up_to_a_limit_was_allowed() {
    for (limit, max) in [
        (Limit::MaxCost, 200),
        (Limit::MaxTokens, 200),
        (Limit::MaxSteps, 3),
        (Limit::MaxToolCalls, 4),
    ] {
        let options = RunOptions::in_memory().limits(limits(limit, max));
        let report = run(&engine(), TWO, options).await;
        assert_eq!(report.status, RunStatus::Success, "{limit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_used_up_budget_leaves_stages_alone_that_ask_no_model() {
    let statements = "a [prompt=A]\n t [shape=parallelogram, tool_command=true]\n \
                      d [shape=diamond]\n start -> a -> t -> d -> exit";
    let options = RunOptions::in_memory().limits(limits(Limit::MaxCost, 1));
    let report = run(&engine(), statements, options).await;
    assert_eq!(report.status, RunStatus::Success);
}

#[tokio::test(start_paused = true)]
async fn the_graph_sets_limits_and_the_caller_overrides_them() {
    let statements = format!("graph [max_tokens=100, max_cost_usd=0.0002]\n {TWO}");
    let report = run(&engine(), &statements, RunOptions::in_memory()).await;
    let limit = report.limit_reached.map(|reached| reached.limit);
    assert_eq!(limit, Some(Limit::MaxTokens));
    let options = RunOptions::in_memory().limits(limits(Limit::MaxTokens, 1_000));
    let report = run(&engine(), &statements, options).await;
    assert_eq!(report.status, RunStatus::Success);
    let tools = format!("graph [max_tool_calls=1]\n {TWO}");
    let report = run(&engine(), &tools, RunOptions::in_memory()).await;
    assert_eq!(
        report.reason.unwrap(),
        "max_tool_calls reached: 1 tool calls of 1 tool calls used"
    );
}

#[tokio::test(start_paused = true)]
async fn time_is_counted_while_the_run_is_executed_and_pauses_whatever_is_being_done() {
    let slow = ScriptedAttempt::from(Outcome::success()).act(Act::Never);
    let quick = ScriptedAttempt::from(Outcome::success()).after_ms(60_000);
    for statements in [
        TWO.to_owned(),
        "fan [shape=component]\n join [shape=tripleoctagon]\n c [prompt=C]\n \
         start -> fan -> c -> join -> exit\n fan -> b -> join\n a [prompt=A]\n b [prompt=B]\n \
         join -> a -> exit"
            .to_owned(),
        "graph [max_duration=2m]\n b [prompt=B, max_retries=3]\n start -> b -> exit".to_owned(),
    ] {
        let script = Script::new()
            .node("a", [quick.clone()])
            .node("b", [slow.clone(), Outcome::success().into()])
            .node("c", [quick.clone()]);
        let engine = scripted(script).0.build();
        let journal = Arc::new(MemoryJournal::new());
        let options = RunOptions::with_journal(Arc::clone(&journal) as _)
            .limits(limits(Limit::MaxDuration, 120_000));
        let report = run(&engine, &statements, options).await;
        assert_eq!(report.status, RunStatus::Paused, "{statements}");
        let reached = report.limit_reached.unwrap();
        assert_eq!((reached.limit, reached.max), (Limit::MaxDuration, 120_000));
        assert_eq!(report.duration.as_secs(), 120);

        let again = engine.resume_journal(Arc::clone(&journal) as _, ResumeOptions::new());
        assert_eq!(again.await.unwrap_err().kind(), ErrorKind::LimitReached);
    }
}

#[tokio::test(start_paused = true)]
async fn branches_share_the_budget_and_end_what_they_have_begun() {
    let statements = "fan [shape=component]\n join [shape=tripleoctagon]\n \
        a [prompt=A]\n b [prompt=B]\n c [prompt=C]\n d [prompt=D]\n \
        start -> fan -> a -> c -> join -> exit\n fan -> b -> d -> join";
    let attempt = |ms| {
        let attempt = ScriptedAttempt::from(Outcome::success()).reporting(response());
        [attempt.after_ms(ms)]
    };
    let script = Script::new()
        .node("a", attempt(10))
        .node("b", attempt(500))
        .node("c", attempt(10))
        .node("d", attempt(10));
    let (builder, backend) = scripted(script);
    let engine = builder.build();
    let journal = Arc::new(MemoryJournal::new());
    let options =
        RunOptions::with_journal(Arc::clone(&journal) as _).limits(limits(Limit::MaxTokens, 200));
    let report = run(&engine, statements, options).await;
    assert_eq!(report.status, RunStatus::Paused);
    assert_eq!(backend.executed(), ["fan/a:a/1/1", "fan/b:b/1/1"]);
    assert_eq!(report.usage.responses, 2);
    let ended = journal.entries().into_iter().filter(
        |entry| matches!(&entry.event, RunEvent::StageCompleted { node, .. } if node.as_str() == "b"),
    );
    assert_eq!(ended.count(), 1, "what had begun came to its end");

    let higher = ResumeOptions::new().limits(limits(Limit::MaxTokens, 1_000));
    let run = engine.resume_journal(journal, higher).await.unwrap();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Success);
    assert_eq!(backend.executed().len(), 4, "nothing is done twice");
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_a_graph_bound_its_loops_as_before() {
    let statements = "graph [max_steps=5]\n a [prompt=A]\n b [prompt=B]\n \
                      start -> a -> b\n b -> a\n b -> exit [weight=-1]";
    let report = run(&engine(), statements, RunOptions::in_memory()).await;
    assert_eq!(report.status, RunStatus::Fail);
    assert!(report.reason.unwrap().starts_with("max_steps exceeded"));
}
