//! Which edge a run follows when a stage is done; pure.

use std::cmp::Reverse;

use crate::graph::Edge;
use crate::run::rule::EdgeRule;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Edges from `a`, each as `target label weight condition`; `-` stands for nothing.
    fn edges(rows: &[&str]) -> Vec<Edge> {
        let edge = |row: &&str| {
            let mut fields = row
                .splitn(4, ' ')
                .map(|field| if field == "-" { "" } else { field });
            let mut field = || fields.next().unwrap_or_default();
            let edge = Edge::new("a".parse().unwrap(), field().parse().unwrap());
            let edge = edge.with("label", field()).unwrap();
            let weight = field();
            let edge = edge
                .with("weight", if weight.is_empty() { "0" } else { weight })
                .unwrap();
            edge.with("condition", field()).unwrap()
        };
        rows.iter().map(edge).collect()
    }

    fn check(rows: &[&str], outcome: &Outcome, expected: Option<(&str, EdgeRule)>) {
        let edges = edges(rows);
        let candidates: Vec<&Edge> = edges.iter().collect();
        let mut context = Context::new();
        context.set("flag", "on");
        let selected = select_edge(&candidates, outcome, &context, false);
        let found = selected.map(|(edge, rule)| (edge.to().as_str(), rule));
        assert_eq!(found, expected, "{rows:?}");
    }

    #[test]
    fn the_five_steps_come_in_their_order() {
        use EdgeRule::{Condition, Lexical, PreferredLabel, SuggestedNextId, Weight};
        let plain = Outcome::success();
        let label = Outcome::success().with_preferred_label("y) go ON");
        let next = Outcome::success()
            .with_suggested_next("no")
            .with_suggested_next("d");
        let both = label.clone().with_suggested_next("d");
        let all = [
            "b",
            "c [Y]on 9",
            "c [Y]_go 0",
            "d - 5",
            "e - 1 outcome=success",
        ];
        check(&all, &both, Some(("e", Condition)));
        check(
            &["b - 9", "e - 0 context.flag=on"],
            &plain,
            Some(("e", Condition)),
        );
        check(
            &["b - 9", "e - 0 outcome=fail"],
            &plain,
            Some(("b", Weight)),
        );
        let held = ["e - 1 outcome=success", "f - 2 flag=on", "d - 2 flag"];
        check(&held, &plain, Some(("d", Condition)));
        check(
            &["b - 9", "c Other 0", "d - 5"],
            &next,
            Some(("d", SuggestedNextId)),
        );
        check(&["b - 2", "c - 1"], &plain, Some(("b", Weight)));
        check(&["c - 1", "b - 1"], &plain, Some(("b", Lexical)));
        check(&["e - 0 outcome=fail"], &plain, None);
        check(&[], &plain, None);
        let go = Outcome::success().with_preferred_label("[Y] go");
        check(
            &["b - 9", "c Go 0", "d - 5"],
            &go.with_suggested_next("d"),
            Some(("c", PreferredLabel)),
        );
        // A label on an edge whose condition fails doesn't count.
        let go = Outcome::success().with_preferred_label("Go");
        check(&["c Go 0 outcome=fail", "b - 0"], &go, Some(("b", Weight)));
    }

    #[test]
    fn accelerators_are_split_off_only_where_they_are_ones() {
        for (label, expected) in [
            ("[Y] Yes", (Some("Y"), "Yes")),
            ("y) Yes", (Some("y"), "Yes")),
            ("Y - Yes", (Some("Y"), "Yes")),
            ("[12] Twelve", (Some("12"), "Twelve")),
            ("Plan (b) later", (None, "Plan (b) later")),
            ("re-do - later", (None, "re-do - later")),
            ("[Draft] It", (None, "[Draft] It")),
        ] {
            assert_eq!(split_accelerator(label), expected, "{label}");
        }
    }
}
