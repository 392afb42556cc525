//! Which of its places each hunk gets; pure.
//!
//! The order of the hunks and their headers rule places out. What they leave open is refused,
//! unless every choice gives the same file: nothing else tells which one is meant.

use super::{
    matcher::{Candidates, Placed},
    patch::Hunk,
    problem::{Problem, Reason},
    rewrite::rewrite,
};
use crate::{limits, tools::text::lines::Lines};

/// Finds the one place of each hunk; or every reason why there is none.
pub(super) fn place<'a>(
    file: &Lines<'_>,
    hunks: &'a [Hunk<'a>],
) -> Result<Vec<Placed<'a>>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut candidates = Vec::new();
    let mut appended = Vec::new();
    for (number, hunk) in hunks.iter().enumerate() {
        let is_at_end = hunk.is_appended() || hunk.at_end_of_file || file.count() == 0;
        if is_at_end && hunk.old().next().is_none() {
            appended.push(Placed::appended(number, hunk, file.count()));
            continue;
        }
        match Candidates::find(file, number, hunk) {
            Ok(found) => candidates.push(found),
            Err(reason) => problems.push(Problem::new(number, reason)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut placed = choose(file, hunks, &candidates)?;
    placed.extend(appended);
    Ok(placed)
}

fn choose<'a>(
    file: &Lines<'_>,
    hunks: &[Hunk<'_>],
    candidates: &[Candidates<'a>],
) -> Result<Vec<Placed<'a>>, Vec<Problem>> {
    let all = match Bounds::of(candidates) {
        Ok(bounds) => bounds,
        Err(stuck) => return out_of_order(file, hunks, candidates, stuck),
    };
    if all.are_one() {
        return Ok(all.first);
    }
    let enclosed: Vec<_> = candidates.iter().map(Candidates::enclosed).collect();
    let (candidates, bounds) = match Bounds::of(&enclosed) {
        Ok(bounds) => (&enclosed[..], bounds),
        Err(_) => (candidates, all),
    };
    if bounds.are_one() || give_the_same_file(file, candidates, &bounds.last) {
        return Ok(bounds.first);
    }
    Err(bounds.ambiguous(candidates))
}

/// The earliest place that each hunk can have, and the latest.
struct Bounds<'a> {
    first: Vec<Placed<'a>>,
    last: Vec<Placed<'a>>,
}

impl<'a> Bounds<'a> {
    /// Nothing but the number of the hunk that can't follow those before it, where one can't.
    fn of(candidates: &[Candidates<'a>]) -> Result<Self, usize> {
        let mut first = Vec::with_capacity(candidates.len());
        let mut from = 0;
        for (number, candidates) in candidates.iter().enumerate() {
            let mut places = candidates.places.iter();
            let place = places
                .find(|place| place.changed().start >= from)
                .ok_or(number)?;
            from = place.changed().end;
            first.push(*place);
        }
        let mut last = Vec::with_capacity(candidates.len());
        let mut until = usize::MAX;
        for (number, candidates) in candidates.iter().enumerate().rev() {
            let mut places = candidates.places.iter().rev();
            let place = places
                .find(|place| place.changed().end <= until)
                .ok_or(number)?;
            until = place.changed().start;
            last.push(*place);
        }
        last.reverse();
        Ok(Self { first, last })
    }

    fn are_one(&self) -> bool {
        self.first == self.last
    }

    /// A problem for each hunk that has several places.
    fn ambiguous(&self, candidates: &[Candidates<'_>]) -> Vec<Problem> {
        let bounds = self.first.iter().zip(&self.last).zip(candidates);
        let open = bounds.filter(|((first, last), _)| first != last);
        let problems = open.map(|((first, last), candidates)| {
            let starts = candidates.places.iter().map(|place| place.start);
            let places = starts.filter(|start| (first.start..=last.start).contains(start));
            let reason = Reason::Ambiguous {
                places: places.collect(),
                level: first.level,
            };
            Problem::new(first.hunk, reason)
        });
        problems.collect()
    }
}

/// Hunks that aren't in the order of the file are taken if each has no other place at all.
fn out_of_order<'a>(
    file: &Lines<'_>,
    hunks: &[Hunk<'_>],
    candidates: &[Candidates<'a>],
    stuck: usize,
) -> Result<Vec<Placed<'a>>, Vec<Problem>> {
    let have_one = candidates.iter().all(|candidates| {
        let hunk = candidates
            .places
            .first()
            .and_then(|place| hunks.get(place.hunk));
        hunk.is_some_and(|hunk| candidates.is_only_place(file, hunk))
    });
    let mut placed: Vec<_> = candidates
        .iter()
        .flat_map(|one| one.places.clone())
        .collect();
    placed.sort_by_key(|place| place.changed().start);
    let overlap = |pair: &[Placed<'_>]| pair[0].changed().end > pair[1].changed().start;
    if have_one && !placed.windows(2).any(overlap) {
        return Ok(placed);
    }
    let places = candidates[stuck].places.iter();
    let reason = Reason::OutOfOrder {
        places: places.clone().map(|place| place.start).collect(),
    };
    let hunk = places.map(|place| place.hunk).next().unwrap_or(stuck);
    Err(vec![Problem::new(hunk, reason)])
}

/// Whether every choice gives the same file, as when one of several equal lines goes.
fn give_the_same_file(
    file: &Lines<'_>,
    candidates: &[Candidates<'_>],
    last: &[Placed<'_>],
) -> bool {
    let mut choices = Vec::new();
    if !collect_choices(candidates, last, 0, &mut Vec::new(), &mut choices) {
        return false;
    }
    let mut files = choices.iter().map(|placed| rewrite(file, placed).ok());
    let first = files.next().flatten();
    first.is_some() && files.all(|other| other == first)
}

/// All choices in the order of the hunks; false where they are too many to compare. No hunk comes
/// after its latest place, so that each beginning of a choice can be completed.
fn collect_choices<'a>(
    candidates: &[Candidates<'a>],
    last: &[Placed<'_>],
    from: usize,
    chosen: &mut Vec<Placed<'a>>,
    choices: &mut Vec<Vec<Placed<'a>>>,
) -> bool {
    let (Some((next, rest)), Some((latest, last))) = (candidates.split_first(), last.split_first())
    else {
        choices.push(chosen.clone());
        return choices.len() <= limits::PATCH_CHOICES;
    };
    let mut places = next
        .places
        .iter()
        .filter(|place| place.changed().start >= from && place.start <= latest.start);
    places.all(|place| {
        chosen.push(*place);
        let all = collect_choices(rest, last, place.changed().end, chosen, choices);
        chosen.pop();
        all
    })
}
