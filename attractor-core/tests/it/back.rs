//! Rewinding a run, and forking it.

use std::collections::BTreeMap;
use std::fs;

use attractor_core::{
    ErrorKind, JournalEntry, ResumeOptions, RunDirectory, RunEvent, RunOptions, RunStatus,
};

use crate::git::Bench;
use crate::support::{digraph, files};

/// A counter, so that each visit leaves something else behind.
const COUNTS: &str = r#"
    first [shape=parallelogram, tool_command="echo first > first; echo 0 > count"]
    again [shape=parallelogram, tool_command="echo $(($(cat count) + 1)) > count; cat count; test $(cat count) -ge 3", max_visits=20]
    last [shape=parallelogram, tool_command="echo last > last; cat count"]
    start -> first -> again
    again -> last [condition="outcome=success"]
    again -> again [condition="outcome=fail"]
    last -> exit"#;

fn stages(entries: &[JournalEntry]) -> Vec<String> {
    let started = entries.iter().filter_map(|entry| match &entry.event {
        RunEvent::StageStarted { node, visit, .. } => Some(format!("{node} {visit}")),
        _ => None,
    });
    started.collect()
}

async fn resume(bench: &Bench, logs: &std::path::Path) {
    let resumed = Bench::engine()
        .resume(logs, ResumeOptions::new())
        .await
        .unwrap();
    let report = resumed.execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    drop(bench.work());
}

