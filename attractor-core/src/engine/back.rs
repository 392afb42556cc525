//! Going back to an earlier point of a run: in place, or in a copy.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Engine, Pipeline, clock};
use crate::graph::Graph;
use crate::journal::{Attempts, Manifest, RunDirectory};
use crate::run::{JournalEntry, Point, Run, RunEvent, attempts};
use crate::{Error, ErrorKind};

/// A run that was put back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rewound {
    /// Where it is now.
    pub point: Point,
    /// Entries of the journal that were thrown away.
    pub dropped: usize,
    /// Where they are kept, with the files of the attempts they are about.
    pub kept: PathBuf,
    /// In git mode, the commit that the files are at, and the reference to what they were.
    pub files: Option<(String, String)>,
}

/// A copy of a run up to a point.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Forked {
    /// Where it is.
    pub point: Point,
    /// The copy's id.
    pub run_id: String,
    /// Where it works.
    pub workdir: PathBuf,
    /// In git mode, its branch.
    pub branch: Option<String>,
}

/// What both begin with.
struct Past {
    manifest: Manifest,
    graph: Arc<Graph>,
    entries: Vec<JournalEntry>,
    point: Point,
    attempts: Attempts,
}

impl Past {
    fn kept(&self) -> &[JournalEntry] {
        self.point.before(&self.entries)
    }
}

impl Engine {
    /// Puts a run back to the moment before a visit of a node; the last one unless `visit` says
    /// which over the whole run. [`resume`](Self::resume) then executes that node again.
    ///
    /// What is thrown away stays findable: the journal and the files of stages in a directory
    /// `rewound-1`, `rewound-2`, …, and in git mode the files of the working tree under a
    /// reference of that name. Without git mode the files that the run has worked on aren't
    /// touched. What the models have cost stays counted.
    ///
    /// # Errors
    ///
    /// As for [`resume`](Self::resume), and [`ErrorKind::InvalidInput`] if there was no such visit.
    pub async fn rewind(
        &self,
        directory: impl AsRef<Path>,
        node: &str,
        visit: Option<u32>,
    ) -> Result<Rewound, Error> {
        let directory = RunDirectory::open_locked(directory)?;
        let past = self.past(&directory, node, visit)?;
        let aside = directory.next_aside();
        let files = files::go_back(&past, &directory, &aside).await?;
        let now = Run::replay_unverified(Arc::clone(&past.graph), &past.entries)?;
        let then = Run::replay_unverified(Arc::clone(&past.graph), past.kept())?;
        let mut entries = past.kept().to_vec();
        let dropped = past.entries.len() - entries.len();
        let rewound = RunEvent::RunRewound {
            node: past.point.node.clone(),
            visit: past.point.visit,
            kept: aside.clone(),
            spent: now.usage().since(then.usage()),
        };
        entries.push(JournalEntry::new(past.point.seq, clock::now(), rewound));
        let kept = directory.rewind(&aside, &entries, &past.attempts)?;
        Ok(Rewound {
            point: past.point,
            dropped,
            kept,
            files,
        })
    }

    /// Copies a run, up to the moment before a visit of a node, into a new directory; the run
    /// itself isn't changed, and may be executed meanwhile. [`resume`](Self::resume) of the copy then
    /// executes that node.
    ///
    /// In git mode the copy has a branch of its own, and works in a working tree of its own in the
    /// new directory. Without git mode it works where the run does, on the files as they are.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start) and [`rewind`](Self::rewind).
    pub async fn fork(
        &self,
        directory: impl AsRef<Path>,
        to: impl AsRef<Path>,
        run_id: Option<String>,
        (node, visit): (&str, Option<u32>),
    ) -> Result<Forked, Error> {
        let directory = RunDirectory::open(directory)?;
        let past = self.past(&directory, node, visit)?;
        let copy = RunDirectory::create(to)?;
        let run_id = run_id.unwrap_or_else(clock::new_run_id);
        let (workdir, branch) = files::fork(&past, copy.path(), &run_id).await?;
        let mut entries = past.kept().to_vec();
        let mut of = String::new();
        for entry in &mut entries {
            if let RunEvent::RunStarted { run_id: id, .. } = &mut entry.event {
                of = std::mem::replace(id, run_id.clone());
            }
        }
        let forked = RunEvent::RunForked {
            run_id: of,
            node: past.point.node.clone(),
            visit: past.point.visit,
        };
        entries.push(JournalEntry::new(past.point.seq, clock::now(), forked));
        let manifest = Manifest {
            run_id: run_id.clone(),
            started_at: clock::now(),
            workdir: workdir.to_string_lossy().into_owned(),
            git_branch: branch.clone(),
            ..past.manifest.clone()
        };
        copy.fill_from(&directory, &entries, &past.attempts, &manifest)
            .await?;
        Ok(Forked {
            point: past.point,
            run_id,
            workdir,
            branch,
        })
    }

