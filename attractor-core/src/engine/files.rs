//! The files of a run in git mode: what is committed when, and where each stage works.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::drive::EngineRun;
use crate::git::{
    Joined, MergePolicy, Repository, Workspace, finished, is_valid_run_id, merge_policy,
};
use crate::journal::{Journal, Manifest};
use crate::run::{BranchPath, Commit, CommitCause, JournalEntry, RunEvent, StageKey};
use crate::state::{FailureKind, Outcome};
use crate::{Error, ErrorKind};

/// The files of a run; nothing unless it's in git mode.
#[derive(Debug, Default)]
pub(super) struct Files(Option<Box<Workspace>>);

impl Files {
    /// The files of a new run.
    pub(super) async fn create(
        wanted: bool,
        workdir: &Path,
        run_id: &str,
        journal: &dyn Journal,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        if !wanted {
            return Ok(Self(None));
        }
        if !is_valid_run_id(run_id) {
            let text = format!("git mode can't name a branch after the run id {run_id:?}");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        let workspace = open(workdir, run_id, journal, cancel).await?;
        workspace.check().await?;
        Ok(Self(Some(Box::new(workspace))))
    }

    /// The files of a run that is resumed.
    pub(super) async fn reopen(
        manifest: &Manifest,
        workdir: &Path,
        entries: &[JournalEntry],
        journal: &dyn Journal,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        if manifest.git_branch.is_none() {
            return Ok(Self(None));
        }
        let mut workspace = open(workdir, &manifest.run_id, journal, cancel).await?;
        workspace.recall(entries);
        Ok(Self(Some(Box::new(workspace))))
    }

    /// The run's branch.
    pub(super) fn branch(&self, run_id: &str) -> Option<String> {
        self.0.as_ref().map(|_| format!("attractor/run/{run_id}"))
    }
}

async fn open(
    workdir: &Path,
    run_id: &str,
    journal: &dyn Journal,
    cancel: &CancellationToken,
) -> Result<Workspace, Error> {
    let Some(root) = journal.root() else {
        let text = "git mode needs a run that is kept in a directory";
        return Err(Error::new(ErrorKind::InvalidInput, text));
    };
    let repository = Repository::open(workdir, cancel.clone()).await?;
    Workspace::new(repository, run_id, root)
}

impl EngineRun {
    /// The directory that a stage works in.
    pub(super) fn workdir_of(&self, stage: &StageKey) -> Arc<Path> {
        match (&self.files.0, &stage.branch) {
            (Some(workspace), Some(key)) => workspace.workdir(Some(key)).into(),
            _ => Arc::clone(&self.workdir),
        }
    }

    /// Does what has to be done before an event is recorded: a branch that ends gives up its
    /// working tree while it can still say what was left in it.
    pub(super) async fn before_event(
        &mut self,
        branch: Option<&BranchPath>,
        event: &RunEvent,
    ) -> Result<(), Error> {
        let RunEvent::ParallelBranchCompleted { .. } = event else {
            return Ok(());
        };
        let Some(mut workspace) = self.files.0.take() else {
            return Ok(());
        };
        // One that never began has no walk and no files.
        let key = self.run.walk(branch).and_then(|walk| walk.key()).cloned();
        let done = match key {
            Some(key) => workspace.end_branch(&key).await,
            None => Ok(None),
        };
        self.files.0 = Some(workspace);
        match unless_cancelled(done)?.flatten() {
            Some(commit) => self.committed(branch, commit).await,
            None => Ok(()),
        }
    }

    /// Does what follows from an event that was recorded: commits the files of a stage that has
    /// ended, gives a branch that begins a working tree.
    pub(super) async fn after_event(
        &mut self,
        branch: Option<&BranchPath>,
        event: &RunEvent,
    ) -> Result<(), Error> {
        let Some(mut workspace) = self.files.0.take() else {
            return Ok(());
        };
        let done = self.follow(&mut workspace, branch, event).await;
        self.files.0 = Some(workspace);
        unless_cancelled(done).map(drop)
    }

    async fn follow(
        &mut self,
        workspace: &mut Workspace,
        branch: Option<&BranchPath>,
        event: &RunEvent,
    ) -> Result<(), Error> {
        let key = self.run.walk(branch).and_then(|walk| walk.key()).cloned();
        let key = key.as_deref();
        match event {
            RunEvent::RunStarted { .. } => {
                let commit = workspace.begin().await?;
                self.committed(None, commit).await
            }
            RunEvent::RunResumed { .. } => self.look_at_files(workspace).await,
            RunEvent::ParallelBranchStarted { .. } => match key {
                Some(key) => workspace.begin_branch(key).await,
                None => Ok(()),
            },
            event => match finished(event) {
                Some(stage) => {
                    let commit = workspace.commit_stage(key, &stage).await?;
                    self.committed(branch, commit).await
                }
                None => Ok(()),
            },
        }
    }

