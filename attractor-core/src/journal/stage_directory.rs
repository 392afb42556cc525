//! The files of a node's attempts: the present one's in `{node}/`, earlier ones' in
//! `{node}/attempt-<k>/`, and those of each full hundred in `{node}/attempts-<from>-<to>/`.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{read_limited, remove};
use crate::Error;
use crate::engine::clock;
use crate::run::StageKey;
use crate::run::limits::STATUS_FILE_BYTES;
use crate::state::StatusFile;

/// Names in the run directory that a node of the same name has to give way to.
const TAKEN: [&str; 2] = ["artifacts", "lock"];

/// Bytes of an id that become a directory's name: file systems allow 255, and some tools add
/// to a name.
const NAME_BYTES: usize = 128;

/// Earlier attempts that lie side by side before they move into a directory of their own: what lies
/// beside the present attempt is looked through at every further one.
const BUNDLE: u32 = 100;

/// The directory in a stage's directory that holds the run of a child pipeline.
pub(crate) const CHILD: &str = "child";

/// Whether a directory holds a run.
pub(crate) fn holds_run(directory: &Path) -> bool {
    directory.join(super::run_directory::MANIFEST).is_file()
}

/// Where a file of a stage's directory is once it belongs to the attempt before this one.
pub(crate) fn earlier_attempt(file: &Path, execution: u32) -> Option<PathBuf> {
    let before = kept(file.parent()?, execution.checked_sub(1)?);
    Some(before.join(file.file_name()?))
}

/// Where an attempt is kept just after the next one has begun.
fn kept(directory: &Path, execution: u32) -> PathBuf {
    let name = format!("attempt-{execution}");
    if execution > 0 && execution.is_multiple_of(BUNDLE) {
        return bundled(directory, execution).join(name);
    }
    directory.join(name)
}

/// The directory of the hundred attempts of which this is the last.
fn bundled(directory: &Path, last: u32) -> PathBuf {
    directory.join(format!("attempts-{}-{last}", last - BUNDLE + 1))
}

/// The directory of a node. Names of nodes and branches have neither a slash nor a dot, so it
/// can't lead out of the run directory.
pub(crate) fn path(root: &Path, stage: &StageKey) -> PathBuf {
    let mut path = match &stage.branch {
        None => root.to_owned(),
        // In the directory of the parallel node, so that its next attempt moves it away.
        Some(branch) => {
            let parallel = self::path(root, &branch.stage);
            parallel.join(format!("branch-{}", name(branch.path.id())))
        }
    };
    if stage.restart > 0 {
        path.push(format!("restart-{}", stage.restart));
    }
    path.push(name(stage.node.as_str()).as_ref());
    path
}

/// The id; another name where that one is taken or too long for a file system. An identifier has
/// no dash, so these are no other node's directories.
fn name(id: &str) -> Cow<'_, str> {
    if TAKEN.contains(&id) {
        return format!("{id}-node").into();
    }
    match id.get(..NAME_BYTES) {
        Some(head) if head.len() < id.len() => {
            format!("{head}-{:016x}", clock::hash(id.as_bytes())).into()
        }
        _ => id.into(),
    }
}

/// Makes the directory of an attempt ready and empty.
///
/// The files that lie in the directory belong to the attempt before, unless they were moved away
/// already: then they are what this attempt left when its process died, and go.
pub(super) fn prepare(root: &Path, stage: &StageKey) -> Result<PathBuf, Error> {
    let directory = path(root, stage);
    let prepared = match fs::create_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(&directory),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            clear(&directory, stage.execution)
        }
        other => other,
    };
    prepared.map_err(|error| Error::io(format!("prepare {}", directory.display()), error))?;
    Ok(directory)
}