    /// The pipeline of a run that is kept in a directory, with the texts it was started with.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if they can't be read, [`ErrorKind::InvalidGraph`] if it can't run
    /// any more.
    pub fn pipeline_of(&self, directory: &RunDirectory) -> Result<Pipeline, Error> {
        let (manifest, source) = (directory.manifest()?, directory.source()?);
        Ok(self.prepare_stored(&manifest, &source)?)
    }

    fn past(
        &self,
        directory: &RunDirectory,
        node: &str,
        visit: Option<u32>,
    ) -> Result<Past, Error> {
        let (manifest, entries) = (directory.manifest()?, directory.entries()?);
        let point = Point::find(&entries, node, visit)?;
        let graph = Arc::clone(self.pipeline_of(directory)?.graph());
        let attempts = Attempts {
            all: attempts(&graph, &entries)?,
            kept: attempts(&graph, point.before(&entries))?,
        };
        Ok(Past {
            manifest,
            graph,
            entries,
            point,
            attempts,
        })
    }
}

#[cfg(feature = "git")]
mod files {
    use tokio_util::sync::CancellationToken;

    use super::{Error, ErrorKind, Past, Path, PathBuf, Run, RunDirectory, RunEvent};
    use crate::git::{Repository, Workspace, is_valid_run_id};

    /// The last commit of the main walk before the point.
    fn target(past: &Past) -> Result<&str, Error> {
        let main = past
            .kept()
            .iter()
            .rev()
            .filter(|entry| entry.branch.is_none());
        let mut commits = main.filter_map(|entry| match &entry.event {
            RunEvent::CommitCreated { commit } => Some(commit.id.as_str()),
            _ => None,
        });
        let missing = || Error::new(ErrorKind::Damaged, "the journal has no commit before that");
        commits.next().ok_or_else(missing)
    }

    pub(super) async fn go_back(
        past: &Past,
        directory: &RunDirectory,
        aside: &str,
    ) -> Result<Option<(String, String)>, Error> {
        if past.manifest.git_branch.is_none() {
            return Ok(None);
        }
        let run_id = past.manifest.run_id.as_str();
        let workdir = Path::new(&past.manifest.workdir);
        let repository = Repository::open(workdir, CancellationToken::new()).await?;
        let mut workspace = Workspace::new(repository, run_id, directory.path())?;
        workspace.recall(&past.entries);
        let run = Run::replay_unverified(past.graph.clone(), &past.entries)?;
        for key in run.live_branches().iter().rev() {
            workspace.end_branch(key).await?;
        }
        let target = target(past)?;
        let backup = workspace.go_back(target, aside).await?;
        Ok(Some((target.to_owned(), backup)))
    }

    pub(super) async fn fork(
        past: &Past,
        to: &Path,
        run_id: &str,
    ) -> Result<(PathBuf, Option<String>), Error> {
        let workdir = Path::new(&past.manifest.workdir);
        if past.manifest.git_branch.is_none() {
            return Ok((workdir.to_owned(), None));
        }
        if !is_valid_run_id(run_id) {
            let text = format!("git mode can't name a branch after the run id {run_id:?}");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        let repository = Repository::open(workdir, CancellationToken::new()).await?;
        let workdir = repository
            .fork(&to.join("worktree"), target(past)?, run_id)
            .await?;
        Ok((workdir, Some(format!("attractor/run/{run_id}"))))
    }
}

#[cfg(not(feature = "git"))]
#[expect(clippy::unused_async, reason = "the other build waits for git")]
mod files {
    use super::{Error, ErrorKind, Past, Path, PathBuf, RunDirectory};

    fn refuse(past: &Past) -> Result<(), Error> {
        if past.manifest.git_branch.is_none() {
            return Ok(());
        }
        let text = "the run is in git mode, which this build hasn't: it needs the feature `git`";
        Err(Error::new(ErrorKind::InvalidInput, text))
    }

    pub(super) async fn go_back(
        past: &Past,
        _directory: &RunDirectory,
        _aside: &str,
    ) -> Result<Option<(String, String)>, Error> {
        refuse(past).map(|()| None)
    }

    pub(super) async fn fork(
        past: &Past,
        _to: &Path,
        _run_id: &str,
    ) -> Result<(PathBuf, Option<String>), Error> {
        refuse(past)?;
        Ok((PathBuf::from(&past.manifest.workdir), None))
    }
}
