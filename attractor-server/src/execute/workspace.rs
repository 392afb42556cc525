//! The clone that a run works in: made once, found again by the next attempt.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::api::Api;
use super::confine;
use super::error::Failure;
use super::git::Git;
use super::limits::GIT_WORDS;
use super::{rerun, sha256};
use crate::console;
use crate::domain::RunType;
use crate::runner_api::RunSpecification;

/// Where the bundle's files are, and where a run puts its results: in the clone, and in no commit.
const KEPT_OUT: &str = "/.attractor/spec/\n/.attractor/out/\n";

/// Says that the clone is complete, and what it began with.
const MADE: &str = "workspace.json";

/// A run's clone.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    /// The directory of all that belongs to the run.
    pub(super) directory: PathBuf,
    /// The clone.
    pub(super) clone: PathBuf,
    /// What it began with.
    pub(super) base: Base,
}

/// What a run began with, as it was when its first attempt cloned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Base {
    /// The commit.
    pub(super) commit: String,
    /// The target branch on the remote, if there was one: what a push replaces.
    pub(super) target: Option<String>,
    /// The branch that the remote's `HEAD` names.
    pub(super) default_branch: Option<String>,
    /// The pipeline's text.
    pub(super) pipeline: String,
}

impl Workspace {
    /// The run directory of the engine.
    pub(super) fn run_dir(&self) -> PathBuf {
        self.directory.join("run")
    }

    /// Where the agent finds the bundle.
    pub(super) fn spec_dir(&self) -> PathBuf {
        self.clone.join(".attractor/spec")
    }

    /// Where the agent puts what is to be kept.
    pub(super) fn out_dir(&self) -> PathBuf {
        self.clone.join(".attractor/out")
    }
}

/// Makes the clone, or finds it as an earlier attempt has left it.
pub(super) async fn prepare(
    directory: &Path,
    spec: &RunSpecification,
    git: &impl Fn(&Path) -> Git,
    api: &Api,
) -> Result<Workspace, Failure> {
    let clone = match &spec.rerun {
        None => directory.join("repository"),
        Some(_) => rerun::clone(directory),
    };
    let base = match read_base(directory) {
        Some(base) if clone.join(".git").exists() => base,
        _ => {
            let base = match &spec.rerun {
                None => create(directory, &clone, spec, git).await?,
                Some(rerun) => rerun::create(directory, spec, rerun, git).await?,
            };
            let text = serde_json::to_vec(&base).unwrap_or_default();
            write_whole(&directory.join(MADE), &text)?;
            base
        }
    };
    let workspace = Workspace {
        directory: directory.to_owned(),
        clone,
        base,
    };
    refuse_links(&workspace.clone)?;
    tell_pipeline(&workspace.base.pipeline, spec, api).await?;
    put_bundle(&workspace, spec, api).await?;
    make_directory(&workspace.out_dir())?;
    Ok(workspace)
}

/// What a run began with, if its clone is complete.
pub(super) fn read_base(directory: &Path) -> Option<Base> {
    serde_json::from_slice(&fs::read(directory.join(MADE)).ok()?).ok()
}

/// Refuses a repository whose links lead what is written and read here elsewhere.
fn refuse_links(clone: &Path) -> Result<(), Failure> {
    for part in [".attractor", ".attractor/spec", ".attractor/out"] {
        let is_link = fs::symlink_metadata(clone.join(part)).is_ok_and(|it| it.is_symlink());
        if is_link {
            return Err(Failure::run(format!("{part} of the repository is a link")));
        }
    }
    Ok(())
}

