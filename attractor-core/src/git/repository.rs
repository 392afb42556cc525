//! What a run asks of git, in its own words.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::command::{Git, Output};
use crate::{Error, ErrorKind};

/// The oldest git that merges without a working tree.
const OLDEST_GIT: (u32, u32) = (2, 38);

/// A git repository with a working tree.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    /// The top of the working tree.
    top: PathBuf,
    /// The directory that the stages work in, seen from the top.
    prefix: PathBuf,
    /// Whether commits need a made-up author, because none is configured.
    anonymous: bool,
    pub(super) cancel: CancellationToken,
}

impl Repository {
    /// The repository around a directory. Calls of git end when `cancel` does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if there is none, or no git that is new enough.
    pub(crate) async fn open(directory: &Path, cancel: CancellationToken) -> Result<Self, Error> {
        let git = |arguments: &[&str]| Git::new(directory, &cancel).args(arguments);
        let version = git(&["version"]).text().await.map_err(|error| {
            let text = "git mode needs the git command";
            Error::new(ErrorKind::InvalidInput, text).with_source(error)
        })?;
        check_version(&version)?;
        let place = git(&["rev-parse", "--show-prefix", "--show-toplevel"])
            .output()
            .await?;
        let mut lines = place.text.lines();
        let (Some(prefix), Some(top), 0) = (lines.next(), lines.next(), place.code) else {
            let words = place.words.trim().trim_start_matches("fatal: ").to_owned();
            let shown = directory.display();
            let text = format!("{shown} isn't in the working tree of a git repository: {words}");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        };
        let (top, prefix) = (PathBuf::from(top), PathBuf::from(prefix));
        let identity = [
            "-c",
            "user.useConfigOnly=true",
            "var",
            "GIT_COMMITTER_IDENT",
        ];
        let anonymous = git(&identity).output().await?.code != 0;
        Ok(Self {
            top,
            prefix,
            anonymous,
            cancel,
        })
    }

    /// The top of the working tree.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// The directory that stages work in, in a working tree with this top.
    pub(crate) fn workdir_in(&self, top: &Path) -> PathBuf {
        if self.prefix.as_os_str().is_empty() {
            return top.to_owned();
        }
        top.join(&self.prefix)
    }

    pub(super) fn git(&self, directory: &Path) -> Git {
        Git::new(directory, &self.cancel)
    }

    /// The commit a revision names, if it names one.
    pub(crate) async fn commit(&self, revision: &str) -> Result<Option<String>, Error> {
        let revision = format!("{revision}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &revision,
        ];
        let Output { code, text, .. } = self.git(&self.top).args(arguments).output().await?;
        Ok((code == 0).then(|| text.trim().to_owned()))
    }

    /// The tree of a commit.
    pub(super) async fn tree(&self, commit: &str) -> Result<String, Error> {
        let revision = format!("{commit}^{{tree}}");
        let arguments = ["rev-parse", "--verify", "--end-of-options", &revision];
        self.git(&self.top).args(arguments).text().await
    }

    /// Makes a commit of a tree.
    pub(super) async fn commit_tree(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
    ) -> Result<String, Error> {
        let git = self
            .git(&self.top)
            .args(["commit-tree", tree, "-m", message]);
        let git = git.default_identity(self.anonymous);
        let parents = parents.iter().flat_map(|parent| ["-p", parent]);
        git.args(parents).text().await
    }

    /// Makes a name mean this commit.
    pub(crate) async fn set_reference(&self, name: &str, commit: &str) -> Result<(), Error> {
        let note = "attractor";
        let arguments = ["update-ref", "--create-reflog", "-m", note, name, commit];
        self.git(&self.top).args(arguments).text().await.map(drop)
    }

    /// Makes a name mean this commit if it means the one before, or, without one before, nothing.
    /// Says whether it did.
    pub(super) async fn move_reference(
        &self,
        name: &str,
        before: Option<&str>,
        commit: &str,
    ) -> Result<bool, Error> {
        let arguments = [
            "update-ref",
            "--create-reflog",
            "-m",
            "attractor",
            name,
            commit,
        ];
        let git = self.git(&self.top).args(arguments);
        let git = git.arg(before.unwrap_or_default());
        Ok(git.output().await?.code == 0)
    }

    /// The files in which two commits or trees differ.
    pub(super) async fn differences(&self, from: &str, to: &str) -> Result<Vec<String>, Error> {
        let arguments = [
            "diff-tree",
            "-r",
            "-z",
            "--name-only",
            "--no-renames",
            from,
            to,
        ];
        let text = self.git(&self.top).args(arguments).text().await?;
        Ok(text.split_terminator('\0').map(str::to_owned).collect())
    }

    /// Whether one commit is among the ancestors of another, or is it.
    pub(super) async fn is_ancestor(&self, old: &str, new: &str) -> Result<bool, Error> {
        let arguments = ["merge-base", "--is-ancestor", old, new];
        Ok(self.git(&self.top).args(arguments).output().await?.code == 0)
    }
}

fn check_version(text: &str) -> Result<(), Error> {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let mut numbers = numbers.filter_map(|part| part.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= OLDEST_GIT {
        return Ok(());
    }
    let (major, minor) = OLDEST_GIT;
    let text = format!("git mode needs git {major}.{minor} or newer; this is {text:?}");
    Err(Error::new(ErrorKind::InvalidInput, text))
}

#[cfg(test)]
mod tests {
    use super::check_version;

    #[test]
    fn an_old_git_is_refused() {
        assert!(check_version("git version 2.47.3").is_ok());
        assert!(check_version("git version 2.38.0.windows.1").is_ok());
        assert!(check_version("git version 3.0").is_ok());
        let error = check_version("git version 2.37.9").unwrap_err();
        assert!(error.to_string().contains("2.38 or newer"), "{error}");
        assert!(check_version("nonsense").is_err());
    }
}
