//! What changed in a git work tree between two moments, whether it was committed or not.
//!
//! A snapshot is the id of a git tree of everything that isn't ignored, made through a
//! temporary index: neither the user's index nor any branch is touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// Untracked files beyond these are left out: git would read and store them all, which takes
/// seconds and fills the repository with data that nobody asked it to keep.
const MAX_UNTRACKED_FILES: usize = 2_000;
const MAX_UNTRACKED_BYTES: u64 = 64 * 1024 * 1024;

/// The content of a work tree at one moment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Snapshot {
    tree: String,
    /// Whether only files that git tracks are in it.
    #[serde(default)]
    tracked_only: bool,
}

impl Snapshot {
    /// Whether only files that git tracks are in it.
    pub(crate) fn tracked_only(&self) -> bool {
        self.tracked_only
    }
}

/// How much changed between two snapshots.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct DiffStat {
    /// Files that differ.
    pub(crate) files: u64,
    /// Lines that were added.
    pub(crate) insertions: u64,
    /// Lines that were removed.
    pub(crate) deletions: u64,
}

impl DiffStat {
    /// `2 files changed, 10 insertions(+), 1 deletion(-)`, as git says it.
    pub(crate) fn summary(&self) -> String {
        let plural = |n: u64| if n == 1 { "" } else { "s" };
        let mut text = format!("{} file{} changed", self.files, plural(self.files));
        if self.insertions > 0 {
            text += &format!(
                ", {} insertion{}(+)",
                self.insertions,
                plural(self.insertions)
            );
        }
        if self.deletions > 0 {
            text += &format!(", {} deletion{}(-)", self.deletions, plural(self.deletions));
        }
        text
    }
}

/// The state of the git work tree around `directory`, or `None` where there is no git.
pub(crate) fn snapshot(directory: &Path) -> Option<Snapshot> {
    take(directory, false)
}

/// The state of the same work tree later, of the same kinds of files.
pub(crate) fn snapshot_after(directory: &Path, before: &Snapshot) -> Option<Snapshot> {
    take(directory, before.tracked_only)
}

fn take(directory: &Path, tracked_only: bool) -> Option<Snapshot> {
    let index = run(directory, None, &["rev-parse", "--git-path", "index"])?;
    let scratch = tempfile::tempdir().ok()?;
    let copy = scratch.path().join("index");
    // Starting from the user's index spares git from reading every unchanged file.
    let index = directory.join(PathBuf::from(index.trim_end()));
    if index.exists() {
        copy_with_time(&index, &copy).ok()?;
    }
    let top = run(directory, None, &["rev-parse", "--show-toplevel"])?;
    let top = PathBuf::from(top.trim_end());
    let tracked_only = tracked_only || too_much_untracked(&top);
    let which = if tracked_only { "--update" } else { "--all" };
    run(&top, Some(&copy), &["add", which])?;
    let tree = run(&top, Some(&copy), &["write-tree"])?;
    Some(Snapshot {
        tree: tree.trim().to_owned(),
        tracked_only,
    })
}

/// Copies the index with its time: git reads a file again whose time isn't before the index's,
/// because it may have been changed in the very moment in which the index was written.
fn copy_with_time(from: &Path, to: &Path) -> std::io::Result<()> {
    let modified = std::fs::metadata(from)?.modified()?;
    std::fs::copy(from, to)?;
    std::fs::File::options()
        .write(true)
        .open(to)?
        .set_modified(modified)
}

fn too_much_untracked(top: &Path) -> bool {
    let list = ["ls-files", "--others", "--exclude-standard", "-z"];
    let Some(names) = run(top, None, &list) else {
        return true;
    };
    let files = || names.split_terminator('\0');
    let size = |name: &str| std::fs::symlink_metadata(top.join(name)).map_or(0, |file| file.len());
    files().count() > MAX_UNTRACKED_FILES || files().map(size).sum::<u64>() > MAX_UNTRACKED_BYTES
}

/// How much changed between two snapshots of the work tree around `directory`.
pub(crate) fn diff_stat(directory: &Path, from: &Snapshot, to: &Snapshot) -> Option<DiffStat> {
    let text = run(
        directory,
        None,
        &["diff", "--numstat", "-z", &from.tree, &to.tree],
    )?;
    Some(parse_numstat(&text))
}

/// The change between two snapshots as a unified diff.
pub(crate) fn diff(directory: &Path, from: &Snapshot, to: &Snapshot) -> Option<String> {
    run(
        directory,
        None,
        &["diff", "--no-color", "--no-ext-diff", &from.tree, &to.tree],
    )
}