async fn create(
    directory: &Path,
    clone: &Path,
    spec: &RunSpecification,
    git: &impl Fn(&Path) -> Git,
) -> Result<Base, Failure> {
    // What an attempt has left that was cut off while it cloned.
    remove_directory(clone)?;
    let source = spec.source_branch.as_str();
    let into = clone.display().to_string();
    // Not by links to the files of a repository on this machine: they would be its own, and some go away while
    // somebody pushes to it.
    let arguments = [
        "clone",
        "--quiet",
        "--no-checkout",
        "--no-tags",
        "--no-local",
        "--",
    ];
    git(directory).transfer(&arguments, &[&into]).await?;
    let git = git(clone);
    let remote = |branch: &str| format!("refs/remotes/origin/{branch}");
    let commit = |reference: String| {
        let git = git.clone();
        async move {
            let commit = format!("{reference}^{{commit}}");
            git.find(&["rev-parse", "--quiet", "--verify", &commit])
                .await
        }
    };
    let Some(start) = commit(remote(source)).await? else {
        return Err(Failure::run(format!(
            "the repository has no branch {source}"
        )));
    };
    let head = [
        "symbolic-ref",
        "--quiet",
        "--short",
        "refs/remotes/origin/HEAD",
    ];
    let head = git.find(&head).await?;
    let default_branch = head.and_then(|it| Some(it.strip_prefix("origin/")?.to_owned()));
    let target = match spec.run_type {
        RunType::Implementation => commit(remote(spec.target_branch.as_str())).await?,
        _ => None,
    };
    // The pipeline is the source branch's: a run must not execute what an earlier one has made of it.
    check_out(&git, &start).await?;
    let pipeline = pipeline(clone, spec)?;
    if let Some(target) = &target {
        check_out(&git, target).await?;
    }
    keep_out_of_commits(clone)?;
    Ok(Base {
        commit: target.clone().unwrap_or(start),
        target,
        default_branch,
        pipeline,
    })
}

/// Makes a commit the files of the clone, on no branch: what an agent
/// pushes by habit goes nowhere.
async fn check_out(git: &Git, commit: &str) -> Result<(), Failure> {
    let arguments = ["checkout", "--quiet", "--force", "--detach", commit];
    git.text(&arguments).await.map(drop)
}

/// The text to execute: the control plane's, if that is what it was when the run was created, else
/// the repository's.
fn pipeline(clone: &Path, spec: &RunSpecification) -> Result<String, Failure> {
    let attractor = &spec.attractor;
    let file = confine::lexically(clone, &attractor.repo_path)?;
    let text = match &attractor.content {
        Some(content) => content.clone(),
        None => confine::text(clone, &file)?,
    };
    if let Some(expected) = &attractor.sha256
        && !expected.eq_ignore_ascii_case(&sha256(text.as_bytes()))
    {
        return Err(Failure::run(format!(
            "the text of the attractor {} isn't the one that the run was created with: its SHA-256 isn't {expected}",
            attractor.name
        )));
    }
    confine::includes(clone, &text, &file)?;
    Ok(text)
}

/// Hands the control plane a pipeline that it doesn't have, so that it can be drawn, explained and
/// repeated. One that it doesn't want to keep is executed all the same.
async fn tell_pipeline(text: &str, spec: &RunSpecification, api: &Api) -> Result<(), Failure> {
    if spec.attractor.content.is_some() {
        return Ok(());
    }
    match api.put_pipeline(text, &sha256(text.as_bytes())).await {
        Err(Failure::Run(why)) => {
            console::err(format!("the pipeline isn't kept: {why}"));
            Ok(())
        }
        told => told,
    }
}

/// Puts the bundle's files where the agent reads them.
async fn put_bundle(
    workspace: &Workspace,
    spec: &RunSpecification,
    api: &Api,
) -> Result<(), Failure> {
    let Some(bundle) = &spec.spec_bundle else {
        return Ok(());
    };
    let directory = workspace.spec_dir();
    make_directory(&directory)?;
    for file in &bundle.files {
        let path = confine::lexically(&directory, &file.name)?;
        let is_there = fs::read(&path).is_ok_and(|bytes| sha256(&bytes) == file.sha256);
        if is_there {
            continue;
        }
        let bytes = api.bundle_file(&file.name).await?;
        if !sha256(&bytes).eq_ignore_ascii_case(&file.sha256) {
            let text = format!("{} of the bundle isn't what its manifest says", file.name);
            return Err(Failure::run(text));
        }
        write_whole(&path, &bytes)?;
    }
    Ok(())
}

fn keep_out_of_commits(clone: &Path) -> Result<(), Failure> {
    let info = clone.join(".git/info");
    make_directory(&info)?;
    let path = info.join("exclude");
    let before = fs::read_to_string(&path).unwrap_or_default();
    write_whole(&path, format!("{before}\n{KEPT_OUT}").as_bytes())
}

pub(super) fn make_directory(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| failed("make", path, &error))
}

pub(super) fn remove_directory(path: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(failed("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Writes a file that is there whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = tempfile::NamedTempFile::new_in(folder)?;
        fs::write(file.path(), bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(|error| failed("write", path, &error))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let text = format!("can't {what} {}: {error}", path.display());
    Failure::run(text.chars().take(GIT_WORDS).collect::<String>())
}
