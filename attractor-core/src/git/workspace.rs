//! The files of a run: where each walk works, and the last commit of each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::merge::{CAUSE, Joined, Merged};
use super::message::Message;
use super::names;
use super::repository::Repository;
use super::snapshot::{Tree, below};
use crate::run::{BranchKey, BranchPath, Commit, CommitCause, JournalEntry, RunEvent};
use crate::{Error, ErrorKind, NodeId};

/// The index that snapshots are made with, in the run directory. No node's id has a dash.
const INDEX: &str = "git-index";

/// The working trees of branches, in the run directory.
const WORKTREES: &str = "git-worktrees";

/// A stage that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) node: NodeId,
    pub(crate) index: u64,
    pub(crate) attempt: u32,
    pub(crate) outcome: String,
}

/// The files of a run in git mode.
#[derive(Debug)]
pub(crate) struct Workspace {
    repository: Repository,
    run_id: String,
    /// The run directory.
    directory: PathBuf,
    /// Where that lies in the working tree, if it does.
    hidden: Option<PathBuf>,
    /// The last commit of each walk, by the branch's path; that of the main walk under "".
    tips: BTreeMap<String, String>,
    /// The tree of the last commit of each walk, as far as it's known.
    trees: BTreeMap<String, String>,
    /// Stages whose commit a crash has prevented.
    missing: BTreeMap<String, Finished>,
}

impl Workspace {
    /// The files of a run that is kept in a directory.
    pub(crate) fn new(
        repository: Repository,
        run_id: &str,
        directory: &Path,
    ) -> Result<Self, Error> {
        let hidden = below(repository.top(), directory);
        if hidden
            .as_ref()
            .is_some_and(|path| path.as_os_str().is_empty())
        {
            let text = "git mode needs a run directory that isn't the working tree itself";
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        Ok(Self {
            repository,
            run_id: run_id.to_owned(),
            directory: directory.to_owned(),
            hidden,
            tips: BTreeMap::new(),
            trees: BTreeMap::new(),
            missing: BTreeMap::new(),
        })
    }

    /// Refuses what a run shouldn't begin with: too much that git doesn't know.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        self.repository.refuse_too_much(&self.tree(None)).await
    }

    /// What a journal says about the files: the last commits, and those that are missing.
    pub(crate) fn recall(&mut self, entries: &[JournalEntry]) {
        for entry in entries {
            let place = place(entry.branch.as_ref());
            match &entry.event {
                RunEvent::CommitCreated { commit } => {
                    self.tips.insert(place.to_owned(), commit.id.clone());
                    self.missing.remove(place);
                }
                RunEvent::ParallelBranchStarted { .. } => {
                    let parent = entry.branch.as_ref().and_then(BranchPath::parent);
                    self.inherit(place, parent.as_ref());
                }
                RunEvent::StageStarted { .. } => {
                    self.missing.remove(place);
                }
                event => {
                    if let Some(finished) = finished(event) {
                        self.missing.insert(place.to_owned(), finished);
                    }
                }
            }
        }
    }

    /// Whether the run's first commit was made.
    pub(crate) fn has_begun(&self) -> bool {
        self.tips.contains_key("")
    }

    /// The directory that the stages of a walk work in.
    pub(crate) fn workdir(&self, key: Option<&BranchKey>) -> PathBuf {
        self.repository.workdir_in(&self.tree(key).top)
    }

    /// Makes the run's branch: of the commit that is checked out, or, where the working tree has
    /// more than that, of a first commit of everything in it.
    pub(crate) async fn begin(&mut self) -> Result<Commit, Error> {
        self.repository.prune_worktrees().await?;
        let snapshot = self.repository.snapshot(&self.tree(None), None).await?;
        let head = self.repository.commit("HEAD").await?;
        let mut commit = Commit::new(CommitCause::Start);
        commit.left_out = snapshot.left_out;
        if let Some(head) = &head {
            commit.changed(self.repository.differences(head, &snapshot.tree).await?);
        }
        commit.id = match head {
            Some(head) if commit.changed_files == 0 => head,
            head => {
                let parents: Vec<&str> = head.as_deref().into_iter().collect();
                let message = self.message(None).render(commit.cause);
                self.repository
                    .commit_tree(&snapshot.tree, &parents, &message)
                    .await?
            }
        };
        self.advance(None, &commit.id).await?;
        Ok(commit)
    }

