//! Search operations: which lines match, which files have a name.

mod general;
mod globs;
mod lines;

use std::fmt::Debug;

use async_trait::async_trait;

pub(crate) use self::{
    globs::{Filter, GlobPattern, Newest, VERSION_CONTROL},
    lines::{LineSearch, Results, Skipped},
};
use super::FileOperations;
use crate::error::Error;

/// What a search of contents returns of each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum GrepOutput {
    /// The matching lines. The default.
    #[default]
    Content,
    /// That the file has a match.
    FilesWithMatches,
    /// How many lines match.
    Count,
}

/// How contents are searched (coding-agent-loop-spec 4.1 `GrepOptions`).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GrepOptions {
    /// Only files of this name pattern (`*.py`, `src/**/*.{ts,tsx}`); all if not set.
    pub glob_filter: Option<String>,
    /// Whether upper and lower case are the same.
    pub case_insensitive: bool,
    /// What is returned of each file.
    pub output: GrepOutput,
    /// How many lines around each match are returned with it.
    pub context_lines: usize,
    /// After this many results (matching lines, or files) the search stops.
    pub max_results: usize,
}

impl Default for GrepOptions {
    fn default() -> Self {
        Self {
            glob_filter: None,
            case_insensitive: false,
            output: GrepOutput::default(),
            context_lines: 0,
            max_results: crate::limits::GREP_RESULTS,
        }
    }
}

impl GrepOptions {
    /// Lines of all files with their case, a hundred at most.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only files of this name pattern.
    #[must_use]
    pub fn glob_filter(mut self, filter: Option<String>) -> Self {
        self.glob_filter = filter;
        self
    }

    /// Whether upper and lower case are the same.
    #[must_use]
    pub fn case_insensitive(mut self, case_insensitive: bool) -> Self {
        self.case_insensitive = case_insensitive;
        self
    }

    /// What is returned of each file.
    #[must_use]
    pub fn output(mut self, output: GrepOutput) -> Self {
        self.output = output;
        self
    }

    /// How many lines around each match are returned with it.
    #[must_use]
    pub fn context_lines(mut self, lines: usize) -> Self {
        self.context_lines = lines;
        self
    }

    /// After how many results the search stops.
    #[must_use]
    pub fn max_results(mut self, results: usize) -> Self {
        self.max_results = results;
        self
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrepLine {
    /// Its number, counted from 1.
    pub number: u64,
    /// Its text without the line ending, shortened around the match where it is very long.
    pub text: String,
    /// Whether it matches; otherwise it stands near a line that does.
    pub is_match: bool,
}

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrepFile {
    /// The path, beginning with that of the search as it was given.
    pub path: String,
    /// How many lines match, of those that were looked at.
    pub matches: usize,
    /// The lines, for [`GrepOutput::Content`].
    pub lines: Vec<GrepLine>,
}

/// What a search of contents found: the first results, in the order of paths and lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GrepResult {
    /// Files with at least one match.
    pub files: Vec<GrepFile>,
    /// Why there may be more; nothing if that was all.
    pub stopped: Option<SearchStop>,
    /// Files that were left out because they are binary or could not be read.
    pub skipped: usize,
}

/// Which files have a name that fits, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GlobResult {
    /// Paths, each beginning with that of the search as it was given.
    pub paths: Vec<String>,
    /// Why there may be more; nothing if that was all.
    pub stopped: Option<SearchStop>,
}

/// Why a search stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchStop {
    /// The number of results that was asked for is reached.
    Results,
    /// There are more files than are looked at.
    Files,
    /// It took too long.
    Time,
}

/// Searching the files of an environment (coding-agent-loop-spec 4.1, "Search operations").
///
/// Both have an implementation that works on any [`FileOperations`], one call per directory and
/// file. An environment that can search where its files are does better to override them:
/// `impl SearchOperations for MyEnvironment {}` is enough to begin with.
#[async_trait]
pub trait SearchOperations: FileOperations {
    /// Which lines of the file, or of the files in the directory, match the regular expression.
    ///
    /// # Behavior
    /// - `InvalidInput` for a pattern or filter that isn't one, `NotFound` for a missing path.
    /// - Leaves out what ignore files (`.gitignore`, `.ignore`) name, what version control keeps
    ///   for itself, binary files and symbolic links.
    /// - Stops at `max_results` and keeps the first.
    async fn grep(
        &self,
        pattern: &str,
        path: &str,
        options: &GrepOptions,
    ) -> Result<GrepResult, Error> {
        general::grep(self, pattern, path, options).await
    }

    /// Which files in the directory fit the pattern: `*` and `?` within a name, `**` for any
    /// directories, `[a-z]`, `{a,b}`; the newest first, then by path.
    ///
    /// # Behavior
    /// - As [`grep`](Self::grep), for what is left out and for errors.
    async fn glob(
        &self,
        pattern: &str,
        path: &str,
        max_results: usize,
    ) -> Result<GlobResult, Error> {
        general::glob(self, pattern, path, max_results).await
    }
}

const _: Option<&dyn SearchOperations> = None;
