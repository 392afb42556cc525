//! An implementation run: its commits on the target branch, a note, a patch, a pull request.

use super::{Output, Results, store};
use crate::execute::Execution;
use crate::execute::error::Failure;
use crate::runner_api::PullRequestWanted;

const NOTE: &str = "implementation-note.md";
const PATCH: &str = "implementation.patch";

/// Characters of the note that a pull request begins with.
const SUMMARY_CHARACTERS: usize = 5_000;

pub(super) async fn deliver(execution: &Execution<'_>) -> Result<Results, Failure> {
    let found = execution.found();
    let patch = patch(execution).await?;
    let note = match found.file(NOTE).await? {
        Some(note) => note,
        None => note(execution, found.last_answer()?).await?,
    };
    let others = found.others(&[NOTE, PATCH])?;
    for output in [&note, &patch].into_iter().chain(&others) {
        store(execution, output).await?;
    }
    push(execution).await?;
    let body = String::from_utf8_lossy(&note.bytes);
    let wanted = PullRequestWanted {
        head: execution.spec.target_branch.clone(),
        title: title(execution),
        body: body.chars().take(SUMMARY_CHARACTERS).collect(),
    };
    let request = execution.api.pull_request(&wanted).await?;
    Ok(Results {
        pr_url: request.map(|it| it.pr_url),
        ..Results::default()
    })
}

/// How often a push is begun anew that was broken off.
const PUSHES: u32 = 10;

/// Characters of a pull request's title: a line of a list.
const TITLE_CHARACTERS: usize = 120;

/// What the run has changed since it began.
async fn patch(execution: &Execution<'_>) -> Result<Output, Failure> {
    let range = format!("{}..{}", execution.workspace.base.commit, result(execution));
    let arguments = [
        "diff",
        "--binary",
        "--no-color",
        "--no-ext-diff",
        &range,
        "--",
    ];
    let text = execution.git.text(&arguments).await?;
    if text.trim().is_empty() {
        return Err(Failure::run("the implementation run has changed no file"));
    }
    let text = execution.scrubber.text(&(text + "\n")).into_owned();
    Ok(Output::new(PATCH, text))
}

/// What the last model said at the end, and the files that are different now.
async fn note(execution: &Execution<'_>, answer: Option<String>) -> Result<Output, Failure> {
    let range = format!("{}..{}", execution.workspace.base.commit, result(execution));
    let files = execution
        .git
        .text(&["diff", "--stat=100", &range, "--"])
        .await?;
    let answer = answer.unwrap_or_default();
    let answer = execution.scrubber.text(answer.trim());
    let text = format!("{answer}\n\n## Files\n\n```text\n{files}\n```\n");
    Ok(Output::new(NOTE, text.trim_start().to_owned()))
}

/// The branch with the run's commits.
fn result(execution: &Execution<'_>) -> String {
    format!("refs/heads/attractor/run/{}", execution.spec.run_id)
}

/// Pushes the commits to the target branch: only over what was there when the run began, and only if
/// the attempt may still do it.
async fn push(execution: &Execution<'_>) -> Result<(), Failure> {
    let target = execution.spec.target_branch.as_str();
    let base = &execution.workspace.base;
    let own = execution.spec.repository.default_branch.as_ref();
    let defaults = [own.map(|it| it.as_str()), base.default_branch.as_deref()];
    if defaults.contains(&Some(target)) {
        let text = format!("{target} is the repository's default branch, which no run pushes to");
        return Err(Failure::run(text));
    }
    let target = format!("refs/heads/{target}");
    let git = &execution.git;
    let commit = git
        .text(&["rev-parse", "--verify", &result(execution)])
        .await?;
    let lease = format!(
        "--force-with-lease={target}:{}",
        base.target.as_deref().unwrap_or("")
    );
    let before = ["push", "--quiet", "--no-verify", lease.as_str()];
    let what = format!("{commit}:{target}");
    let after = [what.as_str()];
    for _ in 0..PUSHES {
        // Pushed by an attempt that was cut off before it could say so.
        let listed = git.transfer(&["ls-remote", "--quiet"], &[&target]).await?;
        if listed.split_whitespace().next() == Some(commit.as_str()) {
            return Ok(());
        }
        execution.api.may_push().await?;
        tokio::select! {
            pushed = git.transfer(&before, &after) => return judge(execution, pushed),
            // The push is broken off with this: the run may be another's by now.
            () = execution.api.lease_ends() => {}
        }
    }
    Err(Failure::run(
        "the control plane was gone each time that the run was about to push",
    ))
}

/// What has become of a push.
fn judge(execution: &Execution<'_>, pushed: Result<String, Failure>) -> Result<(), Failure> {
    pushed.map(drop).map_err(|error| match error {
        Failure::Run(text) if text.contains("stale info") => Failure::run(format!(
            "the branch {} was changed by somebody else while the run worked on it: {text}",
            execution.spec.target_branch
        )),
        other => other,
    })
}

fn title(execution: &Execution<'_>) -> String {
    let goal = execution.goal.lines().next().unwrap_or_default().trim();
    let goal = execution.scrubber.text(goal);
    let name = &execution.spec.attractor.name;
    let title = match goal.is_empty() {
        true => format!("{name}: attractor run {}", execution.spec.run_id),
        false => format!("{name}: {goal}"),
    };
    title.chars().take(TITLE_CHARACTERS).collect()
}
