//! Where one hunk fits; pure.

use std::ops::Range;

use super::{
    compare::{self, Key, Level},
    header::Headers,
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

/// The places where one hunk fits, in the order of their lines.
#[derive(Debug, Clone)]
pub(super) struct Candidates<'a> {
    pub(super) headers: Option<Headers>,
    pub(super) places: Vec<Placed<'a>>,
}

impl<'a> Candidates<'a> {
    /// Finds the places that the hunk's headers and its end-of-file marker allow, overlooking as
    /// little as possible.
    pub(super) fn find(
        file: &Lines<'_>,
        number: usize,
        hunk: &'a Hunk<'a>,
    ) -> Result<Self, Reason> {
        let headers = Headers::find(file, &hunk.headers);
        if hunk.old().next().is_none() {
            let headers = headers.map_err(|header| Reason::missing_header(header, &[]))?;
            let starts = headers.as_ref().ok_or(Reason::NoPlace)?.places_after();
            let place = |start| Placed::new(number, hunk, &hunk.lines, start, Level::Exact);
            let places = starts.into_iter().map(place).collect();
            return Ok(Self { headers, places });
        }
        let mut elsewhere = Vec::new();
        for (lines, level) in ways(file, hunk) {
            let places = placements(file, number, hunk, lines, level);
            if let Ok(headers) = &headers {
                let allowed = |place: &Placed<'_>| {
                    let headers = headers.as_ref();
                    is_at_end(file, hunk, place)
                        && headers.is_none_or(|headers| headers.allow(place.start, place.end()))
                };
                let places: Vec<_> = places.iter().copied().filter(allowed).collect();
                if !places.is_empty() {
                    let headers = headers.clone();
                    return Ok(Self { headers, places });
                }
            }
            if elsewhere.is_empty() {
                elsewhere = places;
            }
        }
        Err(refusal(file, hunk, headers, &elsewhere))
    }

    /// Those that stand in what the headers begin; all of them where none does.
    pub(super) fn enclosed(&self) -> Self {
        let is_enclosed = |place: &&Placed<'_>| {
            let headers = self.headers.as_ref();
            headers.is_none_or(|headers| headers.enclose(place.start, place.end()))
        };
        let places: Vec<_> = self.places.iter().filter(is_enclosed).copied().collect();
        if places.is_empty() {
            return self.clone();
        }
        Self {
            headers: self.headers.clone(),
            places,
        }
    }

    /// Whether there is no other place, however much is overlooked.
    pub(super) fn is_only_place(&self, file: &Lines<'_>, hunk: &Hunk<'_>) -> bool {
        let [place] = self.places[..] else {
            return false;
        };
        let loosest = ways(file, hunk).last().map(|(_, level)| *level);
        let found = loosest.map(|level| starts(file, place.lines, place.has_endings, level));
        found.is_some_and(|starts| starts.len() == 1)
    }
}

fn refusal(
    file: &Lines<'_>,
    hunk: &Hunk<'_>,
    headers: Result<Option<Headers>, &str>,
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
            headers: headers.map(|headers| headers.lines()).unwrap_or_default(),
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
    let is_fuzzy = file.content().len() <= limits::EDIT_FUZZY_BYTES;
    let levels = if is_fuzzy {
        &Level::ALL[..]
    } else {
        &[Level::Exact][..]
    };
    let lines = all.into_iter().chain([marked]);
    lines
        .flat_map(|lines| levels.iter().map(move |level| (lines, *level)))
        .collect()
}

fn placements<'a>(
    file: &Lines<'_>,
    number: usize,
    hunk: &'a Hunk<'a>,
    lines: &'a [HunkLine<'a>],
    level: Level,
) -> Vec<Placed<'a>> {
    let starts = starts(file, lines, hunk.has_endings(), level).into_iter();
    starts
        .map(|start| Placed::new(number, hunk, lines, start, level))
        .collect()
}

/// Where lines occur at a level.
fn starts(file: &Lines<'_>, lines: &[HunkLine<'_>], has_endings: bool, level: Level) -> Vec<usize> {
    let old = lines.iter().filter(|line| line.is_old());
    let keys: Vec<Key<'_>> = old
        .clone()
        .map(|line| compare::key(line.body(), level))
        .collect();
    if keys.is_empty() {
        return Vec::new();
    }
    let mut starts = compare::occurrences(file, &keys, level);
    if has_endings && level == Level::Exact {
        let ends_alike = |start: &usize| {
            (*start..).zip(old.clone()).all(|(line, old)| {
                let ending = file.ending(line);
                ending == Ending::Missing || ending == old.ending()
            })
        };
        starts.retain(ends_alike);
    }
    starts
}
