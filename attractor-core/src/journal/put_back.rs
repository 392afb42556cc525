//! The files of stages as they were at an earlier point of their run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::stage_directory;
use crate::run::StageKey;

/// Moves what belongs to attempts that aren't kept from a run directory into another one, and
/// puts the last kept attempt of each node where a present one's files are.
///
/// `all` are the attempts that were made, `kept` the first of them.
pub(super) fn put_back(
    root: &Path,
    aside: &Path,
    all: &[StageKey],
    kept: &[StageKey],
) -> io::Result<()> {
    let last_kept = last(root, kept);
    // A parallel node before its branches: theirs are in its directory.
    let mut stages: Vec<_> = last(root, all).into_iter().collect();
    stages.sort_by_key(|(path, _)| path.components().count());
    for (path, _) in stages {
        // Which attempts have had their files there depends on which attempt of a parallel node
        // around them is the one that is kept.
        let there = |stage: &&StageKey| {
            stage_directory::path(root, stage) == path && is_kept(root, stage, &last_kept)
        };
        let made = all.iter().filter(there).map(|stage| stage.execution).max();
        let keep = kept.iter().filter(there).map(|stage| stage.execution).max();
        let (Some(made), keep) = (made, keep.unwrap_or(0)) else {
            continue;
        };
        if made > keep
            && let Ok(name) = path.strip_prefix(root)
        {
            put_back_stage(&path, &aside.join(name), keep)?;
        }
    }
    Ok(())
}

/// The last attempt that has files in each directory.
fn last(root: &Path, stages: &[StageKey]) -> BTreeMap<PathBuf, u32> {
    let paths = stages.iter();
    paths
        .map(|stage| (stage_directory::path(root, stage), stage.execution))
        .collect()
}

/// Whether the parallel nodes around a stage are at the attempt that it was made in.
fn is_kept(root: &Path, stage: &StageKey, last_kept: &BTreeMap<PathBuf, u32>) -> bool {
    let Some(branch) = &stage.branch else {
        return true;
    };
    let parallel = &branch.stage;
    let kept = last_kept.get(&stage_directory::path(root, parallel));
    kept == Some(&parallel.execution) && is_kept(root, parallel, last_kept)
}

fn put_back_stage(directory: &Path, aside: &Path, keep: u32) -> io::Result<()> {
    if !directory.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(aside)?;
    unbundle(directory, keep)?;
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let text = name.to_str().unwrap_or_default();
        let number = match stage_directory::bundle_range(text) {
            Some((first, _)) => Some(first),
            None => text
                .strip_prefix("attempt-")
                .and_then(|number| number.parse().ok()),
        };
        if number.is_none_or(|number: u32| number > keep) {
            fs::rename(directory.join(&name), aside.join(&name))?;
        }
    }
    let last = directory.join(format!("attempt-{keep}"));
    if last.is_dir() {
        for entry in fs::read_dir(&last)? {
            let name = entry?.file_name();
            fs::rename(last.join(&name), directory.join(&name))?;
        }
        fs::remove_dir(&last)?;
    }
    if keep == 0 {
        // Nothing of it is left; a directory that somebody else put something into stays.
        let _ = fs::remove_dir(directory);
    }
    Ok(())
}

/// Takes the last kept attempt out of its hundred, with the others in it.
fn unbundle(directory: &Path, keep: u32) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let range = entry
            .file_name()
            .to_str()
            .and_then(stage_directory::bundle_range);
        if range.is_none_or(|(first, last)| !(first..=last).contains(&keep)) {
            continue;
        }
        for attempt in fs::read_dir(entry.path())? {
            let name = attempt?.file_name();
            fs::rename(entry.path().join(&name), directory.join(&name))?;
        }
        fs::remove_dir(entry.path())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }

    fn names(root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![root.to_owned()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push(
                        path.strip_prefix(root)
                            .unwrap()
                            .to_str()
                            .unwrap()
                            .to_owned(),
                    );
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn attempts_are_taken_out_of_their_hundred() {
        let (root, aside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = |execution| StageKey::first("n".parse().unwrap()).with_execution(execution);
        for name in [
            "n/attempts-1-100/attempt-99/a",
            "n/attempts-1-100/attempt-100/b",
            "n/attempts-101-200/attempt-150/c",
            "n/attempt-201/d",
            "n/e",
        ] {
            write(root.path(), name);
        }
        put_back(root.path(), aside.path(), &[key(99), key(202)], &[key(99)]).unwrap();
        assert_eq!(names(root.path()), ["n/a"]);
        let gone = [
            "n/attempt-100/b",
            "n/attempt-201/d",
            "n/attempts-101-200/attempt-150/c",
            "n/e",
        ];
        assert_eq!(names(aside.path()), gone);
    }

    #[test]
    fn the_last_kept_attempt_is_in_its_place_again_and_later_ones_are_aside() {
        let (root, aside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = |node: &str, execution| {
            StageKey::first(node.parse().unwrap()).with_execution(execution)
        };
        let fan = key("fan", 1);
        let inner = key("x", 1).with_branch(fan.clone(), "x");
        let again = key("x", 2).with_branch(fan.clone(), "x");
        for name in [
            "work/attempt-1/first",
            "work/attempt-2/second",
            "work/third",
            "fan/status",
            "fan/branch-x/x/attempt-1/one",
            "fan/branch-x/x/two",
            "later/file",
            "early/file",
        ] {
            write(root.path(), name);
        }
        let kept = [key("early", 1), key("work", 1), fan.clone(), inner.clone()];
        let all = [
            key("early", 1),
            key("work", 1),
            fan,
            inner,
            again,
            key("work", 2),
            key("work", 3),
            key("later", 1),
        ];
        put_back(root.path(), aside.path(), &all, &kept).unwrap();
        let left = [
            "early/file",
            "fan/branch-x/x/one",
            "fan/status",
            "work/first",
        ];
        assert_eq!(names(root.path()), left);
        let gone = [
            "fan/branch-x/x/two",
            "later/file",
            "work/attempt-2/second",
            "work/third",
        ];
        assert_eq!(names(aside.path()), gone);
    }
}