fn clear(directory: &Path, execution: u32) -> io::Result<()> {
    if !fs::symlink_metadata(directory)?.is_dir() {
        fs::remove_file(directory)?;
        return fs::create_dir(directory);
    }
    if execution > 1 && !says_only_success(directory)? {
        archive(directory, execution - 1)?;
    }
    // What a child run has done isn't done again: its stage goes on with it.
    let child = Some(directory.join(CHILD)).filter(|child| holds_run(child));
    let files = loose_files(directory)?;
    let mut discarded = files.iter().filter(|entry| Some(*entry) != child.as_ref());
    discarded.try_for_each(|entry| remove(entry))
}

/// Whether an attempt has left nothing but that it succeeded, which the journal has too: a loop of
/// ten thousand such visits would leave as many directories.
fn says_only_success(directory: &Path) -> io::Result<bool> {
    let files = loose_files(directory)?;
    let [only] = files.as_slice() else {
        return Ok(false);
    };
    let status = read_limited(only, STATUS_FILE_BYTES).ok().flatten();
    let status = status.filter(|_| only.file_name().is_some_and(|name| name == "status.json"));
    let outcome = status.and_then(|bytes| StatusFile::parse(&bytes).ok());
    Ok(outcome.is_some_and(|outcome| outcome.status.is_success()))
}

/// Moves the files of an earlier attempt into their own directory, unless that was done before.
fn archive(directory: &Path, execution: u32) -> io::Result<()> {
    let target = directory.join(format!("attempt-{execution}"));
    if fs::symlink_metadata(&target).is_ok() {
        return bundle(directory, execution);
    }
    if fs::symlink_metadata(kept(directory, execution)).is_ok() {
        return Ok(());
    }
    // A crash in between leaves a part of the files here; going on with the rest is right then.
    let collecting = directory.join(format!("attempt-{execution}.tmp"));
    match fs::create_dir(&collecting) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for entry in loose_files(directory)? {
        if let Some(name) = entry.file_name() {
            fs::rename(&entry, collecting.join(name))?;
        }
    }
    fs::rename(&collecting, &target)?;
    bundle(directory, execution)
}

/// Moves the attempts of a full hundred into one directory.
fn bundle(directory: &Path, last: u32) -> io::Result<()> {
    if !last.is_multiple_of(BUNDLE) {
        return Ok(());
    }
    let target = bundled(directory, last);
    fs::create_dir_all(&target)?;
    for execution in last - BUNDLE + 1..=last {
        let name = format!("attempt-{execution}");
        match fs::rename(directory.join(&name), target.join(&name)) {
            // It was moved before a crash.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            moved => moved?,
        }
    }
    Ok(())
}

