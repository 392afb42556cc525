//! Managers: what they see of their child, and what they do about it.

use std::sync::Arc;
use std::time::Duration;

use attractor_core::testing::{Act, Crash, CrashAfter, Script, ScriptedAttempt};
use attractor_core::{
    Engine, Outcome, ResumeOptions, RunDirectory, RunOptions, RunReport, RunStatus,
};
use tokio::time::Instant;

use crate::child::{Files, begins_in_child};
use crate::support::scripted;

/// A pipeline with a manager that has these attributes.
fn files(attributes: &str, child: &str) -> Files {
    let parent = format!(
        r#"manage [shape=house, stack.child_dotfile="child.dot", {attributes}]
        start -> manage -> exit"#
    );
    Files::new(&[("main.dot", &parent), ("child.dot", child)])
}

const ONE: &str = "work [prompt=Work]\n start -> work -> exit";

fn working(act: Act) -> Script {
    Script::new().node("work", [ScriptedAttempt::from(Outcome::success()).act(act)])
}

/// The manager's cycles as the journal has them.
fn cycles(files: &Files) -> Vec<String> {
    let log = files.log("");
    let lines = log.lines().filter(|line| line.starts_with("manager_cycle"));
    lines
        .map(|line| line["manager_cycle ".len()..].replace(" node=manage", ""))
        .collect()
}

async fn run(files: &Files, script: Script) -> RunReport {
    files.execute(scripted(script).0).await
}