    /// Records the files of a walk after one of its stages: always, so that every stage has a
    /// commit, even one that changed nothing.
    pub(crate) async fn commit_stage(
        &mut self,
        key: Option<&BranchKey>,
        stage: &Finished,
    ) -> Result<Commit, Error> {
        let mut commit = Commit::new(CommitCause::Stage);
        commit.node = Some(stage.node.clone());
        commit.index = Some(stage.index);
        commit.attempt = Some(stage.attempt);
        let mut message = self.message(key);
        message.node = Some(&stage.node);
        message.index = Some(stage.index);
        message.attempt = Some(stage.attempt);
        message.outcome = Some(&stage.outcome);
        let text = message.render(commit.cause);
        self.record(key, &mut commit, &text, true).await?;
        Ok(commit)
    }

    /// Records the files of a walk if they aren't those of its last commit.
    pub(crate) async fn commit_changes(
        &mut self,
        key: Option<&BranchKey>,
        cause: CommitCause,
    ) -> Result<Option<Commit>, Error> {
        let mut commit = Commit::new(cause);
        let text = self.message(key).render(cause);
        let made = self.record(key, &mut commit, &text, false).await?;
        Ok(made.then_some(commit))
    }

    /// The commits that are due when a run is resumed: that of a stage whose process died before
    /// it, else one of what was changed since. The files stay as they are.
    pub(crate) async fn commit_found(
        &mut self,
        key: Option<&BranchKey>,
    ) -> Result<Option<Commit>, Error> {
        if let Some(stage) = self.missing.remove(place(key.map(|key| &key.path))) {
            return self.commit_stage(key, &stage).await.map(Some);
        }
        self.commit_changes(key, CommitCause::Resume).await
    }

    /// Gives a branch a working tree of its own, with the files of the walk it begins in.
    pub(crate) async fn begin_branch(&mut self, key: &BranchKey) -> Result<(), Error> {
        self.inherit(key.path.as_str(), key.path.parent().as_ref());
        self.ensure_branch(key).await.map(drop)
    }

    /// Makes the working tree of a branch again if it isn't there; says whether it was.
    pub(crate) async fn ensure_branch(&self, key: &BranchKey) -> Result<bool, Error> {
        let (path, made) = self.worktree(key);
        if made.exists() && path.exists() {
            return Ok(true);
        }
        let gone = || Error::new(ErrorKind::Damaged, "a branch has no commit to begin with");
        let tip = self.tips.get(key.path.as_str()).ok_or_else(gone)?;
        remove(&self.worktree_file(key, "index"))?;
        self.repository.remove_worktree(&path).await?;
        self.repository
            .add_worktree(&path, tip, &self.run_id)
            .await?;
        // Only now is everything in it: one that was torn by a kill has no such file.
        fs::write(&made, tip).map_err(|e| Error::io(format!("write {}", made.display()), e))?;
        Ok(false)
    }

    /// Records what a branch has left and removes its working tree.
    pub(crate) async fn end_branch(&mut self, key: &BranchKey) -> Result<Option<Commit>, Error> {
        let (path, made) = self.worktree(key);
        if !made.exists() {
            self.repository.remove_worktree(&path).await?;
            return Ok(None);
        }
        let commit = self
            .commit_changes(Some(key), CommitCause::BranchEnd)
            .await?;
        remove(&made)?;
        remove(&self.worktree_file(key, "index"))?;
        self.repository.remove_worktree(&path).await?;
        Ok(commit)
    }

