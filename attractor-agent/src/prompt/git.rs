//! The repository at the session's start (coding-agent-loop-spec 6.4).

use std::fmt::Write as _;

use crate::{
    environment::{ExecCommand, ExecutionEnvironment},
    limits,
};

/// Branch, counts and last commits.
#[derive(Debug, Default)]
pub(super) struct GitSnapshot {
    /// The branch, or the commit when detached.
    pub(super) branch: String,
    /// From the working directory to the repository's root: empty, or `../` some times.
    pub(super) way_to_root: String,
    modified: usize,
    untracked: usize,
    commits: String,
}

/// The snapshot, or nothing outside a repository or without git.
pub(super) async fn snapshot(environment: &dyn ExecutionEnvironment) -> Option<GitSnapshot> {
    let inside = git(environment, "rev-parse --is-inside-work-tree").await?;
    if inside.trim() != "true" {
        return None;
    }
    let way_to_root = git(environment, "rev-parse --show-cdup")
        .await?
        .trim()
        .to_owned();
    let branch = match git(environment, "symbolic-ref --short -q HEAD").await {
        Some(branch) => branch,
        None => git(environment, "rev-parse --short HEAD")
            .await
            .unwrap_or_default(),
    };
    let status = git(environment, "status --porcelain")
        .await
        .unwrap_or_default();
    let untracked = status.lines().filter(|line| line.starts_with("??")).count();
    // A repository without a commit has no log.
    let commits = git(environment, "log -n 10 --format='%h %s'")
        .await
        .unwrap_or_default();
    Some(GitSnapshot {
        branch: branch.trim().to_owned(),
        way_to_root,
        modified: status.lines().count() - untracked,
        untracked,
        commits: commits.chars().take(limits::GIT_SNAPSHOT_CHARS).collect(),
    })
}

impl GitSnapshot {
    pub(super) fn render(&self) -> String {
        let mut text = String::from("# The repository when the session began\n\n");
        let _ = writeln!(text, "Branch: {}", self.branch);
        let _ = writeln!(
            text,
            "Modified files: {}, untracked: {}",
            self.modified, self.untracked
        );
        if !self.commits.is_empty() {
            let _ = write!(text, "Recent commits:\n{}", self.commits);
        }
        text
    }
}

/// The output of a git command that succeeds. Never takes git's locks: other processes may work
/// in the same repository.
async fn git(environment: &dyn ExecutionEnvironment, arguments: &str) -> Option<String> {
    let command = ExecCommand::new(format!("git {arguments}"), limits::GIT_TIMEOUT)
        .variable("GIT_OPTIONAL_LOCKS", "0");
    let result = environment.exec_command(command).await.ok()?;
    result.success().then(|| result.stdout.text())
}
