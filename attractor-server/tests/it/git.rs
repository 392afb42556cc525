//! `attractor run --git`, `attractor rewind` and `attractor fork`.

use crate::harness::{Bench, text};

const PIPELINE: &str = r#"digraph g {
    start [shape=Mdiamond]; exit [shape=Msquare]
    one [shape=parallelogram, tool_command="git rev-parse --show-toplevel > top; echo 1 > one"]
    two [shape=parallelogram, tool_command="echo 2 > two"]
    start -> one -> two -> exit
}"#;

/// Git in the working directory.
fn git(bench: &Bench, arguments: &[&str]) -> String {
    crate::repository::git(&bench.work(), arguments)
}

fn repository() -> Bench {
    let bench = Bench::new();
    git(&bench, &["init", "--quiet"]);
    bench
}

/// The run's branch.
fn branch(bench: &Bench) -> String {
    let names = git(
        bench,
        &[
            "for-each-ref",
            "--format=%(refname:short)",
            "refs/heads/attractor",
        ],
    );
    assert_eq!(names.lines().count(), 1, "{names}");
    names
}

#[test]
fn without_an_identity_and_with_a_misleading_environment_commits_are_made_in_the_right_place() {
    let (bench, other) = (repository(), repository());
    let pipeline = bench.write("pipeline.dot", PIPELINE);
    let logs = bench.logs();
    let arguments = ["run", text(&pipeline), "--logs", text(&logs), "--git"];
    let mut command = bench.attractor(&arguments);
    let elsewhere = other.work().join(".git");
    command
        .env("GIT_DIR", &elsewhere)
        .env("GIT_WORK_TREE", other.work())
        .env("GIT_INDEX_FILE", elsewhere.join("index"))
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "user.name")
        .env("GIT_CONFIG_VALUE_0", "Mallory")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().expect("attractor starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let authors = git(&bench, &["log", "--format=%an <%ae>", &branch(&bench)]);
    assert!(
        authors
            .lines()
            .all(|author| author == "Attractor <attractor@localhost>"),
        "{authors}"
    );
    let files = git(&bench, &["ls-tree", "-r", "--name-only", &branch(&bench)]);
    assert_eq!(files, "one\npipeline.dot\ntop\ntwo");
    // The tool saw the right repository, too.
    let top = std::fs::read_to_string(bench.work().join("top")).unwrap();
    assert_eq!(top.trim(), git(&bench, &["rev-parse", "--show-toplevel"]));
    assert_eq!(git(&other, &["for-each-ref"]), "");
    assert!(!elsewhere.join("index").exists());
}

#[test]
fn a_run_goes_back_and_on_again() {
    let bench = repository();
    bench.run(PIPELINE, &["--git"]).exits(0);
    let logs = bench.logs();
    let said = bench
        .output(&["rewind", text(&logs), "two"])
        .exits(0)
        .stdout;
    assert!(said.contains("the run is back at before two"), "{said}");
    assert!(said.contains("what they were is refs/attractor/"), "{said}");
    assert!(!bench.work().join("two").exists());
    bench.output(&["resume", text(&logs)]).exits(0);
    assert!(bench.work().join("two").exists());
    let explained = bench
        .output(&["explain", text(&logs), "two"])
        .exits(0)
        .stdout;
    assert!(
        explained.contains("the run was rewound to before two"),
        "{explained}"
    );

    let copy = bench.root().join("copy");
    let said = bench
        .output(&["fork", text(&logs), "one", "--logs", text(&copy)])
        .exits(0)
        .stdout;
    assert!(said.contains("branch attractor/run/"), "{said}");
    assert!(!copy.join("worktree/one").exists());
    bench.output(&["resume", text(&copy)]).exits(0);
    assert!(copy.join("worktree/two").exists());
}

#[test]
fn what_changed_while_the_run_stood_still_is_told() {
    let bench = repository();
    let broken = PIPELINE.replace("echo 2 > two", "test -e repaired");
    bench.run(&broken, &["--git"]).exits(1);
    bench.write("repaired", "by hand");
    let logs = bench.logs();
    bench
        .output(&["resume", text(&logs)])
        .exits(0)
        .says(&["1 file changed while the run stood still, kept and committed: repaired"]);
}

#[test]
fn without_git_mode_the_files_stay_and_that_is_said() {
    let bench = Bench::new();
    bench
        .run(
            PIPELINE
                .replace("git rev-parse --show-toplevel > top; ", "")
                .as_str(),
            &[],
        )
        .exits(0);
    let logs = bench.logs();
    let said = bench
        .output(&["rewind", text(&logs), "one", "--visit", "1"])
        .exits(0)
        .stdout;
    assert!(
        said.contains("not touched: the run isn't in git mode"),
        "{said}"
    );
    assert!(bench.work().join("two").exists());
    let copy = bench.root().join("copy");
    let forked = bench.output(&["fork", text(&logs), "start", "--logs", text(&copy)]);
    assert!(forked.exits(0).stdout.contains("the copy works in"));
}

#[test]
fn misuse_of_git_mode_says_what_to_do() {
    let bench = Bench::new();
    bench.run(PIPELINE, &["--git"]).exits(2).says(&[
        "isn't in the working tree of a git repository",
        "leave --git out",
    ]);
    let bench = repository();
    bench.run(PIPELINE, &["--git"]).exits(0);
    let logs = bench.logs();
    bench
        .output(&["rewind", text(&logs), "three"])
        .exits(2)
        .says(&["three was never executed in this run; executed were: exit, one, start, two"]);
    bench
        .output(&["rewind", text(&logs), "one", "--visit", "0"])
        .exits(2);
    bench
        .output(&["fork", text(&logs), "one", "--visit", "7", "--logs", "copy"])
        .exits(2)
        .says(&["one was visited once in this run, not 7 times"]);
}
