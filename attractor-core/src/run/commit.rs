use serde::{Deserialize, Serialize};

use crate::graph::NodeId;

#[cfg(feature = "git")]
use super::limits::COMMIT_FILES_NAMED;

/// A commit of a run's files, in git mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Commit {
    /// The commit's id.
    #[serde(rename = "commit")]
    pub id: String,
    /// Why it was made.
    pub cause: CommitCause,
    /// The node, if it was made because of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// Number of the visit among all visits of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Number of the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Files that differ from those of the commit before.
    pub changed_files: usize,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// New files that aren't in it, because they were too many or too large.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

impl Commit {
    #[cfg(feature = "git")]
    pub(crate) fn new(cause: CommitCause) -> Self {
        Self {
            id: String::new(),
            cause,
            node: None,
            index: None,
            attempt: None,
            changed_files: 0,
            files: Vec::new(),
            left_out: 0,
        }
    }

    #[cfg(feature = "git")]
    pub(crate) fn changed(&mut self, mut files: Vec<String>) {
        self.changed_files = files.len();
        files.truncate(COMMIT_FILES_NAMED);
        self.files = files;
    }
}

/// Why the files of a run were committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommitCause {
    /// The run begins; the commit is the one that was checked out, unless the working tree had
    /// more than that.
    Start,
    /// A stage has ended.
    Stage,
    /// The run is resumed, and the files aren't those of its last commit.
    Resume,
    /// A branch has ended and left changes that belong to none of its stages.
    BranchEnd,
    /// Something was changed beside the branches, before they came together.
    Outside,
    /// A branch was merged.
    Merge,
    /// The run is rewound.
    Rewind,
}

impl CommitCause {
    /// The cause as journals spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stage => "stage",
            Self::Resume => "resume",
            Self::BranchEnd => "branch_end",
            Self::Outside => "outside",
            Self::Merge => "merge",
            Self::Rewind => "rewind",
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it like that"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
