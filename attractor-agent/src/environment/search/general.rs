//! Search on any file operations: one call for each directory and file.

use std::sync::Arc;

use bytes::Bytes;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use tokio::time::Instant;

use super::{
    Filter, GlobPattern, GlobResult, GrepFile, GrepOptions, GrepResult, LineSearch, Newest,
    Results, SearchStop, Skipped, VERSION_CONTROL,
};
use crate::{
    environment::{DirEntry, FileOperations, path},
    error::{Error, ErrorKind},
    limits,
};

/// As [`SearchOperations::grep`](super::SearchOperations::grep).
pub(crate) async fn grep(
    files: &(impl FileOperations + ?Sized),
    pattern: &str,
    directory: &str,
    options: &GrepOptions,
) -> Result<GrepResult, Error> {
    let search = LineSearch::new(pattern, options)?;
    let filter = Filter::new(options.glob_filter.as_deref())?;
    let mut results = Results::default();
    let Some(mut walk) = Walk::new(files, directory).await? else {
        let content = files.read_file(directory).await?;
        results.add(&search, 0, in_file(&search, directory, content));
        return Ok(results.finish(&search, None));
    };
    let mut place = 0;
    while !results.are_enough(&search)
        && let Some((relative, _)) = walk.next(files).await
    {
        if !filter.takes(&relative) {
            continue;
        }
        let shown = path::join(directory, &relative);
        let file = match files.read_file(&shown).await {
            Ok(content) => in_file(&search, &shown, content),
            Err(_) => Err(Skipped),
        };
        results.add(&search, place, file);
        place += 1;
    }
    Ok(results.finish(&search, walk.stopped))
}

fn in_file(search: &LineSearch, path: &str, content: Bytes) -> Result<Option<GrepFile>, Skipped> {
    search.file(&mut search.searcher(), || path.to_owned(), &content[..])
}

/// As [`SearchOperations::glob`](super::SearchOperations::glob).
pub(crate) async fn glob(
    files: &(impl FileOperations + ?Sized),
    pattern: &str,
    directory: &str,
    max_results: usize,
) -> Result<GlobResult, Error> {
    let pattern = GlobPattern::new(pattern, directory)?;
    let mut newest = Newest::new(max_results);
    let Some(mut walk) = Walk::new(files, &pattern.directory).await? else {
        return Err(Error::invalid_input(format!(
            "{} is a file, not a directory",
            pattern.directory
        )));
    };
    while let Some((relative, entry)) = walk.next(files).await {
        if pattern.is_match(&relative) {
            newest.add(path::join(&pattern.directory, &relative), entry.modified);
        }
    }
    Ok(newest.finish(walk.stopped))
}

/// The files below a directory in the order of their paths, without what ignore files name.
#[derive(Debug)]
struct Walk {
    root: String,
    /// What is still to be looked at, the next at the end.
    rest: Vec<(String, DirEntry, Arc<Rules>)>,
    seen: usize,
    deadline: Instant,
    stopped: Option<SearchStop>,
}

/// The ignore files of a directory, and those of the directories above it.
#[derive(Debug)]
struct Rules {
    own: Gitignore,
    above: Option<Arc<Rules>>,
}

impl Rules {
    fn ignore(&self, relative: &str, is_dir: bool) -> bool {
        match self.own.matched(relative, is_dir) {
            ignore::Match::Ignore(_) => true,
            ignore::Match::Whitelist(_) => false,
            ignore::Match::None => match &self.above {
                Some(above) => above.ignore(relative, is_dir),
                None => false,
            },
        }
    }
}

impl Walk {
    /// A walk through a directory; nothing where the path is a file.
    async fn new(
        files: &(impl FileOperations + ?Sized),
        root: &str,
    ) -> Result<Option<Self>, Error> {
        let entries = match files.list_directory(root, 1).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut walk = Self {
            root: root.to_owned(),
            rest: Vec::new(),
            seen: 0,
            deadline: Instant::now() + limits::SEARCH_TIMEOUT,
            stopped: None,
        };
        walk.enter(files, "", entries, None).await;
        Ok(Some(walk))
    }

    async fn next(&mut self, files: &(impl FileOperations + ?Sized)) -> Option<(String, DirEntry)> {
        loop {
            let (relative, entry, rules) = self.rest.pop()?;
            self.seen += 1;
            if self.seen > limits::SEARCH_ENTRIES {
                self.stopped = Some(SearchStop::Files);
                return None;
            }
            if Instant::now() >= self.deadline {
                self.stopped = Some(SearchStop::Time);
                return None;
            }
            if !entry.is_dir {
                return Some((relative, entry));
            }
            // A directory that can't be read has no files for a search.
            if let Ok(entries) = files
                .list_directory(&path::join(&self.root, &relative), 1)
                .await
            {
                self.enter(files, &relative, entries, Some(rules)).await;
            }
        }
    }

    async fn enter(
        &mut self,
        files: &(impl FileOperations + ?Sized),
        directory: &str,
        entries: Vec<DirEntry>,
        above: Option<Arc<Rules>>,
    ) {
        let own = self.rules(files, directory, &entries).await;
        let rules = Arc::new(Rules { own, above });
        for entry in entries.into_iter().rev() {
            let relative = path::join(directory, &entry.name);
            if !entry.is_link
                && !VERSION_CONTROL.contains(&entry.name.as_str())
                && !rules.ignore(&relative, entry.is_dir)
            {
                self.rest.push((relative, entry, Arc::clone(&rules)));
            }
        }
    }

    /// What the ignore files of a directory say; `.ignore` has the last word.
    async fn rules(
        &self,
        files: &(impl FileOperations + ?Sized),
        directory: &str,
        entries: &[DirEntry],
    ) -> Gitignore {
        let mut builder = GitignoreBuilder::new(directory);
        for name in [".gitignore", ".ignore"] {
            if !entries
                .iter()
                .any(|entry| entry.name == name && !entry.is_dir)
            {
                continue;
            }
            let path = path::join(&path::join(&self.root, directory), name);
            let Ok(content) = files.read_file(&path).await else {
                continue;
            };
            for line in String::from_utf8_lossy(&content).lines() {
                // A line that is no pattern ignores nothing, as with git.
                let _ = builder.add_line(None, line);
            }
        }
        builder.build().unwrap_or_else(|_| Gitignore::empty())
    }
}
