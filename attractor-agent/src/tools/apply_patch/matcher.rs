//! Where one hunk fits; pure.

use std::ops::Range;

use super::{
    compare::{self, Key, Level},
    header::Headers,
    index::Index,
    patch::{Hunk, HunkLine, LineKind},
    problem::Reason,
};
use crate::{
    limits,
    tools::text::lines::{Ending, Lines},
};

/// A hunk at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed<'a> {
    /// Which hunk, from 0.
    pub(super) hunk: usize,
    /// Its lines, without empty ones that turned out to be no part of it.
    pub(super) lines: &'a [HunkLine<'a>],
    /// Whether they say by themselves how they end.
    pub(super) has_endings: bool,
    /// The line of the file, from 0, where they begin.
    pub(super) start: usize,
    /// What was overlooked to find them.
    pub(super) level: Level,
}

impl<'a> Placed<'a> {
    /// A hunk at the end of a file of so many lines.
    pub(super) fn appended(number: usize, hunk: &'a Hunk<'a>, count: usize) -> Self {
        Self::new(number, hunk, &hunk.lines, count, Level::Exact)
    }

    fn new(
        number: usize,
        hunk: &'a Hunk<'a>,
        lines: &'a [HunkLine<'a>],
        start: usize,
        level: Level,
    ) -> Self {
        Self {
            hunk: number,
            lines,
            has_endings: hunk.has_endings(),
            start,
            level,
        }
    }

    /// The same elsewhere.
    fn at(self, start: usize) -> Self {
        Self { start, ..self }
    }

    /// Where its lines occur at a level; nothing where that is too often.
    fn occurrences(&self, index: &Index<'_>, level: Level, most: usize) -> Option<Vec<usize>> {
        let old = self.lines.iter().filter(|line| line.is_old());
        let keys: Vec<Key<'_>> = old
            .clone()
            .map(|line| compare::key(line.body(), level))
            .collect();
        if keys.is_empty() {
            return Some(Vec::new());
        }
        let mut starts = index.occurrences(&keys, level, most)?;
        if self.has_endings && level == Level::Exact {
            let ends_alike = |start: &usize| {
                (*start..).zip(old.clone()).all(|(line, old)| {
                    let ending = index.file().ending(line);
                    ending == Ending::Missing || ending == old.ending()
                })
            };
            starts.retain(ends_alike);
        }
        Some(starts)
    }

    /// The line of the file after its last.
    pub(super) fn end(&self) -> usize {
        self.start + self.lines.iter().filter(|line| line.is_old()).count()
    }

    /// The lines of the file from the first that the hunk changes to the last.
    pub(super) fn changed(&self) -> Range<usize> {
        let is_context = |line: &&HunkLine<'_>| line.kind == LineKind::Context;
        let before = self.lines.iter().take_while(is_context).count();
        let after = self.lines.iter().rev().take_while(is_context).count();
        let start = self.start + before;
        start..start.max(self.end().saturating_sub(after))
    }
}

/// The places where one hunk fits.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    /// The hunk as it would be at the beginning of the file; its places differ in nothing else.
    form: Placed<'a>,
    starts: Vec<usize>,
    /// Those of them that stand in what the headers begin.
    enclosed: Vec<usize>,
}

/// Places of one hunk to choose from, in the order of their lines.
#[derive(Debug, Clone)]
pub(super) struct Places<'c, 'a> {
    form: Placed<'a>,
    /// What the form changes.
    changed: Range<usize>,
    pub(super) starts: &'c [usize],
}

impl<'a> Candidates<'a> {
    /// Finds the places that the hunk's headers and its end-of-file marker allow, overlooking as
    /// little as possible. More than so many places are a refusal.
    pub(super) fn find(
        index: &Index<'_>,
        headers: Result<Option<&Headers>, &str>,
        number: usize,
        hunk: &'a Hunk<'a>,
        most: usize,
    ) -> Result<Self, Reason> {
        if hunk.old().next().is_none() {
            let headers = headers.map_err(|header| Reason::missing_header(header, &[]))?;
            let starts = headers.ok_or(Reason::NoPlace)?.places_after();
            if starts.len() > most {
                return Err(Reason::TooManyPlaces);
            }
            let form = Placed::new(number, hunk, &hunk.lines, 0, Level::Exact);
            return Ok(Self::new(form, starts, headers));
        }
        let mut elsewhere = Vec::new();
        for (lines, level) in ways(index.file(), hunk) {
            let form = Placed::new(number, hunk, lines, 0, level);
            let places = form.occurrences(index, level, most);
            let places = places.ok_or(Reason::TooManyPlaces)?;
            if let Ok(headers) = headers {
                let allowed = |start: &usize| {
                    let place = form.at(*start);
                    is_at_end(index.file(), hunk, &place)
                        && headers.is_none_or(|headers| headers.allow(place.start, place.end()))
                };
                let starts: Vec<_> = places.iter().copied().filter(allowed).collect();
                if !starts.is_empty() {
                    return Ok(Self::new(form, starts, headers));
                }
            }
            if elsewhere.is_empty() {
                elsewhere = places.into_iter().map(|start| form.at(start)).collect();
            }
        }
        Err(refusal(index.file(), hunk, headers, &elsewhere))
    }