#[tokio::test(start_paused = true)]
async fn a_manager_ends_with_its_child() {
    let files = files("", ONE);
    let began = Instant::now();
    let report = run(&files, Script::new()).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "it doesn't wait for its next cycle"
    );
    assert_eq!(report.context.get_string("stack.child.status"), "completed");
    assert_eq!(report.context.get_string("stack.child.last_stage"), "work");

    let files = self::files("", ONE);
    let failing = Script::new().node("work", [Outcome::fail("broken")]);
    let report = run(&files, failing).await;
    assert_eq!(report.status, RunStatus::Fail);
    let reason = report.reason.unwrap();
    assert!(
        reason.contains("child pipeline failed: stage work failed: broken"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_condition_ends_the_child_in_success() {
    let attributes = r#"manager.poll_interval="10s", stack.child_outputs="score",
        manager.stop_condition="context.stack.child.completed_count>=2 && context.stack.child.context.score=9""#;
    let child = "work [prompt=Work]\n more [prompt=More]\n start -> work -> more -> exit";
    let files = files(attributes, child);
    let script = Script::new()
        .node(
            "work",
            [ScriptedAttempt::from(Outcome::success().with_update("score", 9)).after_ms(15_000)],
        )
        .node(
            "more",
            [ScriptedAttempt::from(Outcome::success()).act(Act::Never)],
        );
    let report = run(&files, script).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    assert_eq!(
        cycles(&files),
        [
            "action=observe cycle=1",
            "action=observe cycle=2",
            r#"action=stop cycle=3 message="Stop condition satisfied""#,
        ]
    );
    assert_eq!(report.context.get_string("stack.child.status"), "stopped");
    assert_eq!(report.context.get_string("score"), "9");
    // Nothing of the child is left.
    RunDirectory::open_locked(files.run().join("manage/child")).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_does_not_hold_any_more_escalates() {
    let attributes =
        r#"manager.poll_interval="1s", manager.guard_condition="context.stack.child.retries<2""#;
    let child = "work [prompt=Work, max_retries=9]\n start -> work -> exit";
    let files = files(attributes, child);
    let report = run(
        &files,
        Script::new().node("work", [Outcome::retry("flaky")]),
    )
    .await;
    assert_eq!(report.status, RunStatus::Fail);
    let reason = report.reason.unwrap();
    assert!(
        reason.contains("the guard condition doesn't hold any more"),
        "{reason}"
    );
    assert!(
        cycles(&files)
            .last()
            .unwrap()
            .starts_with("action=escalate")
    );
}

#[tokio::test(start_paused = true)]
async fn cycles_are_limited_and_their_interval_is_kept() {
    let attributes = r#"manager.poll_interval="30s", manager.max_cycles=3"#;
    let files = files(attributes, ONE);
    let began = Instant::now();
    let report = run(&files, working(Act::Never)).await;
    assert_eq!(
        report.reason.as_deref(),
        Some("stage manage failed: Max cycles exceeded")
    );
    let took = began.elapsed().as_secs();
    assert!((90..92).contains(&took), "{took} s");
    assert_eq!(cycles(&files).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_model_decides_and_its_message_reaches_the_childs_stage() {
    let files = files(
        r#"prompt="Is it on the way?", manager.poll_interval="1s""#,
        ONE,
    );
    let answer = |text: &str| ScriptedAttempt::from(Outcome::success()).answering(text);
    let script =
        working(Act::AwaitSteering).node("manage", [answer("It idles.\nSTEER: run the tests")]);
    let (builder, backend) = scripted(script);
    let report = files.execute(builder).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    let prompts = backend.prompts();
    let asked = prompts
        .iter()
        .find(|prompt| prompt.contains("supervise"))
        .unwrap();
    for part in [
        "Is it on the way?",
        "- current_node: work",
        "- status: running",
        "ESCALATE: <why>",
    ] {
        assert!(asked.contains(part), "no {part:?} in {asked}");
    }
    assert_eq!(
        cycles(&files),
        [r#"action=steer cycle=1 message="run the tests""#]
    );
    let child = files.log("manage/child");
    assert!(
        child.contains(r#"steered message="run the tests" node=work"#),
        "{child}"
    );
    let told = std::fs::read_to_string(files.run().join("manage/child/work/steering.md")).unwrap();
    assert_eq!(told, "run the tests\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_model_stops_the_child_or_gives_it_up() {
    for (answer, status, reason) in [
        ("STOP: good enough", RunStatus::Success, None),
        (
            "ESCALATE: it loops",
            RunStatus::Fail,
            Some("stage manage failed: escalated: it loops"),
        ),
    ] {
        let files = files("prompt=Judge", ONE);
        let said = ScriptedAttempt::from(Outcome::success()).answering(answer);
        let report = run(&files, working(Act::Never).node("manage", [said])).await;
        assert_eq!((report.status, report.reason.as_deref()), (status, reason));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fixed_message_is_sent_while_its_condition_holds() {
    let attributes = r#"manager.poll_interval="1s", manager.steer_condition="context.stack.child.status=running",
        manager.steer_message="Finish $context.stack.child.current_node""#;
    let files = files(attributes, ONE);
    let report = run(&files, working(Act::AwaitSteering)).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    let child = files.log("manage/child");
    assert!(
        child.contains(r#"steered message="Finish work""#),
        "{child}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_to_the_parent_reaches_the_stage_in_the_child() {
    let files = files("", ONE);
    let engine = scripted(working(Act::AwaitSteering)).0.build();
    let options = RunOptions::new(files.run()).run_id("run");
    let run = engine
        .start(&files.prepare(&engine), options)
        .await
        .unwrap();
    let handle = run.handle();
    handle.steer("from outside").unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success);
    assert!(
        files
            .log("manage/child")
            .contains(r#"message="from outside""#)
    );
    assert_eq!(report.undelivered, [""; 0]);
    let error = handle.steer("too late").unwrap_err();
    assert!(
        error.to_string().contains("isn't being executed"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_nobody_takes_is_in_the_report() {
    let files = files("", ONE);
    let engine = scripted(Script::new()).0.build();
    let options = RunOptions::new(files.run()).run_id("run");
    let run = engine
        .start(&files.prepare(&engine), options)
        .await
        .unwrap();
    run.handle().steer("hello?").unwrap();
    assert_eq!(run.execute().await.unwrap().undelivered, ["hello?"]);
}

#[tokio::test(start_paused = true)]
async fn a_manager_without_autostart_goes_by_what_the_context_says() {
    let alone = files("stack.child_autostart=false", ONE);
    let report = run(&alone, Script::new()).await;
    let reason = report.reason.unwrap();
    assert!(
        reason.contains("there is no child to supervise"),
        "{reason}"
    );

    let parent = r#"part [type="stack.sub_pipeline", stack.child_dotfile="child.dot"]
        manage [shape=house, stack.child_autostart=false]
        start -> part -> manage -> exit"#;
    let after = Files::new(&[("main.dot", parent), ("child.dot", ONE)]);
    assert_eq!(run(&after, Script::new()).await.status, RunStatus::Success);
}

#[tokio::test(start_paused = true)]
async fn cycles_are_counted_on_after_a_crash() {
    let attributes = r#"manager.poll_interval="30s", manager.max_cycles=3"#;
    let files = files(attributes, ONE);
    let engine = scripted(working(Act::Never)).0.build();
    let journal = Arc::new(RunDirectory::create(files.run()).unwrap());
    // run_started, start: 4 entries; stage_started, child_started, usage and cycles of the manager.
    let journal = Arc::new(CrashAfter::new(journal, 11, Crash::Error));
    let options = RunOptions::with_journal(journal).run_id("run");
    let run = engine
        .start(&files.prepare(&engine), options)
        .await
        .unwrap();
    assert!(run.execute().await.is_err());
    let before = cycles(&files).len();
    assert!((1..3).contains(&before), "{}", files.log(""));
    let report = resume(&files, working(Act::Never)).await;
    assert_eq!(
        report.reason.as_deref(),
        Some("stage manage failed: Max cycles exceeded")
    );
    assert_eq!(cycles(&files).len(), 3, "{}", files.log(""));
}

async fn resume(files: &Files, script: Script) -> RunReport {
    let engine: Engine = scripted(script).0.build();
    let run = engine
        .resume(files.run(), ResumeOptions::new())
        .await
        .unwrap();
    run.execute().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_manager_that_is_cancelled_takes_its_child_with_it() {
    use futures::StreamExt as _;
    let files = files("", ONE);
    let engine = scripted(working(Act::Never)).0.build();
    let options = RunOptions::new(files.run()).run_id("run");
    let run = engine
        .start(&files.prepare(&engine), options)
        .await
        .unwrap();
    let handle = run.handle();
    let mut updates = handle.events();
    let stop = async {
        while let Some(update) = updates.next().await {
            if begins_in_child(&update, "work") {
                return handle.cancel();
            }
        }
    };
    let (report, ()) = tokio::join!(run.execute(), stop);
    assert_eq!(report.unwrap().status, RunStatus::Cancelled);
    let log = files.log("manage/child");
    assert!(log.ends_with("run_interrupted reason=cancelled\n"), "{log}");
}
