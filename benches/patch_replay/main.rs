//! Replays the history of a git repository as v4a patches.
//!
//! ```console
//! cargo run --release -p attractor-benches --example patch_replay -- <repository> [commits]
//! ```
//!
//! Takes the last commits (500 unless told) that aren't merges. Each becomes one patch, with 3 and with
//! 1 line of context, and with three kinds of `@@` lines: none, git's own, and the enclosing line that
//! a model would name. `apply_patch` applies it to the files as they were before the commit, and
//! the result is compared with git's, byte for byte. One that is applied and differs is *wrong*: the
//! count that must be zero, or the program fails.
//!
//! Left out are files that a patch, being text, can't express: binary ones, symbolic links, submodules,
//! and changes in lines that aren't UTF-8. Nothing of the repository is kept.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is its output"
)]

mod history;
mod v4a;

use std::{env, path::Path, process::ExitCode, sync::Arc, time::Instant};

use attractor_agent::{ApplyPatchTool, LocalEnvironment, Tool as _, ToolContext};
use history::{Change, Repository};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use v4a::Headers;

const COMMITS: usize = 500;

/// How often what came out.
#[derive(Default)]
struct Count {
    exact: usize,
    ambiguous: usize,
    refused: usize,
    wrong: usize,
}

impl Count {
    fn row(&self) -> String {
        let Self {
            exact,
            ambiguous,
            refused,
            wrong,
        } = self;
        format!("{exact} | {ambiguous} | {refused} | {wrong}")
    }
}

enum Outcome {
    Exact,
    Ambiguous,
    Refused(String),
    Wrong(String),
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: patch_replay <repository> [commits]");
        return ExitCode::FAILURE;
    };
    let number = arguments
        .next()
        .map_or(COMMITS, |number| number.parse().unwrap());
    let mut repository = Repository::open(Path::new(&path));
    let commits = repository.commits(number);
    let runtime = Builder::new_current_thread().build().unwrap();
    println!("{} commits of {path}\n", commits.len());
    println!(
        "| context | `@@` | commits: exact | ambiguous | refused otherwise | wrong | files: exact | ambiguous | refused otherwise | wrong | left out | slowest (ms) |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut wrong = 0;
    for context in [3, 1] {
        let commits: Vec<_> = commits
            .iter()
            .map(|commit| (commit, repository.changes(commit, context)))
            .collect();
        for headers in [Headers::None, Headers::Git, Headers::Enclosing] {
            let run = replay(&runtime, &commits, headers);
            println!(
                "| {context} | {headers} | {} | {} | {} | {} |",
                run.commits.row(),
                run.files.row(),
                run.left_out,
                run.slowest_ms
            );
            wrong += run.commits.wrong + run.files.wrong;
        }
    }
    if wrong > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

#[derive(Default)]
struct Run {
    commits: Count,
    files: Count,
    left_out: usize,
    slowest_ms: u128,
}

/// Applies each commit as one patch, then each of its files as a patch of its own.
fn replay(runtime: &Runtime, commits: &[(&String, history::Changes)], headers: Headers) -> Run {
    let mut run = Run::default();
    for (commit, changes) in commits {
        run.left_out += changes.left_out;
        if changes.files.is_empty() {
            continue;
        }
        let begun = Instant::now();
        let outcome = apply(runtime, &changes.files, headers);
        run.slowest_ms = run.slowest_ms.max(begun.elapsed().as_millis());
        tell(commit, headers, &outcome);
        count(&mut run.commits, &outcome);
        for file in &changes.files {
            let outcome = apply(runtime, std::slice::from_ref(file), headers);
            count(&mut run.files, &outcome);
        }
    }
    run
}

fn count(count: &mut Count, outcome: &Outcome) {
    *match outcome {
        Outcome::Exact => &mut count.exact,
        Outcome::Ambiguous => &mut count.ambiguous,
        Outcome::Refused(_) => &mut count.refused,
        Outcome::Wrong(_) => &mut count.wrong,
    } += 1;
}

/// What needs a look goes to standard error.
fn tell(commit: &str, headers: Headers, outcome: &Outcome) {
    match outcome {
        Outcome::Wrong(what) => eprintln!("WRONG {commit} ({headers}): {what}"),
        Outcome::Refused(why) => eprintln!("refused {commit} ({headers}): {why}"),
        Outcome::Exact | Outcome::Ambiguous => {}
    }
}

fn apply(runtime: &Runtime, files: &[Change], headers: Headers) -> Outcome {
    let directory = TempDir::new().unwrap();
    for file in files {
        if let Some(before) = &file.before {
            let path = directory.path().join(&file.old_path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, before).unwrap();
        }
    }
    let environment = Arc::new(LocalEnvironment::new(directory.path()).unwrap());
    let patch = v4a::patch(files, headers);
    let context = ToolContext::new(environment);
    let result = runtime.block_on(ApplyPatchTool.execute(json!({ "patch": patch }), &context));
    match result {
        // The only word of an error that is looked at, by its only reader.
        Err(error) if error.to_string().contains("is ambiguous") => Outcome::Ambiguous,
        Err(error) => Outcome::Refused(error.to_string()),
        Ok(_) => compare(directory.path(), files),
    }
}

fn compare(directory: &Path, files: &[Change]) -> Outcome {
    for file in files {
        let content = std::fs::read(directory.join(&file.path)).ok();
        if content != file.after {
            return Outcome::Wrong(file.path.clone());
        }
        let old = directory.join(&file.old_path);
        if file.old_path != file.path
            && old.exists()
            && !files.iter().any(|other| other.path == file.old_path)
        {
            return Outcome::Wrong(format!("{} is still there", file.old_path));
        }
    }
    Outcome::Exact
}
