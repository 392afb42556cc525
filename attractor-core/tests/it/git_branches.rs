//! Branches in git mode: each works apart, and they are merged where they come together.

use std::fs;

use attractor_core::RunStatus;

use crate::git::{Bench, RUN};

/// Two branches that write the same new file and change another one in different places.
pub(crate) fn branches(a: &str, b: &str, more: &str) -> String {
    format!(
        r#"fan [shape=component]
        a [shape=parallelogram, tool_command="{a}"]
        b [shape=parallelogram, tool_command="{b}"]
        join [shape=tripleoctagon]
        start -> fan
        fan -> a -> join
        fan -> b -> join
        {more}"#
    )
}

#[tokio::test]
async fn branches_work_apart_and_are_merged_where_they_come_together() {
    let bench = Bench::new();
    let wait = |other: &str| {
        format!("test ! -e made && echo {other} > made && cat made > {other}.out && rm made")
    };
    let a = format!("{}; sed -i s/one/ONE/ file", wait("a"));
    let b = format!("{}; sed -i s/three/THREE/ file", wait("b"));
    let report = bench.run(&branches(&a, &b, "join -> exit")).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    assert_eq!(bench.read("file").unwrap(), "ONE\ntwo\nTHREE\n");
    assert_eq!(
        (bench.read("a.out"), bench.read("b.out")),
        (Some("a\n".into()), Some("b\n".into()))
    );
    assert_eq!(
        bench.story(RUN)[1..3],
        ["join: success", "join: merge a branch"]
    );
    let merged = report.context.get("parallel.merged").unwrap();
    assert_eq!(merged, &serde_json::json!(["a", "b"]));
    // Their working trees are gone, their commits are there.
    assert_eq!(bench.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(
        fs::read_dir(bench.logs().join("git-worktrees"))
            .unwrap()
            .count(),
        0
    );
    let a = bench.git(&["show", "refs/attractor/r1/branch/fan-0-1--a:a.out"]);
    assert_eq!(a, "a");
    // What the user sees is the working tree's change against their own branch.
    bench.git(&["add", "--all"]);
    assert_eq!(
        bench.git(&["diff", "--cached", "--name-only"]),
        "a.out\nb.out\nfile"
    );
}

#[tokio::test]
async fn a_conflict_is_an_outcome_and_loses_nothing() {
    let bench = Bench::new();
    let more = r#"
        mend [shape=parallelogram, tool_command="git show refs/attractor/r1/branch/fan-0-1--b:file > theirs"]
        join -> exit [condition="outcome=success"]
        join -> mend [condition="outcome=conflict"]
        mend -> exit"#;
    let report = bench
        .run(&branches(
            "echo A > file",
            "echo B > file; echo b > b.out",
            more,
        ))
        .await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    let files = report.context.get("parallel.conflict.branches").unwrap();
    assert_eq!(files, &serde_json::json!({"b": ["file"]}));
    assert_eq!(
        report.context.get("parallel.conflict.files").unwrap(),
        &serde_json::json!(["file"])
    );
    // The first branch in source order is in, the other one is where it was.
    assert_eq!(bench.read("file").unwrap(), "A\n");
    assert_eq!(bench.read("b.out"), None);
    assert_eq!(bench.read("theirs").unwrap(), "B\n");
}

#[tokio::test]
async fn a_conflict_that_the_pipeline_does_not_expect_fails_the_run() {
    let bench = Bench::new();
    let report = bench
        .run(&branches("echo A > file", "echo B > file", "join -> exit"))
        .await;
    assert_eq!(report.status, RunStatus::Fail);
    assert!(
        report
            .reason
            .unwrap()
            .contains("branches in conflict: b (file)")
    );
}

#[tokio::test]
async fn a_fan_in_may_take_over_the_chosen_branch_only_or_none() {
    for (policy, expected) in [("best", Some("A\n")), ("none", None)] {
        let bench = Bench::new();
        let more = format!("join [merge={policy}] join -> exit");
        let more = branches("echo A > out", "echo B > out", &more)
            .replace("join [shape=tripleoctagon]\n", "")
            .replace(
                &format!("join [merge={policy}]"),
                &format!("join [shape=tripleoctagon, merge={policy}]"),
            );
        let report = bench.run(&more).await;
        assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
        assert_eq!(bench.read("out").as_deref(), expected);
    }
}

#[tokio::test]
async fn a_branch_in_a_branch_begins_with_its_files() {
    let bench = Bench::new();
    let report = bench
        .run(
            r#"fan [shape=component] inner [shape=component]
            before [shape=parallelogram, tool_command="echo x > before"]
            a [shape=parallelogram, tool_command="cat before > a.out"]
            b [shape=parallelogram, tool_command="cat before > b.out"]
            c [shape=parallelogram, tool_command="test ! -e before && echo c > c.out"]
            inside [shape=tripleoctagon] join [shape=tripleoctagon]
            start -> fan
            fan -> before -> inner
            inner -> a -> inside
            inner -> b -> inside
            inside -> join
            fan -> c -> join
            join -> exit"#,
        )
        .await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    for name in ["before", "a.out", "b.out", "c.out"] {
        assert!(bench.read(name).is_some(), "{name}");
    }
}
