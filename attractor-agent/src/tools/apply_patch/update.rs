//! A file's content before an update to its content after; pure.

use super::{choose, compare::Level, index::Index, patch::Hunk, rewrite};
use crate::tools::text::lines::{BYTE_ORDER_MARK, Lines};

/// A file after an update.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Updated {
    pub(super) content: Vec<u8>,
    /// What whoever wrote the patch must know of it.
    pub(super) notes: Vec<String>,
}

/// Applies hunks to a file's content; one text for each hunk that can't be applied.
pub(super) fn update(content: &[u8], hunks: &[Hunk<'_>]) -> Result<Updated, Vec<String>> {
    let mut lines = hunks.iter().flat_map(|hunk| &hunk.lines);
    let file = if lines.any(|line| line.text.starts_with(BYTE_ORDER_MARK)) {
        Lines::new(content)
    } else {
        Lines::without_mark(content)
    };
    let index = Index::new(&file);
    let placed = choose::place(&index, hunks).map_err(|problems| {
        let texts = problems
            .iter()
            .map(|problem| problem.explain(&index, hunks));
        texts.collect::<Vec<_>>()
    })?;
    let content =
        rewrite::rewrite(&file, &placed).map_err(|problem| vec![problem.explain(&index, hunks)])?;
    let mut notes = Vec::new();
    for place in &placed {
        let (hunk, line) = (place.hunk + 1, place.start + 1);
        if place.level > Level::Exact {
            notes.push(format!(
                "hunk {hunk} was not there exactly; the match at line {line} overlooks {}",
                place.level
            ));
        }
        if hunks[place.hunk].is_appended() && file.count() > 0 {
            notes.push(format!(
                "hunk {hunk} names no place, so its lines went to the end of the file"
            ));
        }
    }
    let in_place = placed
        .iter()
        .filter(|place| !hunks[place.hunk].is_appended());
    if !in_place.is_sorted_by_key(|place| place.hunk) {
        notes.push("the hunks are not in the order of the file".to_owned());
    }
    Ok(Updated { content, notes })
}
