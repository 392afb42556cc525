//! Where the lines of hunks occur in a file; pure.
//!
//! A patch may have thousands of hunks for a file of many lines, so what is found out about the lines
//! for one hunk is kept for the next.

use std::{
    cell::{Cell, OnceCell},
    hash::{BuildHasher as _, RandomState},
};

use super::compare::{self, Key, Level};
use crate::{limits, tools::text::lines::Lines};

/// How many comparisons of lines are worth less than reading the whole file, for each of its lines.
const COMPARISONS: usize = 4;

/// A file whose lines can be looked up.
#[derive(Debug)]
pub(super) struct Index<'f> {
    file: &'f Lines<'f>,
    levels: [LevelIndex; Level::ALL.len()],
}

/// What is known of the lines as one level compares them.
#[derive(Debug, Default)]
struct LevelIndex {
    was_searched: Cell<bool>,
    buckets: OnceCell<Buckets>,
}

impl<'f> Index<'f> {
    pub(super) fn new(file: &'f Lines<'f>) -> Self {
        Self {
            file,
            levels: Default::default(),
        }
    }

    pub(super) fn file(&self) -> &'f Lines<'f> {
        self.file
    }

    /// Where a pattern of keys occurs among the lines, overlapping occurrences included, in the order
    /// of the lines; nothing where that is more often than so many times.
    pub(super) fn occurrences(
        &self,
        pattern: &[Key<'_>],
        level: Level,
        most: usize,
    ) -> Option<Vec<usize>> {
        let count = self.file.count();
        let rarest = self.buckets(level).and_then(|buckets| {
            let each = pattern.iter().map(|key| buckets.lines(key)).enumerate();
            each.min_by_key(|(_, lines)| lines.len())
        });
        let Some((offset, lines)) =
            rarest.filter(|(_, lines)| lines.len() * pattern.len() <= count * COMPARISONS)
        else {
            return scan(self.file, pattern, level, most);
        };
        let occurs = |start: &usize| {
            *start + pattern.len() <= count
                && (*start..)
                    .zip(pattern)
                    .all(|(line, key)| compare::has_key(self.file, line, key, level))
        };
        let starts = lines
            .iter()
            .filter_map(|line| (*line as usize).checked_sub(offset));
        let found: Vec<_> = starts.filter(occurs).collect();
        (found.len() <= most).then_some(found)
    }

    /// The lines with their places by key. A file's first search does without: reading it once takes
    /// less than that.
    fn buckets(&self, level: Level) -> Option<&Buckets> {
        let index = &self.levels[level as usize];
        let is_first = !index.was_searched.replace(true);
        if is_first || self.file.content().len() > limits::EDIT_FUZZY_BYTES {
            return None;
        }
        let buckets = || Buckets::new(self.file, level);
        Some(index.buckets.get_or_init(buckets))
    }
}

/// The numbers of all lines, those with the same key side by side.
#[derive(Debug)]
struct Buckets {
    hasher: RandomState,
    /// Where each bucket begins in `lines`, and where the last one ends.
    starts: Vec<u32>,
    lines: Vec<u32>,
}

impl Buckets {
    /// A counting sort of the lines by the hashes of their keys.
    fn new(file: &Lines<'_>, level: Level) -> Self {
        let number = file.count().next_power_of_two();
        let mut buckets = Self {
            hasher: RandomState::new(),
            starts: vec![0; number + 1],
            lines: vec![0; file.count()],
        };
        let bucket_of: Vec<usize> = (0..file.count())
            .map(|line| buckets.bucket(&compare::key_of(file, line, level)))
            .collect();
        for bucket in &bucket_of {
            buckets.starts[bucket + 1] += 1;
        }
        for bucket in 0..number {
            buckets.starts[bucket + 1] += buckets.starts[bucket];
        }
        // Where the next line of each bucket goes.
        let mut next = buckets.starts.clone();
        for (line, bucket) in (0..).zip(bucket_of) {
            buckets.lines[next[bucket] as usize] = line;
            next[bucket] += 1;
        }
        buckets
    }

    /// All lines that may have this key, in their order; few others.
    fn lines(&self, key: &[u8]) -> &[u32] {
        let bucket = self.bucket(key);
        &self.lines[self.starts[bucket] as usize..self.starts[bucket + 1] as usize]
    }

