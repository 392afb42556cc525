//! Which edge a run follows when a stage is done; pure.

use std::cmp::Reverse;

use crate::graph::Edge;
use crate::run::event::EdgeRule;
use crate::state::{Context, Outcome};

/// The five steps of edge selection, for a stage that didn't fail.
///
/// `by_person` is set at a human gate: the edge the person chose is followed even if it has a
/// condition, as long as that holds, and even if another edge's condition holds too.
///
/// Source: attractor-spec 3.3.
pub(super) fn select_edge<'a>(
    edges: &[&'a Edge],
    outcome: &Outcome,
    context: &Context,
    by_person: bool,
) -> Option<(&'a Edge, EdgeRule)> {
    if by_person && let Some(chosen) = chosen_by_person(edges, outcome, context) {
        return Some((chosen, EdgeRule::HumanChoice));
    }
    if let Some(matching) = best_matching_condition(edges, outcome, context) {
        return Some((matching, EdgeRule::Condition));
    }
    let plain: Vec<_> = edges
        .iter()
        .copied()
        .filter(|edge| edge.condition.is_none())
        .collect();
    if let Some(labelled) = labelled(&plain, outcome) {
        return Some((labelled, EdgeRule::PreferredLabel));
    }
    if let Some(suggested) = suggested(&plain, outcome) {
        return Some((suggested, EdgeRule::SuggestedNextId));
    }
    heaviest(&plain)
}

/// The best of the edges whose condition holds.
pub(super) fn best_matching_condition<'a>(
    edges: &[&'a Edge],
    outcome: &Outcome,
    context: &Context,
) -> Option<&'a Edge> {
    let matching: Vec<_> = edges
        .iter()
        .copied()
        .filter(|edge| edge.condition.is_some() && holds(edge, outcome, context))
        .collect();
    heaviest(&matching).map(|(best, _)| best)
}

/// The edge of the highest weight, among equals the one whose target comes first, among those
/// the one that was written first.
pub(super) fn heaviest<'a>(edges: &[&'a Edge]) -> Option<(&'a Edge, EdgeRule)> {
    let best = edges
        .iter()
        .min_by_key(|edge| (Reverse(edge.weight), edge.to(), edge.index()))?;
    let ties = edges
        .iter()
        .filter(|edge| edge.weight == best.weight)
        .count();
    Some((
        *best,
        if ties > 1 {
            EdgeRule::Lexical
        } else {
            EdgeRule::Weight
        },
    ))
}

/// Whether an edge's condition holds; an edge without one is always eligible.
pub(super) fn holds(edge: &Edge, outcome: &Outcome, context: &Context) -> bool {
    edge.condition
        .as_ref()
        .is_none_or(|condition| condition.eval(|key| lookup(key, outcome, context)))
}

/// What a condition sees for a key.
///
/// Source: attractor-spec 10.4.
pub(super) fn lookup(key: &str, outcome: &Outcome, context: &Context) -> Option<String> {
    match key {
        "outcome" => Some(outcome.word().to_owned()),
        "preferred_label" => Some(outcome.preferred_label.clone().unwrap_or_default()),
        other => context.lookup(other),
    }
}

/// A label as it's compared: lower case, without accelerator prefix and blanks around it.
///
/// ```
/// use attractor_core::run::normalize_label;
///
/// assert_eq!(normalize_label("[Y] Yes, deploy"), "yes, deploy");
/// assert_eq!(normalize_label(" y) Yes, deploy "), "yes, deploy");
/// assert_eq!(normalize_label("Y - Yes, deploy"), "yes, deploy");
/// ```
///
/// Source: attractor-spec 3.3, step 2.
pub fn normalize_label(label: &str) -> String {
    split_accelerator(label).1.to_lowercase()
}

/// A label's explicit accelerator key, if it has one, and the label without it.
///
/// The patterns are `[K] Label`, `K) Label` and `K - Label`; a key is up to three letters or
/// digits in brackets, otherwise one.
///
/// Source: attractor-spec 4.6.
pub fn split_accelerator(label: &str) -> (Option<&str>, &str) {
    let label = label.trim();
    let is_key = |key: &str, longest: usize| {
        (1..=longest).contains(&key.chars().count()) && key.chars().all(char::is_alphanumeric)
    };
    if let Some((key, rest)) = label.strip_prefix('[').and_then(|l| l.split_once(']'))
        && is_key(key.trim(), 3)
    {
        return (Some(key.trim()), rest.trim());
    }
    for separator in [")", " - "] {
        if let Some((key, rest)) = label.split_once(separator)
            && is_key(key.trim(), 1)
        {
            return (Some(key.trim()), rest.trim());
        }
    }
    (None, label)
}

fn labelled<'a>(edges: &[&'a Edge], outcome: &Outcome) -> Option<&'a Edge> {
    let wanted = normalize_label(
        outcome
            .preferred_label
            .as_deref()
            .filter(|l| !l.is_empty())?,
    );
    edges
        .iter()
        .copied()
        .find(|edge| normalize_label(&edge.label) == wanted)
}

fn suggested<'a>(edges: &[&'a Edge], outcome: &Outcome) -> Option<&'a Edge> {
    outcome
        .suggested_next_ids
        .iter()
        .find_map(|id| edges.iter().copied().find(|edge| edge.to() == id.as_str()))
}

/// The edge a person chose: its label and target are the outcome's, and its condition holds.
fn chosen_by_person<'a>(
    edges: &[&'a Edge],
    outcome: &Outcome,
    context: &Context,
) -> Option<&'a Edge> {
    let label = outcome.preferred_label.as_deref()?;
    let target = outcome.suggested_next_ids.first()?;
    edges.iter().copied().find(|edge| {
        let shown = if edge.label.is_empty() {
            edge.to().as_str()
        } else {
            edge.label.as_str()
        };
        edge.to() == target.as_str() && shown == label && holds(edge, outcome, context)
    })
}
