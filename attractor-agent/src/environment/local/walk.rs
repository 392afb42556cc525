//! The files of a directory for a search, in the order of their paths.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use ignore::{DirEntry, WalkBuilder};

use crate::{
    environment::{SearchStop, search::VERSION_CONTROL},
    limits,
};

/// When a search ends before it is done: nobody waits for it any more, or it took too long.
#[derive(Debug)]
pub(super) struct Stop {
    dropped: Arc<AtomicBool>,
    deadline: Instant,
}

/// Ends a search when its call is dropped.
#[derive(Debug)]
pub(super) struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Stop {
    pub(super) fn new() -> (Guard, Self) {
        let dropped = Arc::new(AtomicBool::new(false));
        let stop = Self {
            dropped: Arc::clone(&dropped),
            deadline: Instant::now() + limits::SEARCH_TIMEOUT,
        };
        (Guard(dropped), stop)
    }

    pub(super) fn is_set(&self) -> bool {
        self.dropped.load(Ordering::Relaxed) || Instant::now() >= self.deadline
    }
}

/// The files of a directory in the order of their paths, each with its number.
pub(super) struct Files<'a> {
    walk: ignore::Walk,
    stop: &'a Stop,
    seen: usize,
    pub(super) stopped: Option<SearchStop>,
}

impl<'a> Files<'a> {
    pub(super) fn new(directory: &Path, stop: &'a Stop) -> Self {
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

    pub(super) fn next(&mut self) -> Option<(usize, DirEntry)> {
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

/// The files for several threads. Walking is nearly half of the work, so whoever takes a file walks on
/// where nobody else does, and the others don't wait for it.
pub(super) struct Queue<'a> {
    files: Mutex<Files<'a>>,
    ready: Mutex<VecDeque<(usize, DirEntry)>>,
}

impl<'a> Queue<'a> {
    pub(super) fn new(files: Files<'a>) -> Self {
        Self {
            files: Mutex::new(files),
            ready: Mutex::default(),
        }
    }

    /// The next file that is wanted.
    pub(super) fn next(&self, is_wanted: impl Fn(&DirEntry) -> bool) -> Option<(usize, DirEntry)> {
        loop {
            let (found, left) = {
                let mut ready = lock(&self.ready);
                (ready.pop_front(), ready.len())
            };
            if found.is_some() {
                if left < limits::SEARCH_AHEAD
                    && let Ok(mut files) = self.files.try_lock()
                {
                    self.walk(&mut files, &is_wanted);
                }
                return found;
            }
            let mut files = lock(&self.files);
            // Whoever walked until now has left something, or there is no more.
            if lock(&self.ready).is_empty() && !self.walk(&mut files, &is_wanted) {
                return None;
            }
        }
    }

    /// Walks on to some more files; whether there are any.
    fn walk(&self, files: &mut Files<'a>, is_wanted: impl Fn(&DirEntry) -> bool) -> bool {
        const FILES: usize = 16;
        let next = std::iter::from_fn(|| files.next());
        let wanted = next.filter(|(_, entry)| is_wanted(entry)).take(FILES);
        let found: Vec<_> = wanted.collect();
        let any = !found.is_empty();
        lock(&self.ready).extend(found);
        any
    }

    /// What ended the walk before its end.
    pub(super) fn into_stopped(self) -> Option<SearchStop> {
        let files = self.files.into_inner();
        files.unwrap_or_else(PoisonError::into_inner).stopped
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
