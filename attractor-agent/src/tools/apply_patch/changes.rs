//! What a patch makes of the files of an environment, before any of them is written.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{
    patch::{Hunk, Operation, Patch},
    update::update,
};
use crate::{
    environment::{ExecutionEnvironment, canonical_entry, is_within},
    error::{Error, ErrorKind},
    limits,
    tools::is_binary,
};

/// A file that the patch touches, by its canonical path.
#[derive(Debug)]
pub(super) struct File {
    /// What is on disk; nothing where there is no file.
    pub(super) before: Option<Bytes>,
    /// What is to be there.
    pub(super) after: Option<Bytes>,
    /// The file on disk that comes here with its mode, where there is none yet.
    pub(super) moved_from: Option<String>,
}

/// All that a patch changes.
#[derive(Debug)]
pub(super) struct Changes<'a> {
    environment: &'a dyn ExecutionEnvironment,
    workspace: String,
    pub(super) files: BTreeMap<String, File>,
    /// What happened to which file, as the patch names it.
    pub(super) report: Vec<Done>,
}

/// What happened to a file.
#[derive(Debug)]
pub(super) struct Done {
    /// `A`, `M` or `D`.
    pub(super) mark: char,
    pub(super) path: String,
    pub(super) notes: Vec<String>,
}

/// Where a path leads.
#[derive(Debug)]
struct Place {
    /// The file itself.
    target: String,
    /// The directory entry: the same unless it is a symbolic link.
    entry: String,
}

impl<'a> Changes<'a> {
    /// Works out every operation on what the ones before it leave; refuses all if one can't be done.
    pub(super) async fn collect(
        environment: &'a dyn ExecutionEnvironment,
        patch: &Patch<'_>,
    ) -> Result<Self, Error> {
        let mut changes = Self {
            environment,
            workspace: environment
                .canonical_path(environment.working_directory())
                .await?,
            files: BTreeMap::new(),
            report: Vec::new(),
        };
        let mut refusals = Vec::new();
        for operation in &patch.operations {
            if let Err(error) = changes.operate(operation).await {
                refusals.push(error);
            }
        }
        match refusals.first() {
            None => Ok(changes),
            Some(first) => Err(Error::new(first.kind(), explain(&refusals))),
        }
    }

    /// The files that come to a path where there is none yet: from where, and to where.
    pub(super) fn moves(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter().filter(|(_, file)| file.after.is_some());
        files.filter_map(|(to, file)| Some((file.moved_from.as_deref()?, to.as_str())))
    }

    async fn operate(&mut self, operation: &Operation<'_>) -> Result<(), Error> {
        match operation {
            Operation::Add { path, content } => self.add(path, content).await,
            Operation::Delete { path } => self.delete(path).await,
            Operation::Update {
                path,
                move_to,
                hunks,
            } => self.update(path, *move_to, hunks).await,
        }
    }

    async fn add(&mut self, path: &str, content: &str) -> Result<(), Error> {
        let place = self.place(path).await?;
        let file = self.load(path, &place.target).await?;
        let replaced = file.after.as_ref().map(Bytes::len);
        file.after = Some(Bytes::copy_from_slice(content.as_bytes()));
        let notes = replaced.map(|bytes| format!("replaced a file of {bytes} bytes"));
        self.done('A', path, notes.into_iter().collect());
        Ok(())
    }

    async fn delete(&mut self, path: &str) -> Result<(), Error> {
        let place = self.place(path).await?;
        let file = self.load(path, &place.entry).await?;
        if file.after.take().is_none() {
            return Err(missing(path));
        }
        let is_link = place.entry != place.target;
        let note = is_link.then(|| "a symbolic link; what it led to is still there".to_owned());
        self.done('D', path, note.into_iter().collect());
        Ok(())
    }

