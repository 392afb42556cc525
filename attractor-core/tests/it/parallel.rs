//! Parallel nodes and fan-ins, executed.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use attractor_core::testing::{Act, Crash, CrashAfter, Script, ScriptedAttempt, ScriptedBackend};
use attractor_core::{
    BudgetLimits, Engine, Error, Handler, JournalEntry, MemoryJournal, Outcome, ResumeOptions,
    RunDirectory, RunEvent, RunOptions, RunReport, RunStatus, StageContext, StageProgress,
};

use crate::support::{digraph, files, pipeline, scripted};

/// Two branches that come together.
const TWO: &str = r#"
    fan [shape=component]
    a [prompt=A]
    b [prompt=B]
    join [shape=tripleoctagon]
    start -> fan -> a -> join -> exit
    fan -> b -> join"#;

async fn run_with(engine: &Engine, statements: &str) -> (RunReport, Vec<JournalEntry>) {
    let journal = Arc::new(MemoryJournal::new());
    let options = RunOptions::with_journal(Arc::clone(&journal) as _).run_id("run");
    let pipeline = pipeline(engine, statements);
    let run = engine.start(&pipeline, options).await.unwrap();
    (run.execute().await.unwrap(), journal.entries())
}

async fn run(script: Script, statements: &str) -> (RunReport, Arc<ScriptedBackend>) {
    let (builder, backend) = scripted(script);
    let (report, _) = run_with(&builder.build(), statements).await;
    (report, backend)
}

/// A statement for each branch of a node `fan` that ends at `join`.
fn branches(count: usize, attributes: &str) -> String {
    let mut text = "start -> fan; join [shape=tripleoctagon]; join -> exit\n".to_owned();
    for number in 0..count {
        writeln!(
            text,
            "b{number} [{attributes}]; fan -> b{number} -> join [weight={number}]"
        )
        .unwrap();
    }
    text
}

/// Counts how many stages are executed at a time.
#[derive(Debug, Default)]
struct Counting {
    now: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

#[async_trait]
impl Handler for Counting {
    async fn execute(&self, _stage: &StageContext) -> Result<Outcome, Error> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.all.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(10)).await; // tidy: the clock is paused
        self.now.fetch_sub(1, Ordering::SeqCst);
        Ok(Outcome::success())
    }
}

async fn most_at_a_time(count: usize, fan: &str) -> (usize, usize) {
    let counting = Arc::new(Counting::default());
    let engine = Engine::builder()
        .handler("count", Arc::clone(&counting) as _)
        .build();
    let statements = format!(
        "fan [shape=component{fan}]\n{}",
        branches(count, "type=count")
    );
    let (report, _) = run_with(&engine, &statements).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    (
        counting.most.load(Ordering::SeqCst),
        counting.all.load(Ordering::SeqCst),
    )
}

#[tokio::test(start_paused = true)]
async fn branches_run_side_by_side_up_to_the_limit() {
    assert_eq!(most_at_a_time(9, "").await, (4, 9));
    assert_eq!(most_at_a_time(9, ", max_parallel=1").await, (1, 9));
    assert_eq!(most_at_a_time(9, ", max_parallel=7").await, (7, 9));
    assert_eq!(most_at_a_time(3, ", max_parallel=0").await, (1, 3));
}

#[tokio::test(start_paused = true)]
async fn two_hundred_branches_run_at_once() {
    assert_eq!(most_at_a_time(200, ", max_parallel=200").await, (200, 200));
}

