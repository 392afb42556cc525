//! The files of a working tree as a git tree, and back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::repository::Repository;
use crate::run::limits::{GIT_NEW_BYTES, GIT_NEW_FILES};
use crate::{Error, ErrorKind};

/// A working tree that is recorded, and what of it never is.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// Its top.
    pub(super) top: PathBuf,
    /// The run directory, where it lies in the working tree.
    pub(super) hidden: Option<PathBuf>,
    /// An index of ours.
    pub(super) index: PathBuf,
}

/// What a working tree holds.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The id of the tree.
    pub(super) tree: String,
    /// Files that git doesn't know and that are too many or too large to be recorded.
    pub(super) left_out: usize,
}

/// Which files a call is about: all but the run directory.
fn pathspec(tree: &Tree) -> Vec<String> {
    let mut paths = vec!["--".to_owned(), ":/".to_owned()];
    if let Some(hidden) = &tree.hidden {
        paths.push(format!(":(top,exclude,literal){}", hidden.display()));
    }
    paths
}

impl Repository {
    /// Records everything that isn't ignored, in an index of ours: neither the user's index nor
    /// any branch is touched. Our index, which had the files of the commit before if there is one,
    /// has these files afterwards.
    pub(super) async fn snapshot(
        &self,
        tree: &Tree,
        before: Option<&str>,
    ) -> Result<Snapshot, Error> {
        self.prepare_index(tree, before).await?;
        let new = self.new_files(tree).await?;
        let which = if new.is_too_much() {
            "--update"
        } else {
            "--all"
        };
        let add = self.git(&tree.top).index(&tree.index);
        let add = add
            .args(["add", which, "--ignore-errors"])
            .args(pathspec(tree));
        // What can't be read, or is a repository without a commit, is left out and warned of.
        let added = add.output().await?;
        if added.code != 0 {
            tracing::warn!("git add: {}", added.words.trim());
        }
        let write = self.git(&tree.top).index(&tree.index).arg("write-tree");
        Ok(Snapshot {
            tree: write.text().await?,
            left_out: if new.is_too_much() { new.count } else { 0 },
        })
    }

    /// Refuses a working tree with more that git doesn't know than a commit should hold.
    pub(super) async fn refuse_too_much(&self, tree: &Tree) -> Result<(), Error> {
        self.prepare_index(tree, None).await?;
        let new = self.new_files(tree).await?;
        if !new.is_too_much() {
            return Ok(());
        }
        let (count, megabytes) = (new.count, new.bytes / (1024 * 1024));
        let text = format!(
            "git doesn't know {count} files ({megabytes} MiB) in {}, too much to commit: name in \
             .gitignore what doesn't belong into the repository",
            tree.top.display()
        );
        Err(Error::new(ErrorKind::InvalidInput, text))
    }

    /// Changes the working tree from one commit to another. It has the files of the first, as
    /// our index does; what git ignores stays.
    pub(super) async fn check_out(&self, tree: &Tree, from: &str, to: &str) -> Result<(), Error> {
        let git = self.git(&tree.top).index(&tree.index);
        let arguments = ["read-tree", "-m", "-u", from, to];
        git.args(arguments).text().await.map(drop)
    }

    /// Begins our index with the working tree's own, which spares git from reading every file,
    /// and the commit that was the last one; later it's simply there.
    async fn prepare_index(&self, tree: &Tree, before: Option<&str>) -> Result<(), Error> {
        if tree.index.exists() {
            return Ok(());
        }
        self.copy_index(tree).await?;
        let Some(before) = before else {
            return Ok(());
        };
        let read = |how: &[&str]| {
            let git = self.git(&tree.top).index(&tree.index).arg("read-tree");
            git.args(how).arg(before)
        };
        if read(&["-m"]).output().await?.code == 0 {
            return Ok(());
        }
        // The user is in the middle of a merge.
        read(&[]).text().await.map(drop)
    }

    /// Copies the working tree's index with its time: git reads a file again whose time isn't
    /// before the index's, because it may have been changed in that very moment.
    async fn copy_index(&self, tree: &Tree) -> Result<(), Error> {
        let arguments = ["rev-parse", "--path-format=absolute", "--git-path", "index"];
        let index = self.git(&tree.top).args(arguments).text().await?;
        let copy = || -> io::Result<()> {
            if let Some(parent) = tree.index.parent() {
                fs::create_dir_all(parent)?;
            }
            let before = match fs::metadata(&index) {
                Ok(before) => before,
                // A repository to which nothing was ever added.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return match fs::remove_file(&tree.index) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                        _ => Ok(()),
                    };
                }
                Err(error) => return Err(error),
            };
            fs::copy(&index, &tree.index)?;
            let copied = fs::File::options().write(true).open(&tree.index)?;
            copied.set_modified(before.modified()?)
        };
        copy().map_err(|error| Error::io(format!("copy {index}"), error))
    }

    /// The files that git neither knows nor ignores.
    async fn new_files(&self, tree: &Tree) -> Result<NewFiles, Error> {
        let git = self.git(&tree.top).index(&tree.index);
        let arguments = ["ls-files", "--others", "--exclude-standard", "-z"];
        let names = git.args(arguments).args(pathspec(tree)).text().await?;
        let mut found = NewFiles::default();
        for name in names.split_terminator('\0') {
            let size = fs::symlink_metadata(tree.top.join(name)).map_or(0, |about| about.len());
            found.count += 1;
            found.bytes = found.bytes.saturating_add(size);
        }
        Ok(found)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct NewFiles {
    count: usize,
    bytes: u64,
}

impl NewFiles {
    fn is_too_much(self) -> bool {
        self.count > GIT_NEW_FILES || self.bytes > GIT_NEW_BYTES
    }
}

/// Where one directory is below another one, if it is.
pub(super) fn below(top: &Path, directory: &Path) -> Option<PathBuf> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (top, directory) = (real(top), real(directory));
    directory.strip_prefix(top).ok().map(Path::to_owned)
}
