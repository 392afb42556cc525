//! Why a hunk has no place, in words that help to mend it; pure.

use std::{borrow::Cow, fmt::Write as _};

use super::{
    compare::{self, Level},
    header,
    index::Index,
    patch::{Hunk, LineKind},
};
use crate::{
    limits,
    tools::text::{lines::Lines, nearest},
};

/// A hunk that can't be applied, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    hunk: usize,
    reason: Reason,
}

/// Why a hunk can't be applied. Lines count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// Its lines are nowhere.
    NotFound,
    /// It fits at each of these lines.
    Ambiguous { places: Vec<usize>, level: Level },
    /// This header is nowhere; its lines are there.
    MissingHeader { header: String, places: Vec<usize> },
    /// Its lines are only where its headers can't be about.
    BeforeHeader {
        places: Vec<usize>,
        headers: Vec<usize>,
    },
    /// Its lines are only elsewhere than at the end, where it wants them.
    NotAtEnd { places: Vec<usize> },
    /// Its lines are only before those of the hunks before it.
    OutOfOrder { places: Vec<usize> },
    /// It fits at more places than are compared.
    TooManyPlaces,
    /// It adds lines and doesn't say where.
    NoPlace,
    /// Nothing tells how its lines are indented there.
    Indentation { place: usize },
    /// It adds a sign that stands for bytes that are no text.
    Unreadable,
}

impl Reason {
    pub(super) fn missing_header(header: &str, places: &[usize]) -> Self {
        Self::MissingHeader {
            header: header.to_owned(),
            places: places.to_vec(),
        }
    }
}

impl Problem {
    pub(super) fn new(hunk: usize, reason: Reason) -> Self {
        Self { hunk, reason }
    }

    /// The problem for the model that wrote the hunk.
    pub(super) fn explain(&self, index: &Index<'_>, hunks: &[Hunk<'_>]) -> String {
        let file = index.file();
        let hunk = &hunks[self.hunk];
        let name = format!(
            "hunk {} (line {} of the patch)",
            self.hunk + 1,
            hunk.patch_line
        );
        let rest = match &self.reason {
            Reason::NotFound => not_found(index, hunk),
            Reason::Ambiguous { places, level } => ambiguous(file, places, *level),
            Reason::MissingHeader { header, places } => missing_header(file, header, places),
            Reason::BeforeHeader { places, headers } => format!(
                "has its lines at {}, but the line after `@@` is only at {}, after them. Give the \
                 line that precedes the place you mean, or leave it out.",
                list(places),
                list(headers)
            ),
            Reason::NotAtEnd { places } => format!(
                "ends in `*** End of File`, but its lines are at {}, which is not the end of the \
                 file. Leave the marker out if you mean that place.",
                list(places)
            ),
            Reason::OutOfOrder { places } => format!(
                "has its lines only at {}, which is before or within what the hunks before it \
                 change. Put the hunks in the order of the file, each with lines that no other one \
                 changes.",
                list(places)
            ),
            Reason::TooManyPlaces => format!(
                "fits at too many places: with the hunks before it, at more than {}. Include more of \
                 the lines around the one you mean, or send the hunks in several patches.",
                limits::PATCH_PLACES
            ),
            Reason::NoPlace => "only adds lines and doesn't say where. Put the line that they \
                                follow before them, with a blank in front, or after `@@`."
                .to_owned(),
            Reason::Indentation { place } => indentation(file, hunk, *place),
            Reason::Unreadable => "adds U+FFFD, which stands for bytes of the file that aren't \
                                   UTF-8. Leave lines with such bytes as they are."
                .to_owned(),
        };
        format!("{name} {rest}")
    }
}

fn not_found(index: &Index<'_>, hunk: &Hunk<'_>) -> String {
    let file = index.file();
    let old: Vec<Cow<'_, str>> = hunk.old().map(|line| Cow::from(line.body())).collect();
    let mut text = "is not in the file. ".to_owned();
    if let Some(line) = applied(index, hunk) {
        let _ = write!(
            text,
            "What it would leave is already there, at line {}: it may have been applied before. ",
            line + 1
        );
    }
    match nearest::nearest(file, &old) {
        Some(place) => text.push_str(&nearest::quote(file, place, &old)),
        None => text.push_str("Nothing similar is there either: read the file again."),
    }
    text
}

/// Where the file has the hunk's lines as they would be after it.
fn applied(index: &Index<'_>, hunk: &Hunk<'_>) -> Option<usize> {
    hunk.added().next()?;
    let new = hunk
        .lines
        .iter()
        .filter(|line| line.kind != LineKind::Delete);
    let keys: Vec<_> = new
        .map(|line| compare::key(line.body(), Level::Exact))
        .collect();
    let found = index.occurrences(&keys, Level::Exact, usize::MAX)?;
    found.first().copied()
}

fn ambiguous(file: &Lines<'_>, places: &[usize], level: Level) -> String {
    let mut text = format!("is ambiguous: it fits at {}", list(places));
    if level > Level::Exact {
        let _ = write!(text, ", if {level} are overlooked");
    }
    text.push_str(
        ". Include more of the lines around the one you mean, or name what it is in after `@@`:\n",
    );
    // Lines can be added after the last one, where there is nothing to show.
    let shown = places.iter().filter(|place| **place < file.count());
    for place in shown.take(limits::EDIT_CANDIDATES) {
        let _ = write!(text, "{:>6}   {}", place + 1, file.shown(*place));
        if let Some(outer) = header::enclosing(file, *place) {
            let _ = write!(
                text,
                "  (in line {}: `{}`)",
                outer + 1,
                file.shown(outer).trim()
            );
        }
        text.push('\n');
    }
    text
}

fn missing_header(file: &Lines<'_>, header: &str, places: &[usize]) -> String {
    let mut text = format!("has `@@ {header}`, but the file has no line like that");
    let wanted = [Cow::from(header)];
    if let Some(nearest) = nearest::nearest(file, &wanted) {
        let line = nearest.start;
        let _ = write!(
            text,
            "; the nearest is line {}: `{}`",
            line + 1,
            file.shown(line).trim()
        );
    }
    text.push('.');
    if !places.is_empty() {
        let _ = write!(text, " The lines of the hunk are at {}.", list(places));
    }
    text
}

fn indentation(file: &Lines<'_>, hunk: &Hunk<'_>, place: usize) -> String {
    let old: Vec<Cow<'_, str>> = hunk.old().map(|line| Cow::from(line.body())).collect();
    let lines = place..(place + old.len()).min(file.count());
    format!(
        "is in the file with another indentation, by no one rule, so nothing tells how the lines \
         that it adds belong there. {}",
        nearest::quote(file, lines, &old)
    )
}

fn list(places: &[usize]) -> String {
    let lines: Vec<usize> = places.iter().map(|place| place + 1).collect();
    crate::tools::text::listed(&lines)
}