    fn bucket(&self, key: &[u8]) -> usize {
        let buckets = self.starts.len() - 1;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "any part of a hash will do"
        )]
        let hash = self.hasher.hash_one(key) as usize;
        hash & (buckets - 1)
    }
}

/// All occurrences by reading the whole file, in time linear in it and in the pattern (Knuth, Morris,
/// Pratt).
fn scan(file: &Lines<'_>, pattern: &[Key<'_>], level: Level, most: usize) -> Option<Vec<usize>> {
    let borders = borders(pattern);
    let mut found = Vec::new();
    let mut matched = 0;
    for line in 0..file.count() {
        if matched == 0
            && pattern
                .first()
                .is_some_and(|key| !compare::may_have_key(file, line, key))
        {
            continue;
        }
        let key = compare::key_of(file, line, level);
        while matched == pattern.len() || (matched > 0 && pattern[matched] != key) {
            matched = borders[matched - 1];
        }
        if pattern.get(matched) == Some(&key) {
            matched += 1;
        }
        if matched == pattern.len() {
            found.push(line + 1 - matched);
        }
        if found.len() > most {
            return None;
        }
    }
    Some(found)
}

/// For each beginning of the pattern the length of the longest one that it also ends with.
fn borders(pattern: &[Key<'_>]) -> Vec<usize> {
    let mut borders = vec![0; pattern.len()];
    let mut matched = 0;
    for at in 1..pattern.len() {
        while matched > 0 && pattern[matched] != pattern[at] {
            matched = borders[matched - 1];
        }
        if pattern[matched] == pattern[at] {
            matched += 1;
        }
        borders[at] = matched;
    }
    borders
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn keys(lines: &[impl AsRef<str>], level: Level) -> Vec<Key<'_>> {
        let each = lines.iter();
        each.map(|line| compare::key(line.as_ref(), level))
            .collect()
    }

    #[test]
    fn occurrences_may_overlap() {
        let file = Lines::new(b"a\na\nb\na\na\na\n");
        let index = Index::new(&file);
        let cases: [(&[&str], &[usize]); 3] = [
            (&["a", "a"], &[0, 3, 4]),
            (&["a", "a", "b"], &[0]),
            (&["c"], &[]),
        ];
        for (pattern, expected) in cases.into_iter().chain(cases) {
            let pattern = keys(pattern, Level::Exact);
            let found = index.occurrences(&pattern, Level::Exact, usize::MAX);
            assert_eq!(found.as_deref(), Some(expected));
        }
    }

    #[test]
    fn more_than_are_wanted_are_none() {
        let content = "a\n".repeat(100);
        let file = Lines::new(content.as_bytes());
        let index = Index::new(&file);
        let pattern = keys(&["a"; 30], Level::Exact);
        for _ in 0..2 {
            let found = |most| index.occurrences(&pattern, Level::Exact, most);
            assert_eq!(found(70), None);
            assert_eq!(found(71), Some((0..71).collect()));
        }
    }

    /// A line in which comparisons may find a difference or none.
    fn line() -> impl Strategy<Value = String> {
        "[ \t]{0,2}[ab\u{2013}-]{0,2}[ \t]?(e\u{301}|\u{e9}|\u{201c}|\")?[ \t\r]?"
    }

    proptest! {
        #[test]
        fn every_occurrence_is_found_however_it_is_looked_for(
            lines in vec(line(), 0..40),
            pattern in vec(line(), 1..4),
            place in any::<prop::sample::Index>(),
            is_copied in any::<bool>(),
            is_text in any::<bool>(),
        ) {
            let mut content = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>().into_bytes();
            if !is_text {
                content.extend(b"\xff\n");
            }
            let file = Lines::new(&content);
            let copied = place.index(lines.len().max(1))..lines.len();
            let pattern = if is_copied && !copied.is_empty() { &lines[copied] } else { &pattern[..] };
            let index = Index::new(&file);
            for level in Level::ALL {
                let pattern = keys(pattern, level);
                let each: Vec<Key<'_>> = (0..file.count()).map(|line| compare::key_of(&file, line, level)).collect();
                let expected: Vec<usize> = (0..file.count()).filter(|start| each[*start..].starts_with(&pattern)).collect();
                for _ in 0..2 {
                    let found = index.occurrences(&pattern, level, usize::MAX);
                    prop_assert_eq!(found.as_ref(), Some(&expected));
                }
            }
        }
    }
}
