//! A run stops after any event of its journal and goes on as if nothing had happened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use attractor_core::testing::{Crash, CrashAfter, Script, ScriptedBackend, event_log};
use attractor_core::{
    Engine, ErrorKind, JournalEntry, Outcome, ResumeOptions, Run, RunDirectory, RunEvent,
    RunOptions, RunReport, RunStatus,
};

use crate::run_cases::{Case, cases};
use crate::support::{digraph, files, quick_directory, scripted};

/// Everything a node can do: a gate, a tool with files, a loop, a restart.
const EVERYTHING: &str = r#"
    graph [goal="All of it", default_fidelity=full]
    build [prompt="Build $goal"]
    test [shape=parallelogram, tool_command="echo $ATTRACTOR_NODE_ID > $ATTRACTOR_STAGE_DIR/left; echo tested"]
    check [shape=diamond]
    gate [shape=hexagon, label="Ship?"]
    start -> build -> test -> check
    check -> gate [condition="context.round=2"]
    check -> build
    gate -> again [label="[A] Again"]
    gate -> exit [label="[S] Stop"]
    again [prompt="Once more"]
    again -> last [loop_restart=true]
    last [prompt="The last"]
    last -> exit"#;

fn everything() -> (String, Script) {
    let round = |round: u32| Outcome::success().with_update("round", round);
    let script = Script::new().node("build", [round(1), round(2)]);
    (digraph(EVERYTHING), script)
}

pub(crate) fn engine(script: &Script) -> (Engine, Arc<ScriptedBackend>) {
    let (builder, backend) = scripted(script.clone());
    (builder.build(), backend)
}

fn options(journal: Arc<dyn attractor_core::Journal>) -> RunOptions {
    RunOptions::with_journal(journal).run_id("run").seed(7)
}

/// Runs to the end without a crash.
pub(crate) async fn straight(directory: &Path, source: &str, script: &Script) -> RunReport {
    let (engine, _) = engine(script);
    let journal = Arc::new(RunDirectory::create(directory).unwrap());
    let pipeline = engine.prepare(source).unwrap();
    engine
        .start(&pipeline, options(journal))
        .await
        .unwrap()
        .execute()
        .await
        .unwrap()
}

/// Crashes after some entries, resumes, and returns what was executed after the resume.
async fn interrupted(
    directory: &Path,
    source: &str,
    script: &Script,
    entries: u64,
) -> (RunReport, Vec<JournalEntry>, Vec<String>) {
    let (first, _) = engine(script);
    let journal = Arc::new(RunDirectory::create(directory).unwrap());
    let journal = Arc::new(CrashAfter::new(journal, entries, Crash::Error));
    let pipeline = first.prepare(source).unwrap();
    let crashed = first
        .start(&pipeline, options(journal))
        .await
        .unwrap()
        .execute()
        .await;
    assert_eq!(crashed.unwrap_err().to_string(), "injected crash");
    let before = RunDirectory::open(directory).unwrap().entries().unwrap();
    assert_eq!(before.len() as u64, entries);

    let (second, backend) = engine(script);
    let run = second
        .resume(directory, ResumeOptions::new())
        .await
        .unwrap();
    let report = run.execute().await.unwrap();
    (report, before, backend.executed())
}

/// The stages that a journal says are done, as `node/visit/attempt`, in a branch after its path.
fn done(entries: &[JournalEntry]) -> BTreeSet<String> {
    let mut present = BTreeMap::new();
    let mut done = BTreeSet::new();
    for entry in entries {
        let branch = entry.branch.as_ref();
        let branch = branch.map_or_else(String::new, |branch| format!("{branch}:"));
        match &entry.event {
            RunEvent::StageStarted {
                node,
                visit,
                attempt,
                ..
            } => {
                present.insert(branch.clone(), format!("{branch}{node}/{visit}/{attempt}"));
            }
            RunEvent::StageCompleted { .. } | RunEvent::StageFailed { .. } => {
                done.extend(present.remove(&branch));
            }
            // Visits are counted from 1 again.
            RunEvent::LoopRestarted { .. } => done.clear(),
            RunEvent::ParallelBranchStarted { .. } => {
                done.retain(|stage| !stage.starts_with(&branch));
            }
            _ => {}
        }
    }
    done
}

/// The files of a run that must not depend on crashes: those of the stages, and the pipeline.
fn lasting(directory: &Path) -> BTreeMap<String, String> {
    let own = ["events.jsonl", "checkpoint.json", "manifest.json", "lock"];
    let mut files = files(directory);
    files.retain(|name, _| !own.contains(&name.as_str()));
    files
}

