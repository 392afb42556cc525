//! What the `@@` lines of a hunk say about its place; pure.
//!
//! A header is a line of the file before the hunk: what a model takes for the enclosing definition,
//! or what git prints, the last line that looks like one. It never chooses between places by
//! nearness: it only rules out those that it can't be about.

use super::{
    compare::{self, Level},
    index::Index,
};
use crate::tools::text::{indentation::indentation, lines::Lines};

/// Git cuts a header after eighty bytes; a part of a character may have been dropped.
const CUT_BYTES: usize = 77;

/// Where the headers of a hunk stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Headers {
    /// The first line that the last header can be.
    first: usize,
    /// The lines that the last header can be, in their order, each with the line where what it begins
    /// has ended, and what begins before it.
    scopes: Vec<(usize, usize)>,
}

impl Headers {
    /// Looks for the headers in their order; the one that isn't there where one is missing.
    pub(super) fn find<'h>(
        index: &Index<'_>,
        headers: &[&'h str],
    ) -> Result<Option<Self>, &'h str> {
        let mut found: Option<Self> = None;
        for header in headers {
            let lines = lines_like(index, header);
            let first = match &found {
                None => lines.first(),
                Some(outer) => lines.iter().find(|line| **line > outer.first),
            };
            let first = *first.ok_or(*header)?;
            let is_within = |line: &usize| {
                found
                    .as_ref()
                    .is_none_or(|outer| outer.reach(*line) > *line)
            };
            let within = lines.iter().copied().filter(is_within);
            found = Some(Self::new(index.file(), first, within));
        }
        Ok(found)
    }

    fn new(file: &Lines<'_>, first: usize, lines: impl Iterator<Item = usize>) -> Self {
        let scopes = lines.scan(0, |reach, line| {
            *reach = scope_end(file, line).max(*reach);
            Some((line, *reach))
        });
        Self {
            first,
            scopes: scopes.collect(),
        }
    }

    /// How far reaches what the headers before a line begin.
    fn reach(&self, line: usize) -> usize {
        let before = self.scopes.partition_point(|(begin, _)| *begin < line);
        let last = before.checked_sub(1);
        last.map_or(0, |last| self.scopes[last].1)
    }

    /// Whether lines that begin and end there can come after the headers. The last header may be
    /// one of them, as in the specification's examples.
    pub(super) fn allow(&self, start: usize, end: usize) -> bool {
        self.first < end.max(start + 1)
    }

    /// Whether lines that begin and end there stand in what the headers begin. The first line may
    /// be the beginning of the next thing: it is what git shows around a change at its edge.
    pub(super) fn enclose(&self, start: usize, end: usize) -> bool {
        let end = end.max(start + 1);
        let is_after_one = self.scopes.first().is_some_and(|(begin, _)| *begin < end);
        is_after_one && start <= self.reach(end)
    }

    /// The lines after the headers, for a hunk that only adds lines.
    pub(super) fn places_after(&self) -> Vec<usize> {
        if self.scopes.is_empty() {
            return vec![self.first + 1];
        }
        self.scopes.iter().map(|(begin, _)| begin + 1).collect()
    }

    /// The lines that the last header can be.
    pub(super) fn lines(&self) -> Vec<usize> {
        if self.scopes.is_empty() {
            return vec![self.first];
        }
        self.scopes.iter().map(|(begin, _)| *begin).collect()
    }
}

/// The lines that a header can stand for: those that are the same, else those that look the same,
/// else those that begin with it, else those that contain it.
fn lines_like(index: &Index<'_>, header: &str) -> Vec<usize> {
    let file = index.file();
    let wanted = header.trim();
    let text = wanted.as_bytes();
    let with = lines_with(file, text);
    let trimmed = |line: usize| file.text(line).trim_ascii();
    let is_same = |line: &usize| {
        let line = trimmed(*line);
        line == text || (text.len() >= CUT_BYTES && line.starts_with(text))
    };
    let begins = |line: &usize| trimmed(*line).starts_with(text);
    let among = |is_like: &dyn Fn(&usize) -> bool| -> Vec<usize> {
        with.iter().copied().filter(is_like).collect()
    };
    let looks_same = || {
        let key = compare::key(wanted, Level::Punctuation);
        let lines = index.occurrences(&[key], Level::Punctuation, usize::MAX);
        lines.unwrap_or_default()
    };
    let ways: [&dyn Fn() -> Vec<usize>; 4] = [
        &|| among(&is_same),
        &looks_same,
        &|| among(&begins),
        &|| with.clone(),
    ];
    let mut found = ways.iter().map(|way| way());
    found.find(|lines| !lines.is_empty()).unwrap_or_default()
}

/// The lines that contain a text.
fn lines_with(file: &Lines<'_>, text: &[u8]) -> Vec<usize> {
    let finder = memchr::memmem::Finder::new(text);
    let mut found = Vec::new();
    let mut line = 0;
    while line < file.count() {
        let from = file.start(line);
        let Some(at) = finder.find(&file.content()[from..]) else {
            break;
        };
        let next = file.line_at(from + at);
        found.push(next);
        line = next + 1;
    }
    found
}

/// The line after `begin` where something else of its kind begins: one that is indented no deeper
/// and looks like a definition to git, or begins as this one does.
fn scope_end(file: &Lines<'_>, begin: usize) -> usize {
    let depth = indentation(file.text(begin)).len();
    let mark = file.text(begin).trim_ascii().first().copied();
    let is_word = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$');
    let is_next = |line: usize| {
        let text = file.text(line);
        let first = text.get(indentation(text).len()).copied();
        indentation(text).len() <= depth
            && first.is_some_and(|first| {
                first == mark.unwrap_or_default() || (is_word(first) && mark.is_some_and(is_word))
            })
    };
    (begin + 1..file.count())
        .find(|line| is_next(*line))
        .unwrap_or(file.count())
}

/// The line that what stands at a place seems to belong to, as a header would name it.
pub(super) fn enclosing(file: &Lines<'_>, line: usize) -> Option<usize> {
    let depth = indentation(file.text(line)).len();
    let is_outer = |outer: &usize| {
        let text = file.text(*outer);
        let own = indentation(text).len();
        let first = text.get(own);
        first.is_some_and(u8::is_ascii_alphabetic) && (own < depth || own == 0)
    };
    (0..line).rev().find(is_outer)
}
