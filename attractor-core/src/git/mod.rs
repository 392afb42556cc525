//! Git mode: the files of a run, recorded after each node on a branch of the run's own.
//!
//! Everything is done by the `git` command, without touching the user's branches, index or hooks:
//! a commit is made of a copy of the index, and the run's branch is moved by name.
//!
//! `command` runs git, `repository` says what git does in our words, `snapshot`, `merge` and
//! `worktree` are the three things a run needs of it, `workspace` puts them together.

mod command;
mod mask;
mod merge;
mod message;
mod names;
mod repository;
mod snapshot;
mod workspace;
mod worktree;

pub(crate) use self::merge::{Joined, MergePolicy, merge_policy};
pub(crate) use self::names::is_valid_run_id;
pub(crate) use self::repository::Repository;
pub(crate) use self::workspace::{Workspace, finished};
