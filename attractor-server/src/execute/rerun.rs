//! A run that repeats another one from a node on: a copy of it up to there.

use std::path::{Path, PathBuf};

use attractor_core::engine::Forked;

use super::error::Failure;
use super::git::Git;
use super::open::holds_run;
use super::workspace::{Base, make_directory, read_base, remove_directory};
use crate::compose;
use crate::domain::RunType;
use crate::runner_api::{RerunSource, RunSpecification};

/// Where a repetition works: in a working tree of the clone of the run that it repeats.
pub(super) fn clone(directory: &Path) -> PathBuf {
    directory.join("run/worktree")
}

/// Copies the run that is to be repeated.
pub(super) async fn create(
    directory: &Path,
    spec: &RunSpecification,
    rerun: &RerunSource,
    git: &impl Fn(&Path) -> Git,
) -> Result<Base, Failure> {
    let origin = directory.parent().unwrap_or(directory);
    let origin = origin.join(rerun.run_id.as_str());
    let Some(base) = read_base(&origin).filter(|_| holds_run(&origin.join("run"))) else {
        return Err(Failure::run(format!(
            "the run {} has left no files on this machine that it could be repeated from; start a new run",
            rerun.run_id
        )));
    };
    let copy = directory.join("run");
    if !holds_run(&copy) {
        remove_directory(&copy)?;
        make_directory(&copy)?;
        fork(&origin.join("run"), &copy, spec, rerun).await?;
    }
    let git = git(&clone(directory));
    let target = target(spec, rerun, &base, &git).await?;
    Ok(Base { target, ..base })
}

async fn fork(
    origin: &Path,
    copy: &Path,
    spec: &RunSpecification,
    rerun: &RerunSource,
) -> Result<Forked, Failure> {
    let id = Some(spec.run_id.to_string());
    let at = (rerun.node.as_str(), None);
    let forked = compose::checker().fork(origin, copy, id, at).await;
    forked.map_err(|error| {
        let text = format!(
            "the run {} can't be repeated from {}: {error}",
            rerun.run_id, rerun.node
        );
        Failure::run(text)
    })
}

/// The target branch as it is now: a repetition takes the place of what the first run has pushed, and
/// of nothing else.
async fn target(
    spec: &RunSpecification,
    rerun: &RerunSource,
    base: &Base,
    git: &Git,
) -> Result<Option<String>, Failure> {
    if spec.run_type != RunType::Implementation {
        return Ok(None);
    }
    let branch = format!("refs/heads/{}", spec.target_branch);
    let listed = git.transfer(&["ls-remote", "--quiet"], &[&branch]).await?;
    let now = listed.split_whitespace().next().map(str::to_owned);
    let result = format!("refs/heads/attractor/run/{}", rerun.run_id);
    let result = git
        .find(&["rev-parse", "--quiet", "--verify", &result])
        .await?;
    if now.is_none() || now == base.target || now == result {
        return Ok(now);
    }
    Err(Failure::run(format!(
        "the branch {} has commits that the run {} didn't make: a repetition would remove them",
        spec.target_branch, rerun.run_id
    )))
}