/// A binary file counts as a file without lines.
fn parse_numstat(text: &str) -> DiffStat {
    let mut stat = DiffStat {
        files: 0,
        insertions: 0,
        deletions: 0,
    };
    for record in text.split('\0') {
        let mut columns = record.splitn(3, '\t');
        if let (Some(added), Some(removed), Some(_)) =
            (columns.next(), columns.next(), columns.next())
        {
            stat.files += 1;
            stat.insertions += added.parse::<u64>().unwrap_or(0);
            stat.deletions += removed.parse::<u64>().unwrap_or(0);
        }
    }
    stat
}

/// Runs git without the variables by which an enclosing git command could redirect it.
fn run(directory: &Path, index: Option<&Path>, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(directory)
        .args(["-c", "core.quotepath=off"])
        .args(arguments);
    for inherited in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
    ] {
        command.env_remove(inherited);
    }
    command
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0");
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(directory: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"];
        let status = Command::new("git")
            .arg("-C")
            .arg(directory)
            .args(identity)
            .args(arguments)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    #[test]
    fn counts_committed_and_uncommitted_and_untracked_changes_together() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        git(path, &["init", "--quiet"]);
        std::fs::write(path.join("a"), "one\ntwo\n").unwrap();
        let before = snapshot(path).unwrap();
        std::fs::write(path.join("a"), "one\n2\n").unwrap();
        git(path, &["add", "a"]);
        git(path, &["commit", "--quiet", "-m", "change"]);
        std::fs::write(path.join("b"), "new\n").unwrap();
        let after = snapshot(path).unwrap();

        let stat = diff_stat(path, &before, &after).unwrap();

        assert_eq!(
            stat,
            DiffStat {
                files: 2,
                insertions: 2,
                deletions: 1
            }
        );
        assert_eq!(
            stat.summary(),
            "2 files changed, 2 insertions(+), 1 deletion(-)"
        );
        assert!(diff(path, &before, &after).unwrap().contains("+2\n"));
    }

    #[test]
    fn leaves_the_users_index_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        git(path, &["init", "--quiet"]);
        std::fs::write(path.join("untracked"), "x").unwrap();

        snapshot(path).unwrap();

        let status = run(path, None, &["status", "--porcelain"]).unwrap();
        assert_eq!(status, "?? untracked\n");
    }

    #[test]
    fn a_change_in_the_moment_of_the_index_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let moment =
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let write = |name: &str, text: Option<&str>| {
            let name = path.join(name);
            text.into_iter()
                .for_each(|text| std::fs::write(&name, text).unwrap());
            let file = std::fs::File::options().write(true).open(&name).unwrap();
            file.set_modified(moment).unwrap();
        };
        git(path, &["init", "--quiet"]);
        // The time of the last change of the file's metadata can't be set, so git has to ignore it.
        git(path, &["config", "core.trustCtime", "false"]);
        write("file", Some("one\n"));
        git(path, &["add", "file"]);
        write(".git/index", None);
        let before = snapshot(path).unwrap();

        write("file", Some("two\n"));

        let after = snapshot_after(path, &before).unwrap();
        assert_eq!(diff_stat(path, &before, &after).unwrap().files, 1);
    }

    #[test]
    fn large_untracked_files_are_left_out_and_not_stored() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        git(path, &["init", "--quiet"]);
        std::fs::write(path.join("tracked"), "one\n").unwrap();
        git(path, &["add", "tracked"]);
        let large = std::fs::File::create(path.join("large")).unwrap();
        large.set_len(MAX_UNTRACKED_BYTES + 1).unwrap();

        let before = snapshot(path).unwrap();
        std::fs::remove_file(path.join("large")).unwrap();
        std::fs::write(path.join("tracked"), "two\n").unwrap();
        std::fs::write(path.join("new"), "new\n").unwrap();
        let after = snapshot_after(path, &before).unwrap();

        assert!(before.tracked_only() && after.tracked_only());
        assert_eq!(diff_stat(path, &before, &after).unwrap().files, 1);
    }

    #[test]
    fn a_repository_that_tracks_nothing_yet_has_a_state_too() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        git(path, &["init", "--quiet"]);
        let before = snapshot(path).unwrap();
        for number in 0..=MAX_UNTRACKED_FILES {
            std::fs::write(path.join(number.to_string()), "").unwrap();
        }
        let after = snapshot(path).unwrap();
        assert!(!before.tracked_only() && after.tracked_only());
        assert_eq!(before.tree, after.tree);
    }

    #[test]
    fn is_nothing_outside_git() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(snapshot(directory.path()), None);
    }
}
