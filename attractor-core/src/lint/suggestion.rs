//! Guessing what a misspelled name was meant to be.

use crate::limits::MAX_SUGGESTION_BYTES;

/// The candidate that is nearest to `name`, if one is near enough to be what was meant: one
/// mistake in three letters, a changed case, or a swap of neighbours.
///
/// ```
/// use attractor_core::lint::suggestion;
///
/// assert_eq!(suggestion("pormpt", ["label", "prompt"]), Some("prompt"));
/// ```
pub fn suggestion<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if name.len() > MAX_SUGGESTION_BYTES {
        return None;
    }
    let allowed = (name.chars().count() / 3).max(1);
    let lower = name.to_ascii_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= allowed)
        .map(|candidate| (distance(&lower, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, remove, replace or swap with their neighbour to get from one to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_recognised_and_far_ones_left_alone() {
        let names = ["prompt", "max_retries", "type"];
        for (written, meant) in [
            ("pormpt", Some("prompt")),
            ("Prompt", Some("prompt")),
            ("max_retry", Some("max_retries")),
            ("typ", Some("type")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(suggestion(written, names), meant, "{written}");
        }
    }
}