#[tokio::test]
async fn a_rewound_run_has_its_files_and_state_back_and_loses_nothing() {
    let bench = Bench::new();
    assert_eq!(bench.run(COUNTS).await.status, RunStatus::Success);
    bench.write("mine", "written after the run\n");
    let (before, tip) = (
        bench.entries(),
        bench.git(&["rev-parse", "attractor/run/r1"]),
    );

    let rewound = Bench::engine()
        .rewind(bench.logs(), "again", Some(2))
        .await
        .unwrap();

    assert_eq!((rewound.point.visit, rewound.point.visits), (2, 3));
    assert_eq!(bench.read("count").unwrap(), "1\n");
    assert_eq!((bench.read("last"), bench.read("mine")), (None, None));
    let (commit, backup) = rewound.files.unwrap();
    assert_eq!(bench.git(&["rev-parse", "attractor/run/r1"]), commit);
    // Everything that was there is kept: files, journal, what the stages left.
    assert_eq!(
        bench.git(&["show", &format!("{backup}:mine")]),
        "written after the run"
    );
    assert_eq!(bench.git(&["rev-parse", &format!("{backup}~1")]), tip);
    let kept = fs::read_to_string(rewound.kept.join("events.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), before.len());
    let aside: BTreeMap<_, _> = files(&rewound.kept);
    assert_eq!(aside["again/stdout.txt"], "3\n");
    assert_eq!(aside["again/attempt-2/stdout.txt"], "2\n");
    assert_eq!(aside["last/stdout.txt"], "3\n");
    let now = files(&bench.logs());
    assert_eq!(now["again/stdout.txt"], "1\n");
    assert!(!now.contains_key("last/stdout.txt"));
    let entries = bench.entries();
    assert!(matches!(
        entries.last().unwrap().event,
        RunEvent::RunRewound { visit: 2, .. }
    ));
    assert_eq!(entries[..entries.len() - 1], before[..entries.len() - 1]);

    resume(&bench, &bench.logs()).await;
    assert_eq!(bench.read("count").unwrap(), "3\n");
    let stages = stages(&bench.entries());
    assert_eq!(
        stages,
        [
            "start 1", "first 1", "again 1", "again 2", "again 3", "last 1", "exit 1"
        ]
    );
    assert_eq!(files(&bench.logs())["again/attempt-1/stdout.txt"], "1\n");
}

#[tokio::test]
async fn a_fork_goes_on_in_a_branch_and_a_working_tree_of_its_own() {
    let bench = Bench::new();
    bench.run(COUNTS).await;
    let before = (
        bench.git(&["rev-parse", "attractor/run/r1"]),
        files(&bench.logs()),
    );
    let copy = bench.logs().with_file_name("copy");
    let at = ("again", Some(3));
    let engine = Bench::engine();
    let forked = engine
        .fork(bench.logs(), &copy, Some("r2".into()), at)
        .await
        .unwrap();
    assert_eq!(forked.branch.as_deref(), Some("attractor/run/r2"));
    let there = |name: &str| fs::read_to_string(forked.workdir.join(name)).ok();
    assert_eq!(
        (there("count").as_deref(), there("last")),
        (Some("2\n"), None)
    );

    resume(&bench, &copy).await;

    assert_eq!(
        (there("count").as_deref(), there("last").as_deref()),
        (Some("3\n"), Some("last\n"))
    );
    assert_eq!(bench.story("attractor/run/r2")[0], "exit: success");
    let entries = RunDirectory::open(&copy).unwrap().entries().unwrap();
    assert_eq!(stages(&entries), stages(&bench.entries()));
    assert!(entries.iter().any(|entry| matches!(
        &entry.event, RunEvent::RunForked { run_id, visit: 3, .. } if run_id == "r1"
    )));
    // The run it is a copy of is as it was.
    assert_eq!(
        (
            bench.git(&["rev-parse", "attractor/run/r1"]),
            files(&bench.logs())
        ),
        before
    );
}

#[tokio::test]
async fn without_git_mode_only_the_state_goes_back() {
    let bench = Bench::new();
    let engine = Bench::engine();
    let pipeline = engine.prepare(&digraph(COUNTS)).unwrap();
    let options = RunOptions::new(bench.logs()).workdir(bench.work());
    engine
        .start(&pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap();
    let rewound = engine.rewind(bench.logs(), "last", None).await.unwrap();
    assert_eq!(rewound.files, None);
    assert_eq!(bench.read("last").unwrap(), "last\n");
    let copy = bench.logs().with_file_name("copy");
    let forked = engine
        .fork(bench.logs(), &copy, None, ("first", None))
        .await
        .unwrap();
    assert_eq!((forked.branch, forked.workdir), (None, bench.work()));
    resume(&bench, &bench.logs()).await;
    resume(&bench, &copy).await;
}

#[tokio::test]
async fn a_visit_that_never_was_and_a_run_that_is_executed_are_refused() {
    let bench = Bench::new();
    bench.run(COUNTS).await;
    let engine = Bench::engine();
    let refused = async |node, visit| {
        let error = engine.rewind(bench.logs(), node, visit).await.unwrap_err();
        (error.kind(), error.to_string())
    };
    let (kind, text) = refused("again", Some(4)).await;
    assert_eq!(kind, ErrorKind::InvalidInput);
    assert_eq!(text, "again was visited 3 times in this run, not 4");
    let (_, text) = refused("nothing", None).await;
    assert!(
        text.ends_with("executed were: again, exit, first, last, start"),
        "{text}"
    );
    let _lock = RunDirectory::open_locked(bench.logs()).unwrap();
    assert_eq!(refused("again", None).await.0, ErrorKind::Locked);
}

#[tokio::test]
async fn a_run_is_rewound_into_a_branch_and_out_of_one() {
    let bench = Bench::new();
    let statements = r#"
        fan [shape=component] join [shape=tripleoctagon]
        a [shape=parallelogram, tool_command="echo a > a.out"]
        a2 [shape=parallelogram, tool_command="echo a2 >> a.out"]
        b [shape=parallelogram, tool_command="echo b > b.out"]
        start -> fan
        fan -> a -> a2 -> join
        fan -> b -> join
        join -> exit"#;
    assert_eq!(bench.run(statements).await.status, RunStatus::Success);
    for node in ["a2", "fan", "join", "b"] {
        let rewound = Bench::engine()
            .rewind(bench.logs(), node, None)
            .await
            .unwrap();
        let merged = node == "exit";
        assert_eq!(bench.read("a.out").is_some(), merged, "{node}");
        assert!(rewound.dropped > 0);
        resume(&bench, &bench.logs()).await;
        assert_eq!(bench.read("a.out").unwrap(), "a\na2\n", "{node}");
        assert_eq!(bench.read("b.out").unwrap(), "b\n", "{node}");
        assert_eq!(bench.git(&["worktree", "list"]).lines().count(), 1);
    }
}
