//! Edge selection agrees with a literal transcription of the specification's pseudo-code, on
//! random edges, outcomes and contexts.
//!
//! The transcription keeps the names and the order of attractor-spec 3.3, 10.4 and 10.5. What the
//! decisions add to it stands in [`expected`]: a custom word is what `outcome` compares with (13), a
//! failure goes by 3.7 (10), and edges of which none is eligible fail the run (12).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use attractor_core::run::{Run, Step};
use attractor_core::{Graph, Outcome, RunEvent, StageStatus};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Edge {
    to_node: String,
    label: String,
    condition: String,
    weight: i64,
}

type Context = BTreeMap<String, String>;

fn select_edge<'a>(edges: &'a [Edge], outcome: &Outcome, context: &Context) -> Option<&'a Edge> {
    if edges.is_empty() {
        return None;
    }
    // Step 1: Condition matching
    let mut condition_matched = Vec::new();
    for edge in edges {
        if !edge.condition.is_empty() && evaluate_condition(&edge.condition, outcome, context) {
            condition_matched.push(edge);
        }
    }
    if !condition_matched.is_empty() {
        return Some(best_by_weight_then_lexical(condition_matched));
    }
    // Step 2: Preferred label
    let preferred_label = outcome.preferred_label.clone().unwrap_or_default();
    if !preferred_label.is_empty() {
        for edge in edges {
            let same = normalize_label(&edge.label) == normalize_label(&preferred_label);
            if edge.condition.is_empty() && same {
                return Some(edge);
            }
        }
    }
    // Step 3: Suggested next IDs
    for suggested_id in &outcome.suggested_next_ids {
        for edge in edges {
            if edge.condition.is_empty() && edge.to_node == *suggested_id {
                return Some(edge);
            }
        }
    }
    // Step 4 & 5: Weight with lexical tiebreak (unconditional edges only)
    let unconditional: Vec<_> = edges.iter().filter(|e| e.condition.is_empty()).collect();
    if !unconditional.is_empty() {
        return Some(best_by_weight_then_lexical(unconditional));
    }
    None
}

fn best_by_weight_then_lexical(mut edges: Vec<&Edge>) -> &Edge {
    edges.sort_by(|a, b| (b.weight, &a.to_node).cmp(&(a.weight, &b.to_node)));
    edges[0]
}

/// Lower case, trimmed, without an accelerator prefix: `[Y] `, `Y) `, `Y - `.
fn normalize_label(label: &str) -> String {
    let label = label.trim().to_lowercase();
    let mut characters = label.chars();
    let first = characters.next();
    let rest = characters.as_str();
    let is_key = first.is_some_and(char::is_alphanumeric);
    if let Some(bracketed) = label.strip_prefix('[')
        && bracketed.chars().nth(1) == Some(']')
    {
        return bracketed
            .chars()
            .skip(2)
            .collect::<String>()
            .trim()
            .to_owned();
    }
    for separator in [") ", " - "] {
        if is_key && let Some(rest) = rest.strip_prefix(separator) {
            return rest.trim().to_owned();
        }
    }
    label
}

fn resolve_key(key: &str, outcome: &Outcome, context: &Context) -> String {
    if key == "outcome" {
        return outcome
            .word
            .clone()
            .unwrap_or_else(|| outcome.status.as_str().to_owned());
    }
    if key == "preferred_label" {
        return outcome.preferred_label.clone().unwrap_or_default();
    }
    if let Some(bare) = key.strip_prefix("context.") {
        if let Some(value) = context.get(key) {
            return value.clone();
        }
        if let Some(value) = context.get(bare) {
            return value.clone();
        }
        return String::new();
    }
    context.get(key).cloned().unwrap_or_default()
}

fn evaluate_condition(condition: &str, outcome: &Outcome, context: &Context) -> bool {
    if condition.is_empty() {
        return true;
    }
    for clause in condition.split("&&") {
        let clause = clause.trim();
        if clause.is_empty() {
            continue;
        }
        if !evaluate_clause(clause, outcome, context) {
            return false;
        }
    }
    true
}

fn evaluate_clause(clause: &str, outcome: &Outcome, context: &Context) -> bool {
    if let Some((key, value)) = clause.split_once("!=") {
        return resolve_key(key.trim(), outcome, context) != parse_literal(value);
    }
    if let Some((key, value)) = clause.split_once('=') {
        return resolve_key(key.trim(), outcome, context) == parse_literal(value);
    }
    // A text is true unless it's empty; decision 21: or `false`.
    let value = resolve_key(clause.trim(), outcome, context);
    !value.is_empty() && value != "false"
}

fn parse_literal(value: &str) -> String {
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    quoted.unwrap_or(value).to_owned()
}

/// Where the run goes, by the transcription and the decisions.
fn expected(edges: &[Edge], outcome: &Outcome, context: &Context) -> Option<String> {
    if outcome.status == StageStatus::Fail {
        // 3.7: the fail edge; there is no retry target here.
        let holds = |e: &&Edge| {
            !e.condition.is_empty() && evaluate_condition(&e.condition, outcome, context)
        };
        let held: Vec<_> = edges.iter().filter(holds).collect();
        let best = (!held.is_empty()).then(|| best_by_weight_then_lexical(held));
        return best.map(|edge| edge.to_node.clone());
    }
    select_edge(edges, outcome, context).map(|edge| edge.to_node.clone())
}