#[tokio::test(start_paused = true)]
async fn more_branches_than_the_limit_are_a_failure_that_says_so() {
    let statements = format!("fan [shape=component]\n{}", branches(1_001, "prompt=x"));
    let (report, backend) = run(Script::new(), &statements).await;
    let expected = "stage fan failed: fan has 1001 branches, more than 1000";
    assert_eq!(report.reason.as_deref(), Some(expected));
    assert_eq!(backend.executed(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_leads_back_to_its_own_fan_out_ends_at_the_depth_limit() {
    let statements = "fan [shape=component]\n a [prompt=A]\n join [shape=tripleoctagon]
        start -> fan -> a -> fan\n a -> join [condition=\"outcome=never\"]\n join -> exit";
    let (builder, backend) = scripted(Script::new());
    let (report, entries) = run_with(&builder.build(), statements).await;
    assert_eq!(report.status, RunStatus::Fail);
    let failed = |entry: &JournalEntry| {
        let text = "fan is nested deeper than 8 parallel nodes";
        matches!(&entry.event, RunEvent::StageFailed { error, .. } if error == text)
    };
    assert_eq!(entries.iter().filter(|entry| failed(entry)).count(), 1);
    assert_eq!(backend.executed().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_branch_has_a_context_of_its_own_and_the_winner_changes_that_of_the_run() {
    let update = |score: u32, way: &str| {
        let outcome = Outcome::success().with_update("score", score);
        outcome.with_update("way", way).with_update(way, "done")
    };
    let script = Script::new()
        .node("a", [update(1, "left")])
        .node("b", [update(2, "right")]);
    let check = "a -> seen_a [condition=\"context.way=right\"]\n seen_a [prompt=x]\n seen_a -> join
        b -> seen_b [condition=\"context.way=left\"]\n seen_b [prompt=x]\n seen_b -> join";
    let (report, backend) = run(script, &format!("{TWO}\n{check}")).await;
    assert_eq!(report.status, RunStatus::Success);
    assert_eq!(backend.executed().len(), 2, "no branch sees another's keys");
    let context = &report.context;
    assert_eq!(context.get_string("way"), "right");
    assert_eq!(context.get_string("right"), "done");
    assert_eq!(context.get("left"), None);
    assert_eq!(context.get_string("parallel.fan_in.best_id"), "b");
    assert_eq!(context.get_string("parallel.success_count"), "2");
    assert_eq!(context.get_string("parallel.branch.a.status"), "success");
    let results = context.get("parallel.results").unwrap().as_array().unwrap();
    let first = serde_json::json!({
        "id": "a", "status": "success", "outcome": "success", "score": 1, "notes": "",
        "context_updates": {
            "last_response": "answer of a", "last_stage": "a", "left": "done", "score": 1,
            "way": "left",
        },
    });
    assert_eq!((results.len(), &results[0]), (2, &first));
}

#[tokio::test(start_paused = true)]
async fn one_thread_in_two_branches_is_two_sessions_which_begin_with_a_summary() {
    let statements = r#"
        graph [default_fidelity=full, thread_id=t]
        plan [prompt=Plan]
        fan [shape=component, max_visits=2]
        a [prompt=A]
        c [prompt=C]
        b [prompt=B]
        join [shape=tripleoctagon]
        after [prompt=After]
        start -> plan -> fan -> a -> c -> join -> after
        fan -> b -> join
        after -> fan [condition="outcome=again"]
        after -> exit [condition="outcome=success"]"#;
    let after = [Outcome::from_word("again"), Outcome::success()];
    let (report, backend) = run(Script::new().node("after", after), statements).await;
    assert_eq!(report.status, RunStatus::Success);
    let prompts = backend.prompts();
    let heads: Vec<&str> = prompts
        .iter()
        .map(|prompt| prompt.split(']').next().unwrap())
        .collect();
    let expected = [
        "[full t",
        "[summary:high fan.1/a/t",
        "[summary:high fan.1/b/t",
        "[full fan.1/a/t",
        "[full t",
        "[summary:high fan.2/a/t",
        "[summary:high fan.2/b/t",
        "[full fan.2/a/t",
        "[full t",
    ];
    assert_eq!(heads, expected);
    assert!(prompts[1].contains("- plan: success"), "{}", prompts[1]);
}

#[tokio::test(start_paused = true)]
async fn a_fan_in_with_a_prompt_takes_the_candidate_that_the_model_names() {
    let statements = TWO.replace(
        "[shape=tripleoctagon]",
        "[shape=tripleoctagon, prompt=Judge]",
    );
    let score = |score: u32| Outcome::success().with_update("score", score);
    let script = |answer: &str| {
        let answer = ScriptedAttempt::from(Outcome::success()).answering(answer);
        let script = Script::new().node("a", [score(1)]).node("b", [score(2)]);
        script.node("join", [answer])
    };
    let best = |report: &RunReport| report.context.get_string("parallel.fan_in.best_id");

    let (report, backend) = run(script("Both work.\na"), &statements).await;
    assert_eq!(best(&report), "a");
    let prompt = backend.prompts().pop().unwrap();
    assert!(prompt.contains("Judge\n\nCandidates:\n\n## a\noutcome: success\nscore: 1\n"));

    let (report, _) = run(script("Neither."), &statements).await;
    assert_eq!(best(&report), "b", "else it goes by status and score");
    let (report, _) = run(script(" "), &statements).await;
    let reason = "stage join failed: the model's answer is empty";
    assert_eq!(report.reason.as_deref(), Some(reason));
}

#[tokio::test(start_paused = true)]
async fn a_fan_in_with_one_candidate_asks_nobody() {
    let statements = TWO.replace(
        "[shape=tripleoctagon]",
        "[shape=tripleoctagon, prompt=Judge]",
    );
    let script = Script::new().node("a", [Outcome::fail("no")]);
    let (report, backend) = run(script, &statements).await;
    assert_eq!(report.context.get_string("parallel.fan_in.best_id"), "b");
    assert_eq!(backend.executed(), ["fan/a:a/1/1", "fan/b:b/1/1"]);
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_of_a_parallel_node_is_that_of_its_branches() {
    let statements = TWO.replace("[shape=component]", "[shape=component, timeout=5s]");
    let never = ScriptedAttempt::from(Outcome::success()).act(Act::Never);
    let (builder, _) = scripted(Script::new().node("a", [never]));
    let (report, entries) = run_with(&builder.build(), &statements).await;
    let expected = "stage fan failed: timed out: 1 of 2 branches succeeded";
    assert_eq!(report.reason.as_deref(), Some(expected));
    let cancelled = entries.iter().find_map(|entry| match &entry.event {
        RunEvent::ParallelBranchCompleted { id, end, .. } if id == "a" => Some(*end),
        _ => None,
    });
    assert_eq!(cancelled, Some(attractor_core::BranchEnd::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn what_branches_cost_counts_together_and_the_run_goes_on_with_a_higher_limit() {
    let cost = StageProgress::ModelResponse {
        provider: "p".to_owned(),
        model: "m".to_owned(),
        input_tokens: 1,
        output_tokens: 1,
        reasoning_tokens: None,
        cache_read_tokens: None,
        cache_write_tokens: None,
        cost_micro_usd: Some(60),
    };
    let paying = |ms| {
        let attempt = ScriptedAttempt::from(Outcome::success().with_update("paid", true));
        [attempt.reporting(cost.clone()).after_ms(ms)]
    };
    let script = Script::new()
        .node("a", paying(0))
        .node("b", paying(5))
        .node("c", paying(10));
    let statements = format!("{TWO}\n c [prompt=C]\n d [prompt=D]\n fan -> c -> d -> join");
    let root = tempfile::tempdir().unwrap();
    let (builder, _) = scripted(script.clone());
    let engine = builder.build();
    let options =
        RunOptions::new(root.path()).limits(BudgetLimits::new().with_max_cost_micro_usd(100));
    let pipeline = pipeline(&engine, &statements);
    let report = engine.start(&pipeline, options).await.unwrap();
    let report = report.execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Paused);
    assert!(report.reason.unwrap().contains("max_cost reached"));

    let (builder, backend) = scripted(script);
    let options = ResumeOptions::new().limits(BudgetLimits::new().with_max_cost_micro_usd(10_000));
    let run = builder.build().resume(root.path(), options).await.unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    let results = report.context.get_string("parallel.success_count");
    assert_eq!(results, "3", "no branch failed for the limit");
    assert!(backend.executed().contains(&"fan/c:d/1/1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn gates_in_several_branches_are_asked_at_once_and_answered_each() {
    let statements = r#"
        fan [shape=component]
        a [shape=hexagon, label="Left?"]
        b [shape=hexagon, label="Right?"]
        no [prompt=No]
        join [shape=tripleoctagon]
        start -> fan -> a -> join [label="[Y] Yes"]
        a -> no [label="[N] No"]
        fan -> b -> join [label="[Y] Yes"]
        no -> join -> exit"#;
    let root = tempfile::tempdir().unwrap();
    let (builder, _) = scripted(Script::new());
    let nobody = attractor_core::CallbackInterviewer::new(|_| std::future::pending());
    let engine = builder.interviewer(Arc::new(nobody)).build();
    let pipeline = pipeline(&engine, statements);
    let run = engine
        .start(&pipeline, RunOptions::new(root.path()))
        .await
        .unwrap();
    let handle = run.handle();
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(60)).await; // tidy: the clock is paused
        handle.cancel();
    };
    let (report, ()) = tokio::join!(run.execute(), cancel);
    assert_eq!(report.unwrap().status, RunStatus::Cancelled);

    let entries = RunDirectory::open(root.path()).unwrap().entries().unwrap();
    let graph = Arc::clone(pipeline.graph());
    let state = attractor_core::Run::replay(graph, &entries).unwrap();
    let open: Vec<String> = state
        .pending_questions()
        .iter()
        .map(|(branch, node, question)| format!("{}: {node}: {}", branch.unwrap(), question.text))
        .collect();
    assert_eq!(open, ["fan/a: a: Left?", "fan/b: b: Right?"]);

    let engine = scripted(Script::new()).0.build();
    let run = engine.resume(root.path(), ResumeOptions::new()).await;
    let report = run.unwrap().execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    assert_eq!(
        report.completed_nodes,
        ["start", "a", "b", "fan", "join", "exit"]
    );
}

#[tokio::test(start_paused = true)]
async fn every_branch_has_directories_of_its_own_and_earlier_executions_are_kept() {
    let statements = r#"
        fan [shape=component]
        a [prompt=A]
        same [prompt=Same]
        join [shape=tripleoctagon]
        judge [prompt=Judge]
        start -> fan -> a -> same -> join -> judge
        fan -> same
        fan -> same
        judge -> fan [condition="outcome=again"]
        judge -> exit [condition="outcome=success"]"#;
    let judge = [Outcome::from_word("again"), Outcome::success()];
    let root = tempfile::tempdir().unwrap();
    let engine = scripted(Script::new().node("judge", judge)).0.build();
    let pipeline = pipeline(&engine, statements);
    let run = engine.start(&pipeline, RunOptions::new(root.path())).await;
    let report = run.unwrap().execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success);
    let found = files(root.path());
    let names: Vec<&str> = found
        .keys()
        .filter(|name| name.starts_with("fan/") && name.ends_with("status.json"))
        .map(String::as_str)
        .collect();
    let expected = [
        "fan/attempt-1/branch-a/a/status.json",
        "fan/attempt-1/branch-a/same/status.json",
        "fan/attempt-1/branch-same-2/same/status.json",
        "fan/attempt-1/branch-same/same/status.json",
        "fan/attempt-1/status.json",
        "fan/branch-a/a/status.json",
        "fan/branch-a/same/status.json",
        "fan/branch-same-2/same/status.json",
        "fan/branch-same/same/status.json",
        "fan/status.json",
    ];
    assert_eq!(names, expected);
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_in_between_says_what_each_branch_has_done() {
    let root = tempfile::tempdir().unwrap();
    let never = ScriptedAttempt::from(Outcome::success()).act(Act::Never);
    let engine = scripted(Script::new().node("b", [never])).0.build();
    let pipeline = pipeline(&engine, TWO);
    let run = engine.start(&pipeline, RunOptions::new(root.path())).await;
    let run = run.unwrap();
    let handle = run.handle();
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(60)).await; // tidy: the clock is paused
        handle.cancel();
    };
    tokio::join!(run.execute(), cancel).0.unwrap();
    let checkpoint = RunDirectory::open(root.path()).unwrap().checkpoint();
    let checkpoint = checkpoint.unwrap().unwrap();
    assert_eq!(checkpoint.completed_nodes, ["start"]);
    let branches: Vec<_> = checkpoint.branches.iter().collect();
    assert_eq!(
        format!("{branches:?}"),
        r#"[("fan/a", ["a"]), ("fan/b", [])]"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_failed_for_its_branches_tries_them_again() {
    let root = tempfile::tempdir().unwrap();
    let failing = Script::new()
        .node("a", [Outcome::fail("no network")])
        .node("b", [Outcome::fail("no network")]);
    let engine = scripted(failing).0.build();
    let pipeline = pipeline(&engine, TWO);
    let run = engine.start(&pipeline, RunOptions::new(root.path())).await;
    let report = run.unwrap().execute().await.unwrap();
    let reason = report.reason.unwrap();
    assert!(reason.contains("a: stage a failed: no network"), "{reason}");

    let (builder, backend) = scripted(Script::new());
    let run = builder
        .build()
        .resume(root.path(), ResumeOptions::new())
        .await;
    let report = run.unwrap().execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success);
    assert_eq!(backend.executed(), ["fan/a:a/1/1", "fan/b:b/1/1"]);
}

/// Prepares something before the branches begin.
#[derive(Debug)]
struct Prepare;

#[async_trait]
impl Handler for Prepare {
    async fn execute(&self, _stage: &StageContext) -> Result<Outcome, Error> {
        Ok(Outcome::success().with_update("prepared", "yes"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_for_parallel_nodes_is_executed_before_their_branches() {
    let (builder, _) = scripted(Script::new());
    let engine = builder.handler("parallel", Arc::new(Prepare)).build();
    let statements = TWO.replace(
        "fan -> b",
        "fan -> b [condition=\"context.prepared=yes\"]\n b",
    );
    let (report, _) = run_with(&engine, &statements).await;
    assert_eq!(report.status, RunStatus::Success);
    assert_eq!(report.context.get_string("parallel.success_count"), "2");
}

#[tokio::test]
async fn branches_with_real_tools_resume_after_any_event() {
    let statements = r#"
        fan [shape=component]
        a [shape=parallelogram, tool_command="echo one; echo $ATTRACTOR_NODE_ID > $ATTRACTOR_STAGE_DIR/left"]
        b [shape=parallelogram, tool_command="echo two"]
        join [shape=tripleoctagon]
        start -> fan -> a -> join -> exit
        fan -> b -> join"#;
    for entries in 5..24 {
        let root = tempfile::tempdir().unwrap();
        let engine = scripted(Script::new()).0.build();
        let pipeline = engine.prepare(&digraph(statements)).unwrap();
        let journal = Arc::new(RunDirectory::create(root.path()).unwrap());
        let journal = Arc::new(CrashAfter::new(journal, entries, Crash::Error));
        let options = RunOptions::with_journal(journal);
        let run = engine.start(&pipeline, options).await.unwrap();
        run.execute().await.unwrap_err();
        let run = engine.resume(root.path(), ResumeOptions::new()).await;
        let report = run.unwrap().execute().await.unwrap();
        assert_eq!(report.status, RunStatus::Success, "after {entries}");
        assert_eq!(report.context.get_string("tool.output"), "one");
        let left = files(root.path())["fan/branch-a/a/left"].clone();
        assert_eq!(left, "a\n", "after {entries}");
    }
}
