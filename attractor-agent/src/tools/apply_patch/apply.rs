//! Writes what a patch changes: all of it, or nothing.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::changes::Changes;
use crate::{environment::ExecutionEnvironment, error::Error};

/// How to undo one step.
#[derive(Debug)]
enum Undo {
    /// The file gets this content back.
    Restore(String, Bytes),
    /// The file goes.
    Remove(String),
    /// The file goes back from the first path to the second.
    Rename(String, String),
}

/// The steps done so far.
#[derive(Debug)]
struct Steps<'a> {
    environment: &'a dyn ExecutionEnvironment,
    undo: Vec<Undo>,
}

/// Makes the files of the environment what the changes say. When a step fails, those before it
/// are undone.
pub(super) async fn apply(
    environment: &dyn ExecutionEnvironment,
    changes: &Changes<'_>,
) -> Result<(), Error> {
    let mut steps = Steps {
        environment,
        undo: Vec::new(),
    };
    let Err(error) = steps.take(changes).await else {
        return Ok(());
    };
    let left = steps.undo().await;
    let rest = if left.is_empty() {
        "every file is as it was".to_owned()
    } else {
        format!("these could not be put back: {}", left.join(", "))
    };
    let reason = format!("the patch could not be written ({error}); {rest}");
    Err(Error::new(error.kind(), reason).with_source(error))
}

impl Steps<'_> {
    /// Moves first, so that files keep their modes; what goes, goes last, because it is the
    /// hardest to bring back.
    async fn take(&mut self, changes: &Changes<'_>) -> Result<(), Error> {
        let mut moved = BTreeSet::new();
        for (from, to) in changes.moves() {
            self.environment.rename_file(from, to).await?;
            self.undo.push(Undo::Rename(to.to_owned(), from.to_owned()));
            moved.insert(from);
        }
        for (path, file) in &changes.files {
            let there = match &file.moved_from {
                Some(origin) => changes
                    .files
                    .get(origin)
                    .and_then(|origin| origin.before.as_ref()),
                None => file
                    .before
                    .as_ref()
                    .filter(|_| !moved.contains(path.as_str())),
            };
            if let Some(after) = &file.after {
                self.write(path, there, after).await?;
            }
        }
        for (path, file) in &changes.files {
            if let (Some(before), None) = (&file.before, &file.after)
                && !moved.contains(path.as_str())
            {
                self.environment.remove_file(path).await?;
                self.undo.push(Undo::Restore(path.clone(), before.clone()));
            }
        }
        Ok(())
    }

    async fn write(
        &mut self,
        path: &str,
        there: Option<&Bytes>,
        after: &Bytes,
    ) -> Result<(), Error> {
        if there == Some(after) {
            return Ok(());
        }
        self.environment.write_file(path, after).await?;
        let path = path.to_owned();
        self.undo.push(match there {
            Some(there) => Undo::Restore(path, there.clone()),
            None => Undo::Remove(path),
        });
        Ok(())
    }

    /// Undoes the steps, the last one first; the files for which that failed.
    async fn undo(self) -> Vec<String> {
        let mut left = Vec::new();
        for step in self.undo.into_iter().rev() {
            let (path, undone) = match step {
                Undo::Restore(path, content) => {
                    let undone = self.environment.write_file(&path, &content).await;
                    (path, undone)
                }
                Undo::Remove(path) => {
                    let undone = self.environment.remove_file(&path).await;
                    (path, undone)
                }
                Undo::Rename(from, to) => {
                    let undone = self.environment.rename_file(&from, &to).await;
                    (from, undone)
                }
            };
            if undone.is_err() {
                left.push(path);
            }
        }
        left
    }
}