const LABELS: [&str; 8] = [
    "", "Go", "[G] go", "G) GO", "g - Go", " Stop ", "[S] Stop", "Go on",
];

fn condition() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "outcome",
        "preferred_label",
        "context.flag",
        "context.deep.key",
        "flag",
        "missing",
        "context.missing",
        "number",
    ]);
    let value = prop::sample::select(vec![
        "success",
        "fail",
        "partial_success",
        "done",
        "on",
        "off",
        "Go",
        "7",
        "true",
        "\"on\"",
    ]);
    let clause = (
        key,
        prop::sample::select(vec!["=", "!=", " = ", " != ", ""]),
        value,
    );
    let clause = clause.prop_map(|(key, operator, value)| match operator {
        "" => key.to_owned(),
        _ => format!("{key}{operator}{value}"),
    });
    let all = prop::collection::vec(clause, 1..4).prop_map(|clauses| clauses.join(" && "));
    prop_oneof![2 => Just(String::new()), 3 => all]
}

fn edge() -> impl Strategy<Value = Edge> {
    let label = prop::sample::select(LABELS.to_vec());
    (0..5_u8, label, condition(), -2..3_i64).prop_map(|(to, label, condition, weight)| Edge {
        to_node: format!("t{to}"),
        label: label.to_owned(),
        condition,
        weight,
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let status = prop::sample::select(vec![
        Outcome::success(),
        Outcome::partial_success("p"),
        Outcome::fail("f"),
        Outcome::from_word("done"),
    ]);
    let label = prop::option::of(prop::sample::select(LABELS.to_vec()));
    let suggested = prop::collection::vec(0..7_u8, 0..3);
    (status, label, suggested).prop_map(|(mut outcome, label, suggested)| {
        outcome.preferred_label = label.map(str::to_owned);
        outcome.suggested_next_ids = suggested.iter().map(|to| format!("t{to}")).collect();
        outcome
    })
}

fn context() -> impl Strategy<Value = Context> {
    let key = prop::sample::select(vec!["flag", "context.flag", "deep.key", "number", "other"]);
    let value = prop::sample::select(vec!["on", "off", "true", "false", "", "7"]);
    prop::collection::btree_map(
        key.prop_map(str::to_owned),
        value.prop_map(str::to_owned),
        0..5,
    )
}

fn graph(edges: &[Edge]) -> Arc<Graph> {
    let mut source = "digraph g { start [shape=Mdiamond] exit [shape=Msquare]\n".to_owned();
    source.push_str("n [prompt=x]\n start -> n\n");
    for target in 0..5 {
        writeln!(source, "t{target} [prompt=x]\n t{target} -> exit").unwrap();
    }
    for Edge {
        to_node,
        label,
        condition,
        weight,
    } in edges
    {
        let condition = condition.replace('"', "\\\"");
        let attributes = format!("label=\"{label}\", condition=\"{condition}\", weight={weight}");
        writeln!(source, "n -> {to_node} [{attributes}]").unwrap();
    }
    source.push('}');
    Arc::new(
        Graph::parse(&source)
            .unwrap_or_else(|errors| panic!("{errors}\n{source}"))
            .0,
    )
}

/// The decision of a run in which the node with these edges has this outcome.
fn decision(edges: &[Edge], outcome: &Outcome, context: &Context) -> Step {
    let mut run = Run::new(graph(edges));
    let mut outcome = outcome.clone();
    for (key, value) in context {
        outcome = outcome.with_update(key.as_str(), value.as_str());
    }
    loop {
        let event = match run.next() {
            Step::Start => run.started("run", "hash", 0),
            Step::Checkpoint { node } => RunEvent::CheckpointSaved { node },
            Step::Execute { stage, .. } => {
                run.apply(&run.stage_started(&stage)).unwrap();
                let is_n = stage.node == "n";
                let said = if is_n {
                    outcome.clone()
                } else {
                    Outcome::success()
                };
                run.apply(&run.judge(said, 0)).unwrap();
                continue;
            }
            Step::Record(RunEvent::EdgeSelected { from, .. }) if from != "start" => {
                return run.next();
            }
            Step::Record(event) => event,
            other => return other,
        };
        run.apply(&event).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn an_edge_is_selected_as_the_pseudo_code_says(
        edges in prop::collection::vec(edge(), 1..7), outcome in outcome(), context in context(),
    ) {
        let step = decision(&edges, &outcome, &context);
        match expected(&edges, &outcome, &context) {
            Some(expected) => {
                let Step::Record(RunEvent::EdgeSelected { to, .. }) = &step else {
                    return Err(TestCaseError::fail(format!("{expected} but {step:?}")));
                };
                prop_assert_eq!(to.as_str(), expected);
            }
            None => prop_assert!(matches!(step, Step::Fail { .. }), "{step:?}"),
        }
    }
}
