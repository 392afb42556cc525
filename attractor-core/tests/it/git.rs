//! Git mode: what is committed, where branches work, and what happens after a crash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use attractor_core::testing::{Crash, CrashAfter};
use attractor_core::{
    AutoApproveInterviewer, Engine, ErrorKind, Journal, ResumeOptions, RunDirectory, RunEvent,
    RunOptions, RunReport, RunStatus,
};
use tempfile::TempDir;

use crate::git_branches::branches;
use crate::support::digraph;

/// A repository with a commit, and a place for runs beside it.
pub(crate) struct Bench {
    root: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self {
            root: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(bench.work()).unwrap();
        bench.git(&["init", "--quiet", "--initial-branch", "main"]);
        bench.git(&["config", "user.name", "Somebody"]);
        bench.git(&["config", "user.email", "somebody@localhost"]);
        bench.write("file", "one\ntwo\nthree\n");
        bench.git(&["add", "--all"]);
        bench.git(&["commit", "--quiet", "-m", "first"]);
        bench
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.root.path().join("run")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.work().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.work().join(name)).ok()
    }

    /// Git's answer, without its line end; it has to say yes.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.work(), arguments)
    }

    pub(crate) fn engine() -> Engine {
        let interviewer = Arc::new(AutoApproveInterviewer::new());
        Engine::builder().interviewer(interviewer).build()
    }

    pub(crate) fn options(&self) -> RunOptions {
        self.options_at(RunDirectory::create(self.logs()).unwrap())
    }

    fn options_at(&self, journal: impl Journal) -> RunOptions {
        let options = RunOptions::with_journal(Arc::new(journal)).workdir(self.work());
        options.run_id("r1").seed(1).git(true)
    }

    pub(crate) async fn run(&self, statements: &str) -> RunReport {
        let engine = Self::engine();
        let pipeline = engine.prepare(&digraph(statements)).unwrap();
        let run = engine.start(&pipeline, self.options()).await.unwrap();
        run.execute().await.unwrap()
    }

    pub(crate) fn entries(&self) -> Vec<attractor_core::JournalEntry> {
        RunDirectory::open(self.logs()).unwrap().entries().unwrap()
    }

    /// What the commits of a revision say after `attractor: `, the newest first.
    pub(crate) fn story(&self, revision: &str) -> Vec<String> {
        let text = self.git(&["log", "--format=%s", revision]);
        let lines = text
            .lines()
            .map(|line| line.trim_start_matches("attractor: "));
        lines.map(str::to_owned).collect()
    }
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {words}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

pub(crate) const RUN: &str = "attractor/run/r1";

const THREE: &str = r#"
    write [shape=parallelogram, tool_command="echo new > new; echo more >> file"]
    nothing [shape=parallelogram, tool_command="true"]
    remove [shape=parallelogram, tool_command="rm new", max_retries=1]
    start -> write -> nothing -> remove -> exit"#;

#[tokio::test]
async fn every_node_has_its_commit_with_its_trailers() {
    let bench = Bench::new();
    let report = bench.run(THREE).await;
    assert_eq!(report.status, RunStatus::Success);
    let expected = ["exit", "remove", "nothing", "write", "start"];
    let expected: Vec<_> = expected
        .iter()
        .map(|node| format!("{node}: success"))
        .collect();
    assert_eq!(
        bench.story(RUN),
        [expected, vec!["first".to_owned()]].concat()
    );

    let trailers = bench.git(&[
        "log",
        "-1",
        "--format=%(trailers:only)",
        &format!("{RUN}~3"),
    ]);
    assert_eq!(
        trailers,
        "Attractor-Run: r1\nAttractor-Cause: stage\nAttractor-Node: write\n\
         Attractor-Index: 2\nAttractor-Attempt: 1\nAttractor-Outcome: success"
    );
    let changed = |revision: &str| bench.git(&["show", "--format=", "--name-status", revision]);
    assert_eq!(changed(&format!("{RUN}~3")), "M\tfile\nA\tnew");
    assert_eq!(changed(&format!("{RUN}~2")), "");
    assert_eq!(changed(&format!("{RUN}~1")), "D\tnew");

    let commits = bench
        .entries()
        .into_iter()
        .filter_map(|entry| match entry.event {
            RunEvent::CommitCreated { commit } => Some((commit.id, commit.changed_files)),
            _ => None,
        });
    let commits: Vec<_> = commits.collect();
    assert_eq!(commits.len(), 6);
    assert_eq!(commits[0], (bench.git(&["rev-parse", "HEAD"]), 0));
    assert_eq!(
        commits[2],
        (bench.git(&["rev-parse", &format!("{RUN}~3")]), 2)
    );
}