    fn new(form: Placed<'a>, starts: Vec<usize>, headers: Option<&Headers>) -> Self {
        let length = form.end();
        let is_enclosed = |headers: &Headers, start: usize| headers.enclose(start, start + length);
        let enclosed = headers.map(|headers| {
            let starts = starts.iter().copied();
            starts
                .filter(|start| is_enclosed(headers, *start))
                .collect()
        });
        Self {
            form,
            starts,
            enclosed: enclosed.unwrap_or_default(),
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> Places<'_, 'a> {
        self.places(&self.starts)
    }

    /// Those that stand in what the headers begin; all of them where none does.
    pub(super) fn enclosed(&self) -> Places<'_, 'a> {
        if self.enclosed.is_empty() {
            return self.all();
        }
        self.places(&self.enclosed)
    }

    fn places<'c>(&self, starts: &'c [usize]) -> Places<'c, 'a> {
        Places {
            form: self.form,
            changed: self.form.changed(),
            starts,
        }
    }

    /// The only place there is, however much is overlooked.
    pub(super) fn only_place(&self, index: &Index<'_>) -> Option<Placed<'a>> {
        let [start] = self.starts[..] else {
            return None;
        };
        let loosest = levels(index.file()).last()?;
        let found = self.form.occurrences(index, *loosest, usize::MAX)?;
        (found.len() == 1).then(|| self.form.at(start))
    }
}

impl<'a> Places<'_, 'a> {
    /// Which hunk, from 0.
    pub(super) fn hunk(&self) -> usize {
        self.form.hunk
    }

    /// The first that changes nothing before a line.
    pub(super) fn first_from(&self, line: usize) -> Option<Placed<'a>> {
        let is_before = |start: &usize| start + self.changed.start < line;
        let first = self.starts.partition_point(is_before);
        self.starts.get(first).map(|start| self.form.at(*start))
    }

    /// The last that changes nothing from a line on.
    pub(super) fn last_until(&self, line: usize) -> Option<Placed<'a>> {
        let is_within = |start: &usize| start + self.changed.end <= line;
        let last = self.starts.partition_point(is_within).checked_sub(1)?;
        Some(self.form.at(self.starts[last]))
    }

    /// Those from one to another.
    pub(super) fn between(
        &self,
        first: &Placed<'_>,
        last: &Placed<'_>,
    ) -> impl Iterator<Item = Placed<'a>> {
        let from = self.starts.partition_point(|start| *start < first.start);
        let starts = self.starts[from..].iter();
        let starts = starts.take_while(|start| **start <= last.start);
        starts.map(|start| self.form.at(*start))
    }
}

fn refusal(
    file: &Lines<'_>,
    hunk: &Hunk<'_>,
    headers: Result<Option<&Headers>, &str>,
    elsewhere: &[Placed<'_>],
) -> Reason {
    let places: Vec<usize> = elsewhere.iter().map(|place| place.start).collect();
    match headers {
        Err(header) => Reason::missing_header(header, &places),
        Ok(_) if places.is_empty() => Reason::NotFound,
        Ok(_) if !elsewhere.iter().any(|place| is_at_end(file, hunk, place)) => {
            Reason::NotAtEnd { places }
        }
        Ok(headers) => Reason::BeforeHeader {
            places,
            headers: headers.map(Headers::lines).unwrap_or_default(),
        },
    }
}

/// Whether a place is at the end of the file, where the hunk must be there.
fn is_at_end(file: &Lines<'_>, hunk: &Hunk<'_>, place: &Placed<'_>) -> bool {
    let marked = hunk.at_end_of_file || hunk.old().any(|line| line.lacks_newline);
    !marked || place.end() == file.count()
}

/// The ways to look for a hunk, strictest first: with all its lines; then without the empty ones
/// at its ends that have no mark.
fn ways<'a>(file: &Lines<'_>, hunk: &'a Hunk<'a>) -> Vec<(&'a [HunkLine<'a>], Level)> {
    let is_marked = |line: &HunkLine<'_>| !line.is_unmarked;
    let first = hunk.lines.iter().position(is_marked).unwrap_or(0);
    let last = hunk
        .lines
        .iter()
        .rposition(is_marked)
        .map_or(0, |last| last + 1);
    let marked = &hunk.lines[first..last];
    let all = Some(&hunk.lines[..]).filter(|all| all.len() > marked.len());
    let levels = levels(file);
    let lines = all.into_iter().chain([marked]);
    lines
        .flat_map(|lines| levels.iter().map(move |level| (lines, *level)))
        .collect()
}

fn levels(file: &Lines<'_>) -> &'static [Level] {
    if file.content().len() <= limits::EDIT_FUZZY_BYTES {
        &Level::ALL
    } else {
        &[Level::Exact]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_places_than_are_compared_are_refused() {
        let file = Lines::new(b"a\na\nb\na\n");
        let index = Index::new(&file);
        let line = |kind, text| HunkLine {
            kind,
            text,
            lacks_newline: false,
            is_unmarked: false,
        };
        let headers = Headers::find(&index, &["a"]).unwrap();
        let after_header = vec![line(LineKind::Add, "c")];
        for lines in [vec![line(LineKind::Delete, "a")], after_header] {
            let hunk = Hunk {
                lines,
                ..Hunk::default()
            };
            let find = |most| Candidates::find(&index, Ok(headers.as_ref()), 0, &hunk, most);
            assert_eq!(find(2).unwrap_err(), Reason::TooManyPlaces);
            assert_eq!(find(3).unwrap().all().starts.len(), 3);
        }
    }
}
