//! Which of its places each hunk gets; pure.
//!
//! The order of the hunks and their headers rule places out. What they leave open is refused,
//! unless every choice gives the same file: nothing else tells which one is meant.

use super::{
    header::Headers,
    index::Index,
    matcher::{Candidates, Placed, Places},
    patch::Hunk,
    problem::{Problem, Reason},
    rewrite::rewrite,
};
use crate::{limits, tools::text::lines::Lines};

/// Finds the one place of each hunk; or reasons why there is none.
pub(super) fn place<'a>(
    index: &Index<'_>,
    hunks: &'a [Hunk<'a>],
) -> Result<Vec<Placed<'a>>, Vec<Problem>> {
    let count = index.file().count();
    let mut problems = Vec::new();
    let mut candidates = Vec::new();
    let mut appended = Vec::new();
    let mut most = limits::PATCH_PLACES;
    let mut numbered = hunks.iter().enumerate();
    for alike in hunks.chunk_by(|one, next| one.headers == next.headers) {
        let headers = Headers::find(index, &alike[0].headers);
        let headers = headers
            .as_ref()
            .map(Option::as_ref)
            .map_err(|header| *header);
        for (number, hunk) in numbered.by_ref().take(alike.len()) {
            let is_at_end = hunk.is_appended() || hunk.at_end_of_file || count == 0;
            if is_at_end && hunk.old().next().is_none() {
                appended.push(Placed::appended(number, hunk, count));
                continue;
            }
            match Candidates::find(index, headers, number, hunk, most) {
                Ok(found) => {
                    most -= found.all().starts.len();
                    candidates.push(found);
                }
                Err(reason) => problems.push(Problem::new(number, reason)),
            }
            if problems.len() == limits::PATCH_PROBLEMS {
                return Err(problems);
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut placed = choose(index, &candidates)?;
    placed.extend(appended);
    Ok(placed)
}

fn choose<'a>(
    index: &Index<'_>,
    candidates: &[Candidates<'a>],
) -> Result<Vec<Placed<'a>>, Vec<Problem>> {
    let all: Vec<_> = candidates.iter().map(Candidates::all).collect();
    let bounds = match Bounds::of(&all) {
        Ok(bounds) => bounds,
        Err(stuck) => return out_of_order(index, candidates, stuck),
    };
    if bounds.are_one() {
        return Ok(bounds.first);
    }
    let enclosed: Vec<_> = candidates.iter().map(Candidates::enclosed).collect();
    let (places, bounds) = match Bounds::of(&enclosed) {
        Ok(bounds) => (&enclosed, bounds),
        Err(_) => (&all, bounds),
    };
    if bounds.are_one() || give_the_same_file(index.file(), places, &bounds) {
        return Ok(bounds.first);
    }
    Err(bounds.ambiguous(places))
}

/// A hunk's places with the first and the last that it can have.
type Open<'p, 'a> = (&'p Places<'p, 'a>, &'p Placed<'a>, &'p Placed<'a>);

/// The earliest place that each hunk can have, and the latest.
struct Bounds<'a> {
    first: Vec<Placed<'a>>,
    last: Vec<Placed<'a>>,
}

impl<'a> Bounds<'a> {
    /// Nothing but the number of the hunk that can't follow those before it, where one can't.
    fn of(places: &[Places<'_, 'a>]) -> Result<Self, usize> {
        let mut first = Vec::with_capacity(places.len());
        let mut from = 0;
        for (number, places) in places.iter().enumerate() {
            let place = places.first_from(from).ok_or(number)?;
            from = place.changed().end;
            first.push(place);
        }
        let mut last = Vec::with_capacity(places.len());
        let mut until = usize::MAX;
        for (number, places) in places.iter().enumerate().rev() {
            let place = places.last_until(until).ok_or(number)?;
            until = place.changed().start;
            last.push(place);
        }
        last.reverse();
        Ok(Self { first, last })
    }

    fn are_one(&self) -> bool {
        self.first == self.last
    }

    /// The hunks that have several places.
    fn open<'p>(&'p self, places: &'p [Places<'p, 'a>]) -> impl Iterator<Item = Open<'p, 'a>> {
        let each = places.iter().zip(&self.first).zip(&self.last);
        let each = each.map(|((places, first), last)| (places, first, last));
        each.filter(|(_, first, last)| first != last)
    }

    /// A problem for each hunk that has several places.
    fn ambiguous(&self, places: &[Places<'_, 'a>]) -> Vec<Problem> {
        let problems = self.open(places).map(|(places, first, last)| {
            let places = places.between(first, last);
            let reason = Reason::Ambiguous {
                places: places.map(|place| place.start).collect(),
                level: first.level,
            };
            Problem::new(first.hunk, reason)
        });
        problems.take(limits::PATCH_PROBLEMS).collect()
    }
}

/// Hunks that aren't in the order of the file are taken if each has no other place at all.
fn out_of_order<'a>(
    index: &Index<'_>,
    candidates: &[Candidates<'a>],
    stuck: usize,
) -> Result<Vec<Placed<'a>>, Vec<Problem>> {
    let places = candidates
        .iter()
        .map(|candidates| candidates.only_place(index));
    if let Some(mut placed) = places.collect::<Option<Vec<_>>>() {
        placed.sort_by_key(|place| place.changed().start);
        let overlap = |pair: &[Placed<'_>]| pair[0].changed().end > pair[1].changed().start;
        if !placed.windows(2).any(overlap) {
            return Ok(placed);
        }
    }
    let places = candidates[stuck].all();
    let reason = Reason::OutOfOrder {
        places: places.starts.to_vec(),
    };
    Err(vec![Problem::new(places.hunk(), reason)])
}

/// Whether every choice gives the same file, as when one of several equal lines goes.
fn give_the_same_file(file: &Lines<'_>, places: &[Places<'_, '_>], bounds: &Bounds<'_>) -> bool {
    let open: Vec<_> = bounds.open(places).collect();
    // Each of the first places can be changed for the last one, one after the other.
    let mut choices = Vec::new();
    if open.len() >= limits::PATCH_CHOICES
        || !collect_choices(&open, 0, &mut Vec::new(), &mut choices)
    {
        return false;
    }
    let is_settled =
        |place: &&Placed<'_>| !open.iter().any(|(_, first, _)| first.hunk == place.hunk);
    let settled: Vec<_> = bounds.first.iter().filter(is_settled).copied().collect();
    let mut files = choices.into_iter().map(|mut placed| {
        placed.extend(&settled);
        placed.sort_by_key(|place| place.hunk);
        rewrite(file, &placed).ok()
    });
    let first = files.next().flatten();
    first.is_some() && files.all(|other| other == first)
}

/// All choices for the hunks that have one, in their order; false where they are too many to compare.
/// No hunk comes after its latest place, so that each beginning of a choice can be completed.
fn collect_choices<'a>(
    open: &[Open<'_, 'a>],
    from: usize,
    chosen: &mut Vec<Placed<'a>>,
    choices: &mut Vec<Vec<Placed<'a>>>,
) -> bool {
    let Some(((places, first, last), rest)) = open.split_first() else {
        choices.push(chosen.clone());
        return choices.len() <= limits::PATCH_CHOICES;
    };
    let mut places = places
        .between(first, last)
        .filter(|place| place.changed().start >= from);
    places.all(|place| {
        chosen.push(place);
        let all = collect_choices(rest, place.changed().end, chosen, choices);
        chosen.pop();
        all
    })
}
