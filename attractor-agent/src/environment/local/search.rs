//! Search of the local environment: files are walked in order and searched on several threads.

use std::{
    fs::File,
    io::{self, Read},
    num::NonZero,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
};

use async_trait::async_trait;
use grep_searcher::Searcher;
use ignore::DirEntry;

use super::{
    LocalEnvironment,
    files::blocking,
    walk::{Files, Queue, Stop, lock},
};
use crate::{
    environment::{
        GlobResult, GrepFile, GrepOptions, GrepResult, SearchOperations, path,
        search::{Filter, GlobPattern, LineSearch, Newest, Results, Skipped},
    },
    error::Error,
    limits,
};

#[async_trait]
impl SearchOperations for LocalEnvironment {
    async fn grep(
        &self,
        pattern: &str,
        path: &str,
        options: &GrepOptions,
    ) -> Result<GrepResult, Error> {
        let search = LineSearch::new(pattern, options)?;
        let filter = Filter::new(options.glob_filter.as_deref())?;
        let walk = Place::new(self, path);
        let (_guard, stop) = Stop::new();
        blocking(move || grep(&search, &filter, &walk, &stop)).await
    }

    async fn glob(
        &self,
        pattern: &str,
        path: &str,
        max_results: usize,
    ) -> Result<GlobResult, Error> {
        let pattern = GlobPattern::new(pattern, path)?;
        let place = Place::new(self, &pattern.directory);
        let (_guard, stop) = Stop::new();
        blocking(move || glob(&pattern, &place, max_results, &stop)).await
    }
}

/// Where to search, and what it is called in results.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    shown: String,
}

impl Place {
    fn new(environment: &LocalEnvironment, path: &str) -> Self {
        Self {
            path: environment.resolve(path),
            shown: path.to_owned(),
        }
    }

    /// Whether it is a directory; it is a file else. Opening a pipe could take for ever.
    fn is_directory(&self) -> Result<bool, Error> {
        let doing = format!("search {}", self.shown);
        let metadata = self.path.metadata();
        let metadata = metadata.map_err(|error| Error::io(&doing, error))?;
        if metadata.is_dir() || metadata.is_file() {
            return Ok(metadata.is_dir());
        }
        let reason = format!("{doing}: it is not a regular file");
        Err(Error::invalid_input(reason))
    }

    fn relative<'a>(&self, file: &'a Path) -> &'a Path {
        file.strip_prefix(&self.path).unwrap_or(file)
    }

    /// What a file is called in results.
    fn shown(&self, file: &Path) -> String {
        path::join(&self.shown, &self.relative(file).to_string_lossy())
    }
}

/// A file whose reading ends with the search.
#[derive(Debug)]
struct Watched<'a>(File, &'a Stop);

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.is_set() {
            return Err(io::Error::other("the search is over"));
        }
        self.0.read(buffer)
    }
}

fn grep(
    search: &LineSearch,
    filter: &Filter,
    place: &Place,
    stop: &Stop,
) -> Result<GrepResult, Error> {
    let mut results = Results::default();
    if !place.is_directory()? {
        let file = in_file(search, &mut search.searcher(), place, &place.path, stop);
        results.add(search, 0, file);
        return Ok(results.finish(search, None));
    }
    let queue = Queue::new(Files::new(&place.path, stop));
    let is_wanted = |entry: &DirEntry| filter.takes(place.relative(entry.path()));
    let results = Mutex::new(results);
    let work = || {
        let mut searcher = search.searcher();
        while !lock(&results).are_enough(search) {
            let Some((number, entry)) = queue.next(is_wanted) else {
                break;
            };
            let file = in_file(search, &mut searcher, place, entry.path(), stop);
            if !matches!(file, Ok(None)) {
                lock(&results).add(search, number, file);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads() {
            scope.spawn(work);
        }
        work();
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(results.finish(search, queue.into_stopped()))
}

fn threads() -> usize {
    let available = thread::available_parallelism().map_or(1, NonZero::get);
    available.min(limits::SEARCH_THREADS)
}

fn in_file(
    search: &LineSearch,
    searcher: &mut Searcher,
    place: &Place,
    path: &Path,
    stop: &Stop,
) -> Result<Option<GrepFile>, Skipped> {
    let file = File::open(path).map_err(|_| Skipped)?;
    search.file(searcher, || place.shown(path), Watched(file, stop))
}

fn glob(
    pattern: &GlobPattern,
    place: &Place,
    max_results: usize,
    stop: &Stop,
) -> Result<GlobResult, Error> {
    if !place.is_directory()? {
        let message = format!("{} is a file, not a directory", place.shown);
        return Err(Error::invalid_input(message));
    }
    let mut files = Files::new(&place.path, stop);
    let mut newest = Newest::new(max_results);
    while let Some((_, entry)) = files.next() {
        if pattern.is_match(place.relative(entry.path())) {
            let modified = entry.metadata().ok().and_then(|data| data.modified().ok());
            newest.add(place.shown(entry.path()), modified);
        }
    }
    Ok(newest.finish(files.stopped))
}
