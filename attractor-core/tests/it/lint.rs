//! Every rule on its two files: silent on `good.dot`, heard on `bad.dot`.

use std::path::Path;
use std::sync::Arc;

use attractor_core::{
    Diagnostic, Graph, LintRule, Severity, Validator, lint, validate, validate_or_error,
};

fn check(source: &str) -> Vec<Diagnostic> {
    let (graph, mut diagnostics) = Graph::parse(source).unwrap_or_else(|errors| panic!("{errors}"));
    diagnostics.extend(validate(&graph, &[]));
    lint::sort_diagnostics(&mut diagnostics);
    diagnostics
}

#[test]
fn every_rule_is_silent_on_good_and_heard_on_bad() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lint");
    let mut rules: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    rules.sort();
    assert_eq!(rules.len(), 27);
    for rule in rules {
        let read = |name: &str| std::fs::read_to_string(root.join(&rule).join(name)).unwrap();
        let good = check(&read("good.dot"));
        assert!(good.is_empty(), "{rule}: {good:?}");
        let source = read("bad.dot");
        let bad = check(&source);
        assert!(
            bad.iter().any(|found| found.rule == rule),
            "{rule}: {bad:?}"
        );
        insta::assert_snapshot!(
            format!("bad_{rule}"),
            lint::render_plain(&bad, "bad.dot", &source)
        );
    }
}

#[test]
fn diagnostics_come_in_source_order_with_all_they_know() {
    let found = check(
        "digraph g { start [shape=Mdiamond] a b [label=x, pormpt=y] exit [shape=Msquare]
           start -> a -> exit [condition=\"outcome=\"] }",
    );
    let places: Vec<usize> = found
        .iter()
        .map(|found| found.span.unwrap().start)
        .collect();
    assert!(places.is_sorted(), "{found:?}");
    assert!(found.iter().all(|found| found.fix.is_some()), "{found:?}");
    let json = serde_json::to_value(&found[0]).unwrap();
    assert_eq!(json["rule"], "prompt_on_llm_nodes");
    assert_eq!(json["severity"], "warning");
    assert_eq!(json["node"], "a");
}

#[test]
fn an_error_refuses_the_graph_and_a_warning_does_not() {
    let (graph, _) = Graph::parse("digraph g { start -> a -> exit; start; a; exit }").unwrap();
    assert_eq!(
        validate_or_error(&graph, &[]).unwrap()[0].severity,
        Severity::Warning
    );
    let (graph, _) = Graph::parse("digraph g { a [label=a] }").unwrap();
    let error = validate_or_error(&graph, &[]).unwrap_err();
    assert!(
        error.to_string().contains("no start node (start_node)"),
        "{error}"
    );
    assert!(
        error
            .diagnostics()
            .iter()
            .any(|found| found.rule == "dead_end")
    );
}

#[test]
fn a_strict_validator_refuses_what_cannot_reach_the_exit() {
    let source =
        "digraph g { start -> a -> exit; start -> b; start; a [label=a]; b [label=b]; exit }";
    let (graph, _) = Graph::parse(source).unwrap();
    assert!(Validator::new().validate_or_error(&graph).is_ok());
    assert!(
        Validator::new()
            .strict(true)
            .validate_or_error(&graph)
            .is_err()
    );
}

#[test]
fn types_of_registered_handlers_are_known() {
    let source = "digraph g { start -> a -> exit; start; a [label=a, type=mine]; exit }";
    let (graph, _) = Graph::parse(source).unwrap();
    assert_eq!(Validator::new().validate(&graph)[0].rule, "type_known");
    assert!(
        Validator::new()
            .known_types(["mine"])
            .validate(&graph)
            .is_empty()
    );
}

#[derive(Debug)]
struct NoNumbers;

impl LintRule for NoNumbers {
    fn name(&self) -> &str {
        "no_numbers"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let numbered = graph
            .nodes()
            .iter()
            .filter(|node| node.id().ends_with(char::is_numeric));
        diagnostics.extend(
            numbered
                .map(|node| Diagnostic::error(self.name(), "call it by its task").at_node(node)),
        );
    }
}

#[test]
fn rules_of_the_caller_run_too() {
    let source = "digraph g { start -> step1 -> exit; start; step1 [label=a]; exit }";
    let (graph, _) = Graph::parse(source).unwrap();
    let rule: Arc<dyn LintRule> = Arc::new(NoNumbers);
    let error = validate_or_error(&graph, &[rule]).unwrap_err();
    assert_eq!(error.diagnostics()[0].rule, "no_numbers");
}

#[test]
fn jumps_to_retry_targets_count_as_ways() {
    let found = check(
        "digraph g { start; exit; a [label=a, retry_target=rescue]; rescue [label=r]; last [label=l]
           retry_target=last start -> a -> exit; rescue -> a; last -> a }",
    );
    assert!(
        !found.iter().any(|found| found.severity == Severity::Error),
        "{found:?}"
    );
}

#[test]
fn the_place_of_a_mistake_in_a_condition_is_exact() {
    let source = "digraph g { a -> b [condition=\"outcome=success && outcome==fail\"] }";
    let found = check(source);
    let found = found
        .iter()
        .find(|found| found.rule == "condition_syntax")
        .unwrap();
    let span = found.span.unwrap();
    assert_eq!(&source[span.start..span.end], "==");
}

#[test]
fn the_pipeline_of_the_smoke_test_has_no_errors() {
    let found = check(
        "digraph smoke {
           graph [goal=\"A script that greets\"]
           start [shape=Mdiamond] done [shape=Msquare]
           plan [shape=box, prompt=\"How to reach: $goal\"]
           implement [shape=box, prompt=\"Write it\", goal_gate=true]
           review [shape=box, prompt=\"Is it right?\"]
           start -> plan
           plan -> implement
           implement -> review [condition=\"outcome=success\"]
           implement -> plan [condition=\"outcome=fail\", label=\"Retry\"]
           review -> done [condition=\"outcome=success\"]
           review -> implement [condition=\"outcome=fail\", label=\"Fix\"]
         }",
    );
    assert!(
        found.iter().all(|found| found.severity != Severity::Error),
        "{found:?}"
    );
    let rules: Vec<&str> = found.iter().map(|found| found.rule.as_str()).collect();
    assert_eq!(
        rules,
        [
            "loop_unbounded",
            "condition_coverage",
            "goal_gate_has_retry",
            "condition_coverage"
        ]
    );
}