/// The journal's lines without what only a resume puts there, those of each branch together and
/// without what depends on what happens beside it.
fn story(directory: &Path) -> BTreeMap<String, Vec<String>> {
    let entries = RunDirectory::open(directory).unwrap().entries().unwrap();
    let parallel = entries.iter().any(|entry| entry.branch.is_some());
    let mut story: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in event_log(&entries).lines() {
        let in_branch = line
            .starts_with('[')
            .then(|| line.split_once("] "))
            .flatten();
        let (branch, line) = in_branch.unwrap_or(("", line));
        let beside = |field: &&str| {
            let numbers = ["index=", "delay_ms="];
            branch.is_empty() || !numbers.iter().any(|name| field.starts_with(name))
        };
        let line = line.split(' ').filter(beside).collect::<Vec<_>>().join(" ");
        let is_ours = !(parallel && line.starts_with("checkpoint_saved"));
        if line.starts_with("run_resumed") || !is_ours {
            continue;
        }
        let lines = story.entry(branch.to_owned()).or_default();
        // An attempt that a crash cut off is begun again.
        if let Some(place) = lines.iter().rposition(|known| *known == line)
            && line.starts_with("stage_started")
        {
            lines.truncate(place);
        }
        lines.push(line);
    }
    story
}

async fn check(name: &str, source: &str, script: &Script) {
    let root = quick_directory();
    let whole = root.path().join("whole");
    let expected = straight(&whole, source, script).await;
    let (expected_story, expected_files) = (story(&whole), lasting(&whole));
    let count = RunDirectory::open(&whole).unwrap().entries().unwrap().len() as u64;
    // Every event of a short run, every second one of a long one; the property tests of the run
    // alone leave out none.
    let step = if count > 40 { 2 } else { 1 };
    for entries in (0..count).step_by(step) {
        let place = format!("{name} after {entries} of {count}");
        let directory = root.path().join(format!("after-{entries}"));
        if entries == 0 {
            // Nothing was recorded, but the run is there.
            RunDirectory::create(&directory).unwrap();
            std::fs::copy(whole.join("manifest.json"), directory.join("manifest.json")).unwrap();
            std::fs::copy(whole.join("pipeline.dot"), directory.join("pipeline.dot")).unwrap();
            let (engine, _) = engine(script);
            let run = engine
                .resume(&directory, ResumeOptions::new())
                .await
                .unwrap();
            assert_eq!(
                run.execute().await.unwrap().status,
                expected.status,
                "{place}"
            );
            continue;
        }
        let (report, before, executed) = interrupted(&directory, source, script, entries).await;
        assert_eq!(report.status, expected.status, "{place}");
        assert_eq!(report.reason, expected.reason, "{place}");
        assert_eq!(report.completed_nodes, expected.completed_nodes, "{place}");
        // The log may have what an attempt reported before it was cut off, and again after.
        assert_eq!(
            report.context.snapshot(),
            expected.context.snapshot(),
            "{place}"
        );
        assert_eq!(story(&directory), expected_story, "{place}");
        assert_files(&lasting(&directory), &expected_files, &place);
        if !source.contains("loop_restart") {
            let again = done(&before)
                .intersection(&executed.into_iter().collect())
                .count();
            assert_eq!(again, 0, "{place}: a finished stage was executed again");
        }
    }
}

