//! A file with its hunks applied; pure, on bytes.

use super::{
    compare::Level,
    matcher::Placed,
    patch::{HunkLine, LineKind},
    problem::{Problem, Reason},
};
use crate::tools::text::{
    indentation::Shift,
    lines::{Ending, Lines},
};

/// Lines of a file that are replaced by others.
#[derive(Debug)]
struct Change<'a> {
    at: usize,
    removed: usize,
    added: Vec<Added<'a>>,
}

#[derive(Debug)]
struct Added<'a> {
    text: Vec<u8>,
    /// What the hunk says of how it ends; nothing where it says nothing.
    ending: Option<Ending>,
    line: &'a HunkLine<'a>,
    /// Whether the hunk tells where a final newline is missing.
    tells_newline: bool,
}

/// The file after the hunks at their places. Every byte that no hunk removes stays as it is.
pub(super) fn rewrite(file: &Lines<'_>, placed: &[Placed<'_>]) -> Result<Vec<u8>, Problem> {
    let mut changes = Vec::new();
    for place in placed {
        changes.extend(changes_of(file, place)?);
    }
    changes.sort_by_key(|change| change.at);
    let mut result = Vec::with_capacity(file.content().len());
    result.extend_from_slice(&file.content()[..file.start(0)]);
    let mut at = 0;
    for change in &changes {
        result.extend_from_slice(file.bytes(at..change.at));
        for (number, added) in change.added.iter().enumerate() {
            if result.len() > file.start(0) && result.last() != Some(&b'\n') {
                result.extend_from_slice(usual_ending(file).bytes());
            }
            result.extend_from_slice(&added.text);
            result.extend_from_slice(ending(file, change, number).bytes());
        }
        at = change.at + change.removed;
    }
    result.extend_from_slice(file.bytes(at..file.count()));
    if let Some(change) = changes.last()
        && at == file.count()
        && let Some(number) = change.added.len().checked_sub(1)
        && lacks_newline(file, &change.added[number])
    {
        result.truncate(result.len() - ending(file, change, number).bytes().len());
    }
    Ok(result)
}

fn changes_of<'a>(file: &Lines<'_>, place: &Placed<'a>) -> Result<Vec<Change<'a>>, Problem> {
    let shift = shift(file, place);
    let tells_newline = place
        .lines
        .iter()
        .any(|line| line.is_old() && line.lacks_newline);
    let mut changes: Vec<Change<'_>> = Vec::new();
    let mut is_open = false;
    let mut at = place.start;
    for line in place.lines {
        if line.kind == LineKind::Context {
            is_open = false;
            at += 1;
            continue;
        }
        if !is_open {
            let (removed, added) = (0, Vec::new());
            changes.push(Change { at, removed, added });
            is_open = true;
        }
        let Some(change) = changes.last_mut() else {
            continue;
        };
        if line.kind == LineKind::Delete {
            change.removed += 1;
            at += 1;
            continue;
        }
        if !file.is_utf8() && line.text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Problem::new(place.hunk, Reason::Unreadable));
        }
        let text = shift.and_then(|shift| shift.apply(line.body().as_bytes()));
        let reason = Reason::Indentation { place: place.start };
        change.added.push(Added {
            text: text.ok_or_else(|| Problem::new(place.hunk, reason))?,
            ending: place.has_endings.then(|| line.ending()),
            line,
            tells_newline,
        });
    }
    Ok(changes)
}

/// How the file's indentation differs from the hunk's, where that was overlooked.
fn shift<'a>(file: &Lines<'a>, place: &Placed<'a>) -> Option<Shift<'a>> {
    if place.level < Level::Blanks {
        return Some(Shift::Same);
    }
    let old = place.lines.iter().filter(|line| line.is_old());
    let pairs = (place.start..).zip(old);
    Shift::between(pairs.map(|(line, old)| (file.text(line), old.body().as_bytes())))
}

/// How an added line ends: as the line in whose place it stands, else as its neighbours.
fn ending(file: &Lines<'_>, change: &Change<'_>, number: usize) -> Ending {
    if let Some(ending) = change.added[number].ending {
        return ending;
    }
    let removed = number.min(change.removed.saturating_sub(1));
    let replaced = (change.removed > 0).then_some(change.at + removed);
    let before = change.at.checked_sub(1);
    let after = Some(change.at).filter(|line| *line < file.count());
    let like = replaced.or(before).or(after);
    match like.map(|line| file.ending(line)) {
        Some(ending) if ending != Ending::Missing => ending,
        _ => usual_ending(file),
    }
}

/// The ending of the file's first line.
fn usual_ending(file: &Lines<'_>) -> Ending {
    match (file.count() > 0).then(|| file.ending(0)) {
        Some(Ending::Crlf) => Ending::Crlf,
        _ => Ending::Lf,
    }
}

/// Whether the file must not end in a line break after this line, its last: as the hunk says, else
/// as it was.
fn lacks_newline(file: &Lines<'_>, last: &Added<'_>) -> bool {
    last.line.lacks_newline || (!last.tells_newline && file.lacks_final_newline())
}