    /// Compares the files of a run that is resumed with its last commits, and records what has
    /// changed since. Working trees that a kill has left behind are removed.
    async fn look_at_files(&mut self, workspace: &mut Workspace) -> Result<(), Error> {
        if !workspace.has_begun() {
            let commit = workspace.begin().await?;
            return self.committed(None, commit).await;
        }
        if let Some(commit) = workspace.commit_found(None).await? {
            self.committed(None, commit).await?;
        }
        let live = self.run.live_branches();
        let keys: Vec<_> = live.iter().map(AsRef::as_ref).collect();
        workspace.remove_others(&keys).await?;
        for key in keys {
            if workspace.ensure_branch(key).await?
                && let Some(commit) = workspace.commit_found(Some(key)).await?
            {
                self.committed(Some(&key.path), commit).await?;
            }
        }
        Ok(())
    }

    /// Merges the files of the branches that come together at a fan-in that has succeeded. A
    /// conflict makes a failure of it, with the word `conflict`.
    pub(super) async fn join_files(
        &mut self,
        stage: &StageKey,
        outcome: Outcome,
    ) -> Result<Outcome, Error> {
        let Some(branches) = self.branches_to_join(stage, &outcome)? else {
            return Ok(outcome);
        };
        let Some(mut workspace) = self.files.0.take() else {
            return Ok(outcome);
        };
        let key = stage.branch.as_deref();
        let done = workspace.join(key, &stage.node, &branches).await;
        self.files.0 = Some(workspace);
        let joined = done?;
        for commit in &joined.commits {
            self.committed(stage.branch_path(), commit.clone()).await?;
        }
        Ok(with_files(outcome, &joined))
    }

    /// The branches whose files a fan-in takes over, in the order of the source; nothing if it's
    /// not the end of branches with files of their own.
    fn branches_to_join(
        &self,
        stage: &StageKey,
        outcome: &Outcome,
    ) -> Result<Option<Vec<BranchPath>>, Error> {
        let graph = self.run.graph();
        let kind = |id: &str| graph.node(id).map(|node| graph.resolved_type(node));
        let walk = self.run.walk(stage.branch_path());
        let (Some(node), Some(walk)) = (graph.node(&stage.node), walk) else {
            return Ok(None);
        };
        let (Some(fan), None) = walk.arrival() else {
            return Ok(None);
        };
        let joins = kind(&stage.node) == Some("parallel.fan_in") && kind(fan) == Some("parallel");
        if self.files.0.is_none() || !joins || !outcome.status.is_success() {
            return Ok(None);
        }
        let best = outcome.context_updates.get("parallel.fan_in.best_id");
        let policy = merge_policy(node)?;
        let results = walk.context().get("parallel.results");
        let results = results.and_then(|results| results.as_array());
        let mut branches = Vec::new();
        for result in results.into_iter().flatten() {
            let text = |key: &str| result.get(key).and_then(|value| value.as_str());
            let status = text("status").and_then(crate::StageStatus::from_word);
            let chosen = match policy {
                MergePolicy::All => true,
                MergePolicy::Best => best.is_some() && result.get("id") == best,
                MergePolicy::Nothing => false,
            };
            if let Some(id) = text("id")
                && chosen
                && status.is_some_and(crate::StageStatus::is_success)
            {
                branches.push(BranchPath::new(stage.branch_path(), fan, id));
            }
        }
        Ok(Some(branches))
    }

    async fn committed(
        &mut self,
        branch: Option<&BranchPath>,
        commit: Commit,
    ) -> Result<(), Error> {
        if commit.cause == CommitCause::Resume {
            let (count, files) = (commit.changed_files, commit.files.join(", "));
            tracing::warn!("{count} files aren't those of the run's last commit: {files}");
        }
        self.append(branch, RunEvent::CommitCreated { commit })
            .await
            .map(drop)
    }
}

/// The outcome of a fan-in with what became of the files of its branches.
fn with_files(mut outcome: Outcome, joined: &Joined) -> Outcome {
    let files: std::collections::BTreeSet<_> = joined.conflicts.values().flatten().collect();
    for (id, commit) in &joined.tips {
        let key = format!("parallel.branch.{id}.commit");
        outcome = outcome.with_update(key, commit.as_str());
    }
    outcome = outcome
        .with_update("parallel.merged", json!(joined.merged))
        .with_update("parallel.conflict.files", json!(files))
        .with_update("parallel.conflict.branches", json!(joined.conflicts));
    if joined.conflicts.is_empty() {
        return outcome;
    }
    let of = |(id, files): (&String, &Vec<String>)| format!("{id} ({})", files.join(", "));
    let conflicts: Vec<_> = joined.conflicts.iter().map(of).collect();
    let reason = format!("branches in conflict: {}", conflicts.join("; "));
    let mut failed = Outcome::fail(reason).with_failure_kind(FailureKind::Terminal);
    failed.word = Some("conflict".to_owned());
    failed.context_updates = outcome.context_updates;
    failed.notes = outcome.notes;
    failed
}

/// Nothing if git was stopped because the run was: what is missing is done when it's resumed.
fn unless_cancelled<T>(done: Result<T, Error>) -> Result<Option<T>, Error> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == ErrorKind::Cancelled => Ok(None),
        Err(error) => Err(error),
    }
}