/// Everything in the directory but the earlier attempts.
fn loose_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(is_attempt) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The first and the last of the attempts in a directory of a full hundred with this name.
pub(super) fn bundle_range(name: &str) -> Option<(u32, u32)> {
    let (first, last) = name.strip_prefix("attempts-")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn is_attempt(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(range) = name.strip_prefix("attempts-") {
        return range
            .split_once('-')
            .is_some_and(|(first, last)| is_number(first) && is_number(last));
    }
    let number = name.strip_prefix("attempt-");
    number.is_some_and(|rest| is_number(rest.strip_suffix(".tmp").unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(execution: u32) -> StageKey {
        StageKey::first("work".parse().unwrap()).with_execution(execution)
    }

    fn files(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_earlier_attempt_is_kept_once_and_a_repeated_one_starts_empty() {
        let root = tempfile::tempdir().unwrap();
        let directory = prepare(root.path(), &stage(1)).unwrap();
        fs::write(directory.join("prompt.md"), "first").unwrap();
        for _crash in 0..2 {
            prepare(root.path(), &stage(2)).unwrap();
            assert_eq!(files(&directory), ["attempt-1"]);
            fs::write(directory.join("prompt.md"), "second, torn").unwrap();
        }
        let kept = fs::read_to_string(directory.join("attempt-1/prompt.md")).unwrap();
        assert_eq!(kept, "first");
    }

    #[test]
    fn an_attempt_that_left_nothing_but_its_success_has_no_directory_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        let directory = prepare(root.path(), &stage(1)).unwrap();
        for (execution, status) in [(2, "success"), (3, "fail"), (4, "partial_success")] {
            let status = format!("{{\"outcome\": \"{status}\"}}");
            fs::write(directory.join("status.json"), status).unwrap();
            prepare(root.path(), &stage(execution)).unwrap();
        }
        assert_eq!(files(&directory), ["attempt-2"]);
    }

    #[test]
    fn a_move_that_a_crash_interrupted_is_finished() {
        let root = tempfile::tempdir().unwrap();
        let directory = prepare(root.path(), &stage(1)).unwrap();
        fs::create_dir(directory.join("attempt-1.tmp")).unwrap();
        fs::write(directory.join("attempt-1.tmp/prompt.md"), "moved").unwrap();
        fs::write(directory.join("response.md"), "not yet moved").unwrap();
        prepare(root.path(), &stage(2)).unwrap();
        assert_eq!(files(&directory), ["attempt-1"]);
        assert_eq!(
            files(&directory.join("attempt-1")),
            ["prompt.md", "response.md"]
        );
    }

    #[test]
    fn a_child_run_outlives_a_crash_of_its_attempt_and_goes_with_it() {
        let root = tempfile::tempdir().unwrap();
        let directory = prepare(root.path(), &stage(1)).unwrap();
        fs::create_dir(directory.join(CHILD)).unwrap();
        fs::write(directory.join("child/manifest.json"), "{}").unwrap();
        fs::write(directory.join("prompt.md"), "torn").unwrap();
        prepare(root.path(), &stage(1)).unwrap();
        assert_eq!(files(&directory), [CHILD]);
        prepare(root.path(), &stage(2)).unwrap();
        assert_eq!(files(&directory), ["attempt-1"]);
        let moved = earlier_attempt(&directory.join(CHILD), 2).unwrap();
        assert!(holds_run(&moved), "{}", moved.display());
    }

    #[test]
    fn each_full_hundred_of_attempts_moves_into_a_directory_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        for execution in 1..=205 {
            let began = path(root.path(), &stage(execution)).join("n");
            // As after a crash, twice.
            for _ in 0..2 {
                let directory = prepare(root.path(), &stage(execution)).unwrap();
                assert!(loose_files(&directory).unwrap().is_empty());
                fs::write(directory.join("n"), execution.to_string()).unwrap();
            }
            if let Some(before) = earlier_attempt(&began, execution).filter(|_| execution > 1) {
                assert_eq!(
                    fs::read_to_string(before).unwrap(),
                    (execution - 1).to_string()
                );
            }
        }
        let directory = path(root.path(), &stage(205));
        let names = files(&directory);
        let kept = ["attempt-201", "attempt-202", "attempt-203", "attempt-204"];
        let bundles = ["attempts-1-100", "attempts-101-200", "n"];
        assert_eq!(names, [&kept[..], &bundles[..]].concat());
        let read = |path: &str| fs::read_to_string(directory.join(path)).unwrap();
        assert_eq!(read("attempts-1-100/attempt-1/n"), "1");
        assert_eq!(read("attempts-101-200/attempt-200/n"), "200");
        assert_eq!(read("attempt-204/n"), "204");
    }

    #[test]
    fn a_long_id_becomes_a_short_name_that_no_other_id_has() {
        let long = |end: &str| "a".repeat(3_000) + end;
        let (one, other) = (long("1"), long("2"));
        assert!(name(&one).len() < 150, "{}", name(&one));
        assert_ne!(name(&one), name(&other));
        assert_eq!(name("plan"), "plan");
    }

    #[test]
    fn a_node_gives_way_to_the_files_of_the_run() {
        let root = Path::new("/runs/1");
        let lock = StageKey::first("lock".parse().unwrap());
        assert_eq!(path(root, &lock), Path::new("/runs/1/lock-node"));
        assert_eq!(
            path(root, &stage(1).with_restart(2)),
            Path::new("/runs/1/restart-2/work")
        );
    }
}