    async fn update(
        &mut self,
        path: &str,
        move_to: Option<&str>,
        hunks: &[Hunk<'_>],
    ) -> Result<(), Error> {
        let source = self.place(path).await?;
        let before = self.load(path, &source.target).await?.after.clone();
        let before = before.ok_or_else(|| missing(path))?;
        if is_binary(&before) && !hunks.is_empty() {
            let reason = format!("{path} is a binary file; it can't be patched as text");
            return Err(Error::invalid_input(reason));
        }
        let updated = update(&before, hunks).map_err(|problems| {
            let problems = problems.into_iter().take(limits::PATCH_PROBLEMS);
            let lines = problems.map(|problem| format!("{path}: {problem}"));
            Error::invalid_input(lines.collect::<Vec<_>>().join("\n"))
        })?;
        let mut notes = updated.notes;
        let after = Bytes::from(updated.content);
        match move_to {
            None => self.load(path, &source.target).await?.after = Some(after),
            Some(target) => {
                notes.extend(self.relocate(path, &source, target, after).await?);
            }
        }
        self.done('M', move_to.unwrap_or(path), notes);
        Ok(())
    }

    /// Moves a file to another path, with this content; a note of what that did.
    async fn relocate(
        &mut self,
        path: &str,
        source: &Place,
        move_to: &str,
        content: Bytes,
    ) -> Result<Option<String>, Error> {
        let target = self.place(move_to).await?.target;
        if target == source.target {
            self.load(path, &target).await?.after = Some(content);
            return Ok(Some("moved to where it was".to_owned()));
        }
        if source.entry != source.target {
            let reason = format!("{path} is a symbolic link; move the file that it leads to");
            return Err(Error::invalid_input(reason));
        }
        let is_taken = self.moves().any(|(from, _)| from == source.target);
        let from = self.load(path, &source.target).await?;
        from.after = None;
        let origin = if from.before.is_some() && !is_taken {
            Some(source.target.clone())
        } else {
            from.moved_from.take()
        };
        let to = self.load(move_to, &target).await?;
        let replaced = to.after.replace(content).as_ref().map(Bytes::len);
        to.moved_from = origin.filter(|_| to.before.is_none());
        let over = replaced.map(|bytes| format!(", replacing a file of {bytes} bytes"));
        Ok(Some(format!(
            "moved from {path}{}",
            over.unwrap_or_default()
        )))
    }

    fn done(&mut self, mark: char, path: &str, notes: Vec<String>) {
        self.report.push(Done {
            mark,
            path: path.to_owned(),
            notes,
        });
    }

    /// The file as the operations so far leave it.
    async fn load(&mut self, shown: &str, path: &str) -> Result<&mut File, Error> {
        if !self.files.contains_key(path) {
            let before = match self.environment.read_file(path).await {
                Ok(content) => Some(content),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => {
                    let reason = format!("{shown}: {error}");
                    return Err(Error::new(error.kind(), reason).with_source(error));
                }
            };
            let file = File {
                after: before.clone(),
                before,
                moved_from: None,
            };
            self.files.insert(path.to_owned(), file);
        }
        self.files.get_mut(path).ok_or_else(|| missing(shown))
    }

    /// Where a path leads: inside the workspace, whatever links are on the way.
    async fn place(&self, path: &str) -> Result<Place, Error> {
        let target = self.environment.canonical_path(path).await?;
        let entry = canonical_entry(self.environment, path).await?;
        if !is_within(&target, &self.workspace) || !is_within(&entry, &self.workspace) {
            let reason = format!(
                "{path} is outside of the working directory {}; a patch changes only what is inside",
                self.workspace
            );
            return Err(Error::new(ErrorKind::PermissionDenied, reason));
        }
        Ok(Place { target, entry })
    }
}

fn missing(path: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("{path} does not exist"))
}

fn explain(refusals: &[Error]) -> String {
    let shown = refusals.iter().take(limits::PATCH_PROBLEMS).map(|error| {
        let text = error.to_string();
        text.trim_end().to_owned()
    });
    let mut text = "the patch was not applied, and no file was changed:\n".to_owned();
    text.push_str(&shown.collect::<Vec<_>>().join("\n"));
    let more = refusals.len().saturating_sub(limits::PATCH_PROBLEMS);
    if more > 0 {
        text.push_str(&format!("\nand {more} more problems"));
    }
    text
}
