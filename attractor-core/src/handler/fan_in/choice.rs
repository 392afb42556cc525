//! Which candidate an answer names.

use std::collections::BTreeSet;

use crate::state::Outcome;

/// The place of the candidate that a model has chosen: named in the outcome it reported, else
/// the only one in the last line of its answer, else the only one in its whole answer.
pub(super) fn find(ids: &[&str], said: Option<&Outcome>, response: &str) -> Option<usize> {
    let place = |name: &str| ids.iter().position(|id| *id == name.trim());
    if let Some(outcome) = said {
        let label = outcome.preferred_label.as_deref().into_iter();
        let suggested = outcome.suggested_next_ids.iter().map(String::as_str);
        let mut names = label.chain(suggested).chain(outcome.word.as_deref());
        if let Some(found) = names.find_map(place) {
            return Some(found);
        }
    }
    let mut lines = response.lines().filter(|line| !line.trim().is_empty());
    let last = lines.next_back().unwrap_or_default();
    only(ids, last).or_else(|| only(ids, response))
}

/// The place of the only candidate that a text mentions.
fn only(ids: &[&str], text: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let words = text.split(|c| !is_part(c));
    let words: BTreeSet<&str> = words.map(|word| word.trim_matches('-')).collect();
    let mut mentioned = (0..ids.len()).filter(|place| words.contains(ids[*place]));
    match (mentioned.next(), mentioned.next()) {
        (Some(place), None) => Some(place),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(response: &str) -> Option<&'static str> {
        let ids = ["plan_a", "plan_b", "plan_b-2"];
        find(&ids, None, response).map(|place| ids[place])
    }

    #[test]
    fn an_answer_names_a_candidate_at_its_end_or_nowhere_else_another() {
        assert_eq!(named("plan_a"), Some("plan_a"));
        assert_eq!(named("plan_a is slower.\n\n**plan_b**\n"), Some("plan_b"));
        assert_eq!(named("- plan_b-2"), Some("plan_b-2"));
        assert_eq!(named("I'd take `plan_b`.\nThanks."), Some("plan_b"));
        assert_eq!(named("plan_a or plan_b"), None);
        assert_eq!(named("plan_c"), None);
        assert_eq!(named("my_plan_a"), None);
        assert_eq!(named(""), None);
    }

    #[test]
    fn an_outcome_names_it_before_the_answer_does() {
        let outcome = Outcome::success().with_preferred_label("plan_b");
        assert_eq!(
            find(&["plan_a", "plan_b"], Some(&outcome), "plan_a"),
            Some(1)
        );
        let other = Outcome::success().with_suggested_next("plan_c");
        assert_eq!(find(&["plan_a", "plan_b"], Some(&other), "plan_a"), Some(0));
    }
}
