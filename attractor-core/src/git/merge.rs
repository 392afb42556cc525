//! Branches that come together: merged three-way, one after the other, without a working tree.

use std::collections::BTreeMap;

use super::repository::Repository;
use crate::graph::Node;
use crate::run::{Commit, CommitCause};
use crate::{Error, ErrorKind};

/// Which branches' files a fan-in takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MergePolicy {
    /// Those of every branch that has succeeded.
    All,
    /// Those of the branch that the fan-in has chosen.
    Best,
    /// None.
    Nothing,
}

/// What the node's `merge` says; a word that doesn't exist is an error of its stage.
pub(crate) fn merge_policy(node: &Node) -> Result<MergePolicy, Error> {
    let word = node.attr("merge").map(ToString::to_string);
    match word.as_deref().map(str::trim) {
        None | Some("" | "all") => Ok(MergePolicy::All),
        Some("best") => Ok(MergePolicy::Best),
        Some("none") => Ok(MergePolicy::Nothing),
        Some(other) => {
            let text = format!("merge={other:?} on {}: write all, best or none", node.id());
            Err(Error::new(ErrorKind::InvalidInput, text))
        }
    }
}

/// What became of the files of branches.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// The commits that were made, in order.
    pub(crate) commits: Vec<Commit>,
    /// The last commit of each branch.
    pub(crate) tips: BTreeMap<String, String>,
    /// The branches whose files were taken over.
    pub(crate) merged: Vec<String>,
    /// The files in conflict, by the branch that couldn't be merged because of them.
    pub(crate) conflicts: BTreeMap<String, Vec<String>>,
}

/// How a merge of two commits ends.
#[derive(Debug)]
pub(super) enum Merged {
    /// In this tree.
    Tree(String),
    /// In a conflict about these files.
    Conflict(Vec<String>),
}

impl Repository {
    /// Merges `theirs` into `ours`; makes no commit and touches no file.
    pub(super) async fn merge(&self, ours: &str, theirs: &str) -> Result<Merged, Error> {
        let arguments = [
            "merge-tree",
            "--write-tree",
            "--name-only",
            "--no-messages",
            "-z",
        ];
        let git = self.git(self.top()).args(arguments).args([ours, theirs]);
        let output = git.output().await?;
        let mut parts = output.text.split('\0').filter(|part| !part.is_empty());
        let tree = parts.next().unwrap_or_default().trim().to_owned();
        match output.code {
            0 => Ok(Merged::Tree(tree)),
            1 => {
                let mut files: Vec<String> = parts.map(str::to_owned).collect();
                files.sort();
                files.dedup();
                Ok(Merged::Conflict(files))
            }
            code => Err(output.error("git merge-tree", code)),
        }
    }
}

/// The cause of the commits that merging makes.
pub(super) const CAUSE: CommitCause = CommitCause::Merge;
