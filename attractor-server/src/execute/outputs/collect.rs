//! Where a run's results are looked for.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use attractor_core::journal::RunDirectory;
use attractor_core::{JournalEntry, RunEvent, StageKey};

use super::Output;
use crate::execute::error::Failure;
use crate::execute::git::Git;
use crate::execute::limits::{ARTIFACT_DEPTH, ARTIFACTS};
use crate::execute::workspace::Workspace;
use crate::secrets::Scrubber;

/// The results of a run, to be asked for by name.
#[derive(Debug)]
pub(in crate::execute) struct Found<'a> {
    pub(in crate::execute) workspace: &'a Workspace,
    pub(in crate::execute) git: &'a Git,
    pub(in crate::execute) scrubber: &'a Scrubber,
    pub(in crate::execute) entries: &'a [JournalEntry],
    /// Bytes of a file at most.
    pub(in crate::execute) limit: u64,
}

impl Found<'_> {
    /// The file of that name: in `.attractor/out`, else in the clone's root if the run has written
    /// it, else the last answer of the node of that name.
    pub(super) async fn file(&self, name: &str) -> Result<Option<Output>, Failure> {
        if let Some(bytes) = self.read(&self.workspace.out_dir().join(name))? {
            return Ok(Some(self.output(name, bytes)));
        }
        if let Some(bytes) = self.read(&self.workspace.clone.join(name))?
            && self.is_new(name, &bytes).await?
        {
            return Ok(Some(self.output(name, bytes)));
        }
        let node = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let node = node.replace('-', "_");
        let answer = self.answer_of(|id| id == node)?;
        Ok(answer.map(|text| self.output(name, text.into_bytes())))
    }

    /// The last answer of the last node that a model worked on.
    pub(super) fn last_answer(&self) -> Result<Option<String>, Failure> {
        self.answer_of(|_| true)
    }

    /// All files in `.attractor/out`, but for those that are stored under their own rules.
    pub(super) fn others(&self, known: &[&str]) -> Result<Vec<Output>, Failure> {
        let root = self.workspace.out_dir();
        let mut files = Vec::new();
        walk(&root, &root, 0, &mut files)?;
        files.sort();
        let mut outputs = Vec::new();
        for (key, path) in files {
            if !known.contains(&key.as_str())
                && let Some(bytes) = self.read(&path)?
            {
                outputs.push(self.output(&key, bytes));
            }
        }
        Ok(outputs)
    }

    fn output(&self, name: &str, bytes: Vec<u8>) -> Output {
        Output::new(name, self.scrubber.bytes(&bytes))
    }

    /// Whether the file isn't what the run began with.
    async fn is_new(&self, name: &str, bytes: &[u8]) -> Result<bool, Failure> {
        let before = format!("{}:{name}", self.workspace.base.commit);
        let before = self
            .git
            .find(&["rev-parse", "--quiet", "--verify", &before])
            .await?;
        let Some(before) = before else {
            return Ok(true);
        };
        let path = self.workspace.clone.join(name);
        let path = path.display().to_string();
        let now = self.git.text(&["hash-object", "--", &path]).await?;
        Ok(now != before && !bytes.is_empty())
    }

    /// A file within the clone; nothing if there is none, or a link leads elsewhere.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Failure> {
        let (Ok(root), Ok(path)) = (self.workspace.clone.canonicalize(), path.canonicalize())
        else {
            return Ok(None);
        };
        if !path.starts_with(root) || !path.is_file() {
            return Ok(None);
        }
        let shown = path.display();
        let unreadable = |error| Failure::run(format!("can't read {shown}: {error}"));
        let mut bytes = Vec::new();
        let file = fs::File::open(&path).map_err(unreadable)?;
        file.take(self.limit + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > self.limit {
            let text = format!("{shown} has more than {} bytes", self.limit);
            return Err(Failure::run(text));
        }
        Ok(Some(bytes))
    }

    /// The last answer of the last node that `wanted` is said of.
    fn answer_of(&self, wanted: impl Fn(&str) -> bool) -> Result<Option<String>, Failure> {
        let run = RunDirectory::open(self.workspace.run_dir())
            .map_err(|error| Failure::run(error.to_string()))?;
        let nodes = self
            .entries
            .iter()
            .rev()
            .filter_map(|entry| match &entry.event {
                RunEvent::StageCompleted { node, .. } if entry.branch.is_none() => Some(node),
                _ => None,
            });
        let restarts = self.entries.iter();
        let restarts = restarts.filter(|entry| entry.event.name() == "loop_restarted");
        let restart = u32::try_from(restarts.count()).unwrap_or(u32::MAX);
        for node in nodes.filter(|node| wanted(node.as_str())) {
            let stage = StageKey::first(node.clone()).with_restart(restart);
            let stage = run.stage_directory(&stage);
            let answer = fs::read_to_string(stage.join("response.md")).unwrap_or_default();
            if !answer.trim().is_empty() {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }
}

/// The files below a directory with their keys; links aren't followed.
fn walk(
    root: &Path,
    directory: &Path,
    depth: usize,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), Failure> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            if depth < ARTIFACT_DEPTH {
                walk(root, &path, depth + 1, files)?;
            }
            continue;
        }
        if !kind.is_file() {
            continue;
        }
        if files.len() == ARTIFACTS {
            let text = format!(".attractor/out has more than {ARTIFACTS} files");
            return Err(Failure::run(text));
        }
        let below = path.strip_prefix(root).ok().and_then(Path::to_str);
        if let Some(key) = below {
            files.push((key.replace('\\', "/"), path));
        }
    }
    Ok(())
}