    /// Removes the working trees of branches that aren't being executed.
    pub(crate) async fn remove_others(&self, live: &[&BranchKey]) -> Result<(), Error> {
        let kept: Vec<String> = live.iter().map(|key| names::file(key)).collect();
        let Ok(entries) = fs::read_dir(self.directory.join(WORKTREES)) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let path = entry.path();
            // What belongs to a working tree differs from its name in the end only.
            let name = path
                .file_stem()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if kept.iter().any(|kept| kept == name) {
                continue;
            }
            match path.is_dir() {
                true => self.repository.remove_worktree(&path).await?,
                false => remove(&path)?,
            }
        }
        Ok(())
    }

    /// Merges branches into the walk they come together in, one after the other in this order.
    /// One that is in conflict with the walk as it then is stays out of it; its commits stay
    /// findable.
    pub(crate) async fn join(
        &mut self,
        key: Option<&BranchKey>,
        node: &NodeId,
        branches: &[BranchPath],
    ) -> Result<Joined, Error> {
        let mut joined = Joined::default();
        joined
            .commits
            .extend(self.commit_changes(key, CommitCause::Outside).await?);
        let Some(before) = self.tips.get(place(key.map(|key| &key.path))).cloned() else {
            return Ok(joined);
        };
        let mut ours = before.clone();
        let mut message = self.message(key);
        message.node = Some(node);
        let message = message.render(CAUSE);
        for path in branches {
            let Some(theirs) = self.tips.get(path.as_str()) else {
                continue;
            };
            joined.tips.insert(path.id().to_owned(), theirs.clone());
            if self.repository.is_ancestor(theirs, &ours).await? {
                joined.merged.push(path.id().to_owned());
                continue;
            }
            match self.repository.merge(&ours, theirs).await? {
                Merged::Conflict(files) => {
                    joined.conflicts.insert(path.id().to_owned(), files);
                }
                Merged::Tree(tree) => {
                    let parents = [ours.as_str(), theirs.as_str()];
                    let id = self
                        .repository
                        .commit_tree(&tree, &parents, &message)
                        .await?;
                    let mut commit = Commit::new(CAUSE);
                    commit.node = Some(node.clone());
                    commit.changed(self.repository.differences(&ours, &id).await?);
                    commit.id.clone_from(&id);
                    joined.commits.push(commit);
                    joined.merged.push(path.id().to_owned());
                    ours = id;
                }
            }
        }
        if ours != before {
            // The files first: a crash in between leaves them as a change that merging again
            // finds made.
            self.repository
                .snapshot(&self.tree(key), Some(&before))
                .await?;
            self.repository
                .check_out(&self.tree(key), &before, &ours)
                .await?;
            self.advance(key, &ours).await?;
        }
        Ok(joined)
    }

    /// Puts the working tree back to a commit, and the run's branch with it. What is there now is
    /// committed first if it isn't yet; the name is returned under which it stays findable.
    pub(crate) async fn go_back(&mut self, to: &str, backup: &str) -> Result<String, Error> {
        self.remove_others(&[]).await?;
        self.commit_changes(None, CommitCause::Rewind).await?;
        let now = self.tips.get("").map_or(to, String::as_str).to_owned();
        let name = names::backup(&self.run_id, backup);
        self.repository.set_reference(&name, &now).await?;
        self.repository
            .check_out(&self.tree(None), &now, to)
            .await?;
        self.advance(None, to).await?;
        Ok(name)
    }

    async fn record(
        &mut self,
        key: Option<&BranchKey>,
        commit: &mut Commit,
        message: &str,
        always: bool,
    ) -> Result<bool, Error> {
        let tree = self.tree(key);
        let place = place(key.map(|key| &key.path)).to_owned();
        let tip = self.tips.get(&place).cloned();
        let tip = tip.as_deref();
        let snapshot = self.repository.snapshot(&tree, tip).await?;
        let old = match (tip, self.trees.get(&place)) {
            (Some(_), Some(known)) => Some(known.clone()),
            (Some(tip), None) => Some(self.repository.tree(tip).await?),
            (None, _) => None,
        };
        commit.left_out = snapshot.left_out;
        if let Some(old) = old.filter(|old| *old != snapshot.tree) {
            commit.changed(self.repository.differences(&old, &snapshot.tree).await?);
        }
        if !always && commit.changed_files == 0 {
            return Ok(false);
        }
        let parents: Vec<&str> = tip.into_iter().collect();
        commit.id = self
            .repository
            .commit_tree(&snapshot.tree, &parents, message)
            .await?;
        self.advance(key, &commit.id).await?;
        self.trees.insert(place, snapshot.tree);
        Ok(true)
    }

    /// Makes a commit the last one of a walk. A commit that somebody else has put in its place
    /// stays findable.
    async fn advance(&mut self, key: Option<&BranchKey>, commit: &str) -> Result<(), Error> {
        let name = match key {
            None => names::branch(&self.run_id),
            Some(key) => names::of_branch(&self.run_id, &names::file(key)),
        };
        let place = place(key.map(|key| &key.path)).to_owned();
        let before = self.tips.get(&place).map(String::as_str);
        if !self
            .repository
            .move_reference(&name, before, commit)
            .await?
        {
            if let Some(found) = self.repository.commit(&name).await? {
                let short = found.get(..12).unwrap_or(&found);
                let backup = names::backup(&self.run_id, &format!("found/{short}"));
                self.repository.set_reference(&backup, &found).await?;
            }
            self.repository.set_reference(&name, commit).await?;
        }
        self.trees.remove(&place);
        self.tips.insert(place, commit.to_owned());
        Ok(())
    }

    fn inherit(&mut self, branch: &str, parent: Option<&BranchPath>) {
        if let Some(tip) = self.tips.get(place(parent)).cloned() {
            self.tips.insert(branch.to_owned(), tip);
            self.trees.remove(branch);
        }
        self.missing.remove(branch);
    }

    fn message<'a>(&'a self, key: Option<&'a BranchKey>) -> Message<'a> {
        Message {
            run_id: &self.run_id,
            branch: key.map(|key| &key.path),
            ..Message::default()
        }
    }

    fn tree(&self, key: Option<&BranchKey>) -> Tree {
        match key {
            None => Tree {
                top: self.repository.top().to_owned(),
                hidden: self.hidden.clone(),
                index: self.directory.join(INDEX),
            },
            Some(key) => Tree {
                top: self.worktree(key).0,
                hidden: None,
                index: self.worktree_file(key, "index"),
            },
        }
    }

    /// The working tree of a branch, and the file that says that it's complete.
    fn worktree(&self, key: &BranchKey) -> (PathBuf, PathBuf) {
        let directory = self.directory.join(WORKTREES);
        (
            directory.join(names::file(key)),
            self.worktree_file(key, "made"),
        )
    }

    /// A file of ours beside the working tree of a branch.
    fn worktree_file(&self, key: &BranchKey, kind: &str) -> PathBuf {
        let name = format!("{}.{kind}", names::file(key));
        self.directory.join(WORKTREES).join(name)
    }
}

/// The stage that an event ends, if it ends one for good.
pub(crate) fn finished(event: &RunEvent) -> Option<Finished> {
    match event {
        RunEvent::StageCompleted {
            node,
            index,
            attempt,
            outcome,
            ..
        }
        | RunEvent::StageFailed {
            node,
            index,
            attempt,
            outcome,
            will_retry: false,
            ..
        } => Some(Finished {
            node: node.clone(),
            index: *index,
            attempt: *attempt,
            outcome: outcome.word().to_owned(),
        }),
        _ => None,
    }
}

fn place(branch: Option<&BranchPath>) -> &str {
    branch.map_or("", BranchPath::as_str)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(format!("remove {}", path.display()), error))
        }
        _ => Ok(()),
    }
}
