//! Search of the local environment: files are walked in order and searched on several threads.

use std::{
    fs::File,
    io::{self, Read},
    num::NonZero,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use async_trait::async_trait;
use grep_searcher::Searcher;
use ignore::{DirEntry, WalkBuilder};

use super::{LocalEnvironment, files::blocking};
use crate::{
    environment::{
        GlobResult, GrepFile, GrepOptions, GrepResult, SearchOperations, SearchStop, path,
        search::{Filter, GlobPattern, LineSearch, Newest, Results, Skipped, VERSION_CONTROL},
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

    /// Whether it is a directory.
    fn is_directory(&self) -> Result<bool, Error> {
        let metadata = self.path.metadata();
        metadata
            .map(|metadata| metadata.is_dir())
            .map_err(|error| Error::io(&format!("search {}", self.shown), error))
    }

    fn relative<'a>(&self, file: &'a Path) -> &'a Path {
        file.strip_prefix(&self.path).unwrap_or(file)
    }

    /// What a file is called in results.
    fn shown(&self, file: &Path) -> String {
        path::join(&self.shown, &self.relative(file).to_string_lossy())
    }
}

/// When a search ends before it is done: nobody waits for it any more, or it took too long.
#[derive(Debug)]
struct Stop {
    dropped: Arc<AtomicBool>,
    deadline: Instant,
}

/// Ends a search when its call is dropped.
#[derive(Debug)]
struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Stop {
    fn new() -> (Guard, Self) {
        let dropped = Arc::new(AtomicBool::new(false));
        let stop = Self {
            dropped: Arc::clone(&dropped),
            deadline: Instant::now() + limits::SEARCH_TIMEOUT,
        };
        (Guard(dropped), stop)
    }

    fn is_set(&self) -> bool {
        self.dropped.load(Ordering::Relaxed) || Instant::now() >= self.deadline
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

/// The files of a directory in the order of their paths, each with its number.
struct Files<'a> {
    walk: ignore::Walk,
    stop: &'a Stop,
    seen: usize,
    stopped: Option<SearchStop>,
}

impl<'a> Files<'a> {
    fn new(directory: &Path, stop: &'a Stop) -> Self {
        let walk = WalkBuilder::new(directory)
            .hidden(false)
            .require_git(false)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(is_searched)
            .build();
        Self {
            walk,
            stop,
            seen: 0,
            stopped: None,
        }
    }

    fn next(&mut self) -> Option<(usize, DirEntry)> {
        while self.stopped.is_none() {
            // What can't be read has nothing to find.
            let Ok(entry) = self.walk.next()? else {
                continue;
            };
            self.seen += 1;
            if self.seen > limits::SEARCH_ENTRIES {
                self.stopped = Some(SearchStop::Files);
            } else if self.stop.is_set() {
                self.stopped = Some(SearchStop::Time);
            } else if entry.file_type().is_some_and(|kind| kind.is_file()) {
                return Some((self.seen, entry));
            }
        }
        None
    }
}

/// Not what version control keeps for itself, and not the kernel's files, of which some never end.
fn is_searched(entry: &DirEntry) -> bool {
    const KERNEL: [&str; 3] = ["/dev", "/proc", "/sys"];
    let name = entry.file_name();
    entry.depth() == 0
        || !(VERSION_CONTROL.iter().any(|own| name == *own)
            || KERNEL.iter().any(|own| entry.path() == Path::new(own)))
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
    let files = Mutex::new(Files::new(&place.path, stop));
    let results = Mutex::new(results);
    let work = || {
        let mut searcher = search.searcher();
        while !lock(&results).are_enough(search) {
            let Some((number, entry)) = next(&files, filter, place) else {
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
    let files = files.into_inner().unwrap_or_else(PoisonError::into_inner);
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(results.finish(search, files.stopped))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn threads() -> usize {
    let available = thread::available_parallelism().map_or(1, NonZero::get);
    available.min(limits::SEARCH_THREADS)
}

fn next(files: &Mutex<Files<'_>>, filter: &Filter, place: &Place) -> Option<(usize, DirEntry)> {
    let mut files = lock(files);
    loop {
        let (number, entry) = files.next()?;
        if filter.takes(place.relative(entry.path())) {
            return Some((number, entry));
        }
    }
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