#[tokio::test]
async fn the_users_branch_index_hooks_and_uncommitted_work_stay_theirs() {
    let bench = Bench::new();
    bench.write("staged", "staged\n");
    bench.git(&["add", "staged"]);
    bench.write("file", "changed\n");
    bench.write("untracked", "untracked\n");
    bench.write(".gitignore", "secret\n");
    bench.write("secret", "secret\n");
    bench.git(&["config", "commit.gpgSign", "true"]);
    for hook in [
        "pre-commit",
        "commit-msg",
        "reference-transaction",
        "post-checkout",
    ] {
        let path = bench.work().join(".git/hooks").join(hook);
        fs::write(
            &path,
            "#!/bin/sh\necho hook >> \"$(git rev-parse --git-dir)/hooked\"; exit 1\n",
        )
        .unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let before = (
        bench.git(&["rev-parse", "HEAD"]),
        bench.git(&["status", "--porcelain"]),
    );

    let nothing = "nothing [shape=parallelogram, tool_command=true] start -> nothing -> exit";
    let report = bench.run(nothing).await;

    assert_eq!(report.status, RunStatus::Success);
    let after = (
        bench.git(&["rev-parse", "HEAD"]),
        bench.git(&["status", "--porcelain"]),
    );
    assert_eq!(after, before);
    assert_eq!(bench.git(&["symbolic-ref", "--short", "HEAD"]), "main");
    assert!(!bench.work().join(".git/hooked").exists());
    // What was there before is in a commit of its own.
    let first = format!("{RUN}~3");
    assert_eq!(bench.story(&first)[0], "the files as the run found them");
    let files = bench.git(&["ls-tree", "-r", "--name-only", &first]);
    assert_eq!(files, ".gitignore\nfile\nstaged\nuntracked");
}

#[tokio::test]
async fn a_run_directory_in_the_repository_is_never_committed() {
    let bench = Bench::new();
    let engine = Bench::engine();
    let pipeline = engine.prepare(&digraph(THREE)).unwrap();
    let logs = bench.work().join("deep/run");
    let options = bench.options_at(RunDirectory::create(&logs).unwrap());
    let run = engine.start(&pipeline, options).await.unwrap();
    run.execute().await.unwrap();
    assert_eq!(bench.git(&["ls-tree", "-r", "--name-only", RUN]), "file");
    // Nor does it get into a commit that somebody else makes.
    bench.git(&["add", "--all"]);
    assert_eq!(bench.git(&["diff", "--cached", "--name-only"]), "file");
}

#[tokio::test]
async fn a_repository_without_a_commit_gets_its_first_ones_on_the_branch() {
    let bench = Bench::new();
    fs::remove_dir_all(bench.work().join(".git")).unwrap();
    bench.git(&["init", "--quiet", "--initial-branch", "main"]);
    bench.run(THREE).await;
    let first = bench.git(&["rev-list", "--max-parents=0", RUN]);
    assert_eq!(bench.git(&["ls-tree", "-r", "--name-only", &first]), "file");
    assert_eq!(bench.git(&["branch", "--list", "main"]), "");
}

#[tokio::test]
async fn what_git_mode_cannot_do_is_said_before_anything_runs() {
    let bench = Bench::new();
    let engine = Bench::engine();
    let pipeline = engine.prepare(&digraph(THREE)).unwrap();
    let refused = async |options: RunOptions| {
        let error = engine.start(&pipeline, options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        error.to_string()
    };
    let in_memory = RunOptions::in_memory().workdir(bench.work()).git(true);
    assert!(refused(in_memory).await.contains("kept in a directory"));
    let bad_id = bench.options().run_id("a..b");
    assert!(refused(bad_id).await.contains("run id \"a..b\""));
    let outside = tempfile::tempdir().unwrap();
    let no_repository = bench.options().workdir(outside.path());
    let said = refused(no_repository).await;
    assert!(
        said.contains("isn't in the working tree of a git repository: not a git"),
        "{said}"
    );
    let large = fs::File::create(bench.work().join("large")).unwrap();
    large.set_len(257 * 1024 * 1024).unwrap();
    assert!(
        refused(bench.options())
            .await
            .contains("name in .gitignore")
    );
}

/// Runs until the journal has that many entries, and resumes.
async fn crash_and_resume(bench: &Bench, source: &str, entries: u64) -> Option<RunReport> {
    let engine = Bench::engine();
    let pipeline = engine.prepare(source).unwrap();
    let journal = Arc::new(RunDirectory::create(bench.logs()).unwrap());
    let journal = CrashAfter::new(journal, entries, Crash::Error);
    let run = engine
        .start(&pipeline, bench.options_at(journal))
        .await
        .unwrap();
    if run.execute().await.is_ok() {
        return None;
    }
    let resumed = engine
        .resume(bench.logs(), ResumeOptions::new())
        .await
        .unwrap();
    Some(resumed.execute().await.unwrap())
}

#[tokio::test]
async fn killed_after_any_event_a_run_ends_with_the_same_files() {
    killed_after_every_third(1).await;
}

#[tokio::test]
async fn killed_after_any_other_event_a_run_ends_with_the_same_files() {
    killed_after_every_third(2).await;
}

#[tokio::test]
async fn killed_after_any_further_event_a_run_ends_with_the_same_files() {
    killed_after_every_third(3).await;
}

async fn killed_after_every_third(first: u64) {
    // A command that is killed leaves what it had written; this one writes beside the repository.
    let edit = |out: &str, change: &str| {
        let new = "$ATTRACTOR_STAGE_DIR/new";
        format!("echo x > {out}; sed {change} file > {new} && mv {new} file")
    };
    let (a, b) = (edit("a.out", "s/one/ONE/"), edit("b.out", "s/three/THREE/"));
    let source = digraph(&branches(&a, &b, "join -> exit"));
    for entries in (first..).step_by(3) {
        let bench = Bench::new();
        let Some(report) = crash_and_resume(&bench, &source, entries).await else {
            assert!(entries > 30, "{entries}");
            return;
        };
        assert_eq!(
            report.status,
            RunStatus::Success,
            "{entries}: {:?}",
            report.reason
        );
        let files = bench.git(&["ls-tree", "-r", "--name-only", RUN]);
        assert_eq!(files, "a.out\nb.out\nfile", "{entries}");
        assert_eq!(
            bench.git(&["show", &format!("{RUN}:file")]),
            "ONE\ntwo\nTHREE",
            "{entries}"
        );
        assert_eq!(
            bench.read("file").unwrap(),
            "ONE\ntwo\nTHREE\n",
            "{entries}"
        );
        assert_eq!(
            bench.git(&["worktree", "list"]).lines().count(),
            1,
            "{entries}"
        );
        assert_eq!(bench.story(RUN)[0], "exit: success", "{entries}");
    }
}

#[tokio::test]
async fn what_changed_while_the_run_stood_still_is_reported_and_kept() {
    let bench = Bench::new();
    let source = digraph(
        "break [shape=parallelogram, tool_command=\"test -e repaired\"] start -> break -> exit",
    );
    let engine = Bench::engine();
    let pipeline = engine.prepare(&source).unwrap();
    let run = engine.start(&pipeline, bench.options()).await.unwrap();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Fail);
    bench.write("repaired", "by hand\n");
    let resumed = engine
        .resume(bench.logs(), ResumeOptions::new())
        .await
        .unwrap();
    assert_eq!(resumed.execute().await.unwrap().status, RunStatus::Success);
    let found = bench
        .entries()
        .into_iter()
        .find_map(|entry| match entry.event {
            RunEvent::CommitCreated { commit }
                if commit.cause == attractor_core::CommitCause::Resume =>
            {
                Some(commit.files)
            }
            _ => None,
        });
    assert_eq!(found.unwrap(), ["repaired"]);
    assert_eq!(bench.read("repaired").unwrap(), "by hand\n");
    assert_eq!(
        bench.story(RUN)[2],
        "what was changed while the run stood still"
    );
}

#[tokio::test]
async fn a_git_that_takes_its_time_is_stopped_with_the_run() {
    let bench = Bench::new();
    bench.git(&["config", "filter.slow.clean", "sleep 60; cat"]);
    let source = "slow [shape=parallelogram, tool_command=\"echo '* filter=slow' > .gitattributes; echo x > x\"] start -> slow -> exit";
    let engine = Bench::engine();
    let pipeline = engine.prepare(&digraph(source)).unwrap();
    let run = engine.start(&pipeline, bench.options()).await.unwrap();
    let handle = run.handle();
    let mut events = handle.events();
    let watch = async {
        use futures::StreamExt as _;
        while let Some(update) = events.next().await {
            if let attractor_core::RunUpdate::Entry(entry) = update
                && matches!(&entry.event, RunEvent::StageCompleted { node, .. } if node == "slow")
            {
                handle.cancel();
                return std::time::Instant::now();
            }
        }
        panic!("the stage doesn't end")
    };
    let (report, cancelled) = tokio::join!(run.execute(), watch);
    assert_eq!(report.unwrap().status, RunStatus::Cancelled);
    assert!(
        cancelled.elapsed().as_secs() < 5,
        "{:?}",
        cancelled.elapsed()
    );
    let sleeping = Command::new("pgrep").args(["-f", "sleep 60; cat"]).output();
    if let Ok(sleeping) = sleeping {
        assert_eq!(
            String::from_utf8_lossy(&sleeping.stdout),
            "",
            "left running"
        );
    }
}
