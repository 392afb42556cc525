//! The order in which the changes of a patch are made, and how each is undone; pure.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::changes::{Changes, File};

/// One change of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The file goes from the first path to the second.
    Rename(String, String),
    /// The file gets this content.
    Write {
        path: String,
        content: Bytes,
        /// What it has; nothing where there is no file.
        before: Option<Bytes>,
    },
    /// The file, which has this content, goes.
    Remove(String, Bytes),
}

impl Step {
    /// The step that takes this one back.
    pub(super) fn undo(self) -> Self {
        match self {
            Self::Rename(from, to) => Self::Rename(to, from),
            Self::Write {
                path,
                content,
                before: None,
            } => Self::Remove(path, content),
            Self::Write {
                path,
                content,
                before: Some(before),
            } => Self::Write {
                path,
                content: before,
                before: Some(content),
            },
            Self::Remove(path, before) => Self::Write {
                path,
                content: before,
                before: None,
            },
        }
    }

    /// The file that it is about.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Rename(path, _) | Self::Write { path, .. } | Self::Remove(path, _) => path,
        }
    }
}

/// Moves first, so that files keep their modes; what goes, goes last, because it is the hardest to
/// bring back.
pub(super) fn steps(changes: &Changes<'_>) -> Vec<Step> {
    let moves = || changes.moves();
    let moved: BTreeSet<&str> = moves().map(|(from, _)| from).collect();
    let renames = moves().map(|(from, to)| Step::Rename(from.to_owned(), to.to_owned()));
    let is_here = |path: &str| !moved.contains(path);
    let there = |path: &str, file: &File| match &file.moved_from {
        Some(origin) => changes.files.get(origin)?.before.clone(),
        None => file.before.clone().filter(|_| is_here(path)),
    };
    let writes = changes.files.iter().filter_map(|(path, file)| {
        let (content, before) = (file.after.clone()?, there(path, file));
        (before.as_ref() != Some(&content)).then(|| Step::Write {
            path: path.clone(),
            content,
            before,
        })
    });
    let removals = changes.files.iter().filter_map(|(path, file)| {
        let before = file.before.clone()?;
        let goes = file.after.is_none() && is_here(path);
        goes.then(|| Step::Remove(path.clone(), before))
    });
    renames.chain(writes).chain(removals).collect()
}
