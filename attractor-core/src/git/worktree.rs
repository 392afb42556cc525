//! Working trees of branches: made when a branch begins, removed when it has ended.

use std::fs;
use std::path::{Path, PathBuf};

use super::names;
use super::repository::Repository;
use crate::Error;

/// What git is told about why a working tree is locked; by this we know our own again.
const REASON: &str = "attractor run ";

impl Repository {
    /// Makes a working tree with the files of a commit, on no branch.
    ///
    /// # Errors
    ///
    /// Git's own words if that fails.
    pub(crate) async fn add_worktree(
        &self,
        path: &Path,
        commit: &str,
        run_id: &str,
    ) -> Result<(), Error> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .map_err(|error| Error::io(format!("create {}", parent.display()), error))?;
        }
        let reason = format!("{REASON}{run_id}");
        let arguments = [
            "worktree", "add", "--quiet", "--detach", "--lock", "--reason", &reason,
        ];
        let git = self
            .git(self.top())
            .args(arguments)
            .arg("--")
            .arg(path)
            .arg(commit);
        git.text().await.map(drop)
    }

    /// Gives a copy of a run a branch of its own and a working tree, both at a commit; returns the
    /// directory in it that the stages work in.
    ///
    /// # Errors
    ///
    /// Git's own words if that fails.
    pub(crate) async fn fork(
        &self,
        path: &Path,
        commit: &str,
        run_id: &str,
    ) -> Result<PathBuf, Error> {
        self.add_worktree(path, commit, run_id).await?;
        self.set_reference(&names::branch(run_id), commit).await?;
        let workdir = self.workdir_in(path);
        // Git has no empty directories.
        fs::create_dir_all(&workdir)
            .map_err(|error| Error::io(format!("create {}", workdir.display()), error))?;
        Ok(workdir)
    }

    /// Removes a working tree with everything in it, also one that was half made or half removed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the directory can't be removed.
    pub(crate) async fn remove_worktree(&self, path: &Path) -> Result<(), Error> {
        let remove = |path: &Path| {
            let git = self
                .git(self.top())
                .args(["worktree", "remove", "--force", "--force"]);
            git.arg("--").arg(path)
        };
        // Says no for what it doesn't know, which is what is wanted then.
        remove(path).output().await?;
        if fs::symlink_metadata(path).is_ok() {
            fs::remove_dir_all(path)
                .map_err(|error| Error::io(format!("remove {}", path.display()), error))?;
            remove(path).output().await?;
        }
        Ok(())
    }

    /// Forgets working trees of runs whose directory is gone. Those of others are left alone.
    ///
    /// # Errors
    ///
    /// Git's own words if the list can't be read.
    pub(crate) async fn prune_worktrees(&self) -> Result<(), Error> {
        let list = self
            .git(self.top())
            .args(["worktree", "list", "--porcelain", "-z"]);
        let list = list.text().await?;
        for about in list.split("\0\0") {
            let field = |name: &str| about.split('\0').find_map(|line| line.strip_prefix(name));
            let ours = field("locked ").is_some_and(|reason| reason.starts_with(REASON));
            if let Some(path) = field("worktree ").filter(|_| ours)
                && !Path::new(path).exists()
            {
                self.remove_worktree(Path::new(path)).await?;
            }
        }
        Ok(())
    }
}