/// The same files, with the same content but for prompts: those of the first resumed stage have
/// a summary in front instead of a session.
fn assert_files(
    found: &BTreeMap<String, String>,
    expected: &BTreeMap<String, String>,
    place: &str,
) {
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{place}");
    for (name, content) in expected
        .iter()
        .filter(|(name, _)| !name.ends_with("prompt.md"))
    {
        assert_eq!(&found[name], content, "{place}: {name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_scripted_run_resumes_after_any_event() {
    for case in cases().iter().filter(|case| !is_parallel(case)) {
        check(&case.name, &case.source, &case.script).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_scripted_run_with_branches_resumes_after_any_event() {
    for case in cases().iter().filter(|case| is_parallel(case)) {
        check(&case.name, &case.source, &case.script).await;
    }
}

fn is_parallel(case: &Case) -> bool {
    case.source.contains("component")
}

#[tokio::test]
async fn a_run_with_real_stages_resumes_after_any_event() {
    let (source, script) = everything();
    check("everything", &source, &script).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_ended_reports_at_once_and_records_nothing() {
    let root = tempfile::tempdir().unwrap();
    let source = digraph("work [prompt=Work]\n start -> work -> exit");
    let first = straight(root.path(), &source, &Script::new()).await;
    let before = files(root.path());
    let (engine, backend) = engine(&Script::new());
    let run = engine
        .resume(root.path(), ResumeOptions::new())
        .await
        .unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(
        (report.status, report.completed_nodes),
        (first.status, first.completed_nodes)
    );
    assert_eq!(backend.executed(), [""; 0]);
    assert_eq!(files(root.path()), before);
}

#[tokio::test(start_paused = true)]
async fn replaying_the_journal_gives_the_state_the_run_had() {
    for case in cases() {
        let root = quick_directory();
        let report = straight(root.path(), &case.source, &case.script).await;
        let (engine, _) = engine(&case.script);
        let graph = Arc::clone(engine.prepare(&case.source).unwrap().graph());
        let entries = RunDirectory::open(root.path()).unwrap().entries().unwrap();
        let run = Run::replay(graph, &entries).unwrap();
        assert_eq!(
            run.completed_nodes(),
            report.completed_nodes,
            "{}",
            case.name
        );
        assert_eq!(*run.context(), report.context, "{}", case.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_was_tampered_with_is_found_out() {
    let root = tempfile::tempdir().unwrap();
    let source = digraph(
        "work [prompt=Work]\n other [prompt=Other]\n start -> work\n work -> exit [weight=1]\n work -> other -> exit",
    );
    straight(root.path(), &source, &Script::new()).await;
    let events = root.path().join("events.jsonl");
    let text = std::fs::read_to_string(&events).unwrap();
    let line = text
        .lines()
        .find(|line| line.contains(r#""from":"work""#))
        .unwrap();
    let forged = line
        .replace(r#""to":"exit""#, r#""to":"other""#)
        .replace(r#""edge":1"#, r#""edge":2"#);
    let (head, _) = text.split_once(line).unwrap();
    std::fs::write(&events, format!("{head}{forged}\n")).unwrap();
    let (engine, _) = engine(&Script::new());
    let error = engine
        .resume(root.path(), ResumeOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(
        error
            .to_string()
            .contains("isn't what the pipeline leads to"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_pipeline_is_refused_unless_it_is_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let (source, script) = (
        digraph("work [prompt=Work]\n start -> work -> exit"),
        Script::new(),
    );
    let (first, _) = engine(&script);
    let journal = Arc::new(RunDirectory::create(root.path()).unwrap());
    let journal = Arc::new(CrashAfter::new(journal, 4, Crash::Error));
    let pipeline = first.prepare(&source).unwrap();
    first
        .start(&pipeline, options(journal))
        .await
        .unwrap()
        .execute()
        .await
        .unwrap_err();

    let changed = source.replace("prompt=Work", "prompt=Changed");
    let wanted = ResumeOptions::new().source(&changed);
    let (engine, backend) = engine(&script);
    let error = engine
        .resume(root.path(), wanted.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::GraphChanged);
    assert!(error.to_string().contains("line 3 was"), "{error}");

    let wanted = wanted.allow_changed_graph(true);
    let run = engine.resume(root.path(), wanted).await.unwrap();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Success);
    assert!(
        backend.prompts()[0].ends_with("Changed"),
        "{:?}",
        backend.prompts()
    );
    assert_eq!(
        RunDirectory::open(root.path()).unwrap().source().unwrap(),
        changed
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_resumed_stage_gets_a_summary_instead_of_its_session() {
    let root = tempfile::tempdir().unwrap();
    let source = digraph(
        "graph [goal=G, default_fidelity=full]\n a [prompt=A]\n b [prompt=B]\n c [prompt=C]\n start -> a -> b -> c -> exit",
    );
    // run_started, start: 4 entries, a: 4 entries.
    let (report, _, _) = interrupted(root.path(), &source, &Script::new(), 9).await;
    assert_eq!(report.status, RunStatus::Success);
    let prompt = |node: &str| files(root.path())[&format!("{node}/prompt.md")].clone();
    assert_eq!(prompt("a"), "A");
    assert!(
        prompt("b").starts_with("Goal: G\nRun: run\n"),
        "{}",
        prompt("b")
    );
    assert!(prompt("b").contains("- a: success"), "{}", prompt("b"));
    assert_eq!(prompt("c"), "C");
}
