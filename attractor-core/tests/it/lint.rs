//! Every rule on its two files: silent on `good.dot`, heard on `bad.dot`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use attractor_core::dot::{Ast, Name, NodeStatement, StatementKind};
use attractor_core::lint::{RuleInfo, RulePolicy};
use attractor_core::{
    Diagnostic, Edit, Graph, LintRule, Severity, Span, Validator, lint, transform, validate,
    validate_or_error,
};

/// Everything that is found in a source, from its text to its graph.
fn check(source: &str) -> Vec<Diagnostic> {
    let (mut graph, mut diagnostics) = match Graph::parse(source) {
        Ok(read) => read,
        Err(errors) => return errors.diagnostics(),
    };
    for step in transform::built_in() {
        graph = step.apply(graph, &mut diagnostics);
    }
    diagnostics.extend(validate(&graph, &[]));
    lint::sort_diagnostics(&mut diagnostics);
    diagnostics
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lint")
}

/// The two files of a rule.
fn fixtures(rule: &str) -> [String; 2] {
    ["good.dot", "bad.dot"].map(|name| {
        let path = root().join(rule).join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    })
}

/// The rules that a file can break; a tree that a program made and an engine without handlers can
/// break others.
fn rules() -> impl Iterator<Item = &'static RuleInfo> {
    let others = ["handler_registered", "node_id"];
    let rules = lint::rules().iter();
    rules.filter(move |rule| !others.contains(&rule.name))
}

#[test]
fn every_rule_has_its_fixtures_and_no_fixture_is_without_a_rule() {
    let entries = std::fs::read_dir(root()).unwrap();
    let mut found: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let known: Vec<&str> = rules().map(|rule| rule.name).collect();
    assert_eq!(found, known);
}

#[test]
fn every_rule_is_silent_on_good_and_heard_on_bad() {
    for rule in rules() {
        let [good, bad] = fixtures(rule.name);
        let found = check(&good);
        assert!(found.is_empty(), "{}: {found:?}", rule.name);
        let found = check(&bad);
        let own = found.iter().filter(|found| found.rule == rule.name);
        let worst = own.map(|found| found.severity).min();
        assert_eq!(worst, Some(rule.severity), "{}: {found:?}", rule.name);
        insta::assert_snapshot!(
            format!("bad_{}", rule.name),
            lint::render_plain(&found, "bad.dot", &bad)
        );
    }
}

#[test]
fn a_fix_that_can_be_pasted_in_mends_what_it_is_for() {
    let mut mended = Vec::new();
    for rule in rules() {
        let [_, mut source] = fixtures(rule.name);
        // One at a time: a fix moves what comes after it.
        for _ in 0..100 {
            let found = check(&source);
            let fixable = found
                .iter()
                .filter(|found| found.rule == rule.name)
                .find_map(|found| paste(&source, found));
            let Some(text) = fixable else { break };
            let count = |found: &[Diagnostic]| {
                let own = found.iter().filter(|found| found.rule == rule.name);
                own.count()
            };
            let after = check(&text);
            let readable =
                rule.name == "syntax" || after.iter().all(|found| found.rule != "syntax");
            assert!(
                readable && count(&after) < count(&found),
                "{}: {after:?}\n{text}",
                rule.name
            );
            source = text;
            mended.push(rule.name);
        }
    }
    mended.dedup();
    assert_eq!(
        mended,
        [
            "attribute_separator",
            "attribute_type",
            "attribute_unknown",
            "child_dotfile_present",
            "condition_syntax",
            "edge_target_exists",
            "fidelity_valid",
            "join_policy_known",
            "merge_known",
            "prompt_on_llm_nodes",
            "retry_target_exists",
            "start_node",
            "stylesheet_syntax",
            "syntax",
            "tool_command_present",
            "type_known",
        ]
    );
}

#[test]
fn a_missing_start_and_a_missing_exit_are_put_in_with_their_edges() {
    let source = "digraph g {\n    a [label=a]\n    b [label=b]\n    a -> b\n}\n";
    let fixed = lint::apply_edits(source, check(source).iter().flat_map(|found| &found.edits));
    assert!(check(&fixed).is_empty(), "{fixed}");
    insta::assert_snapshot!(fixed, @r"
    digraph g {
        start [shape=Mdiamond]; start -> a
        a [label=a]
        b [label=b]
        a -> b
        exit [shape=Msquare]; b -> exit
    }
    ");
}

/// The source after the fix: by its edits, or else by what its text shows to write.
fn paste(source: &str, found: &Diagnostic) -> Option<String> {
    if !found.edits.is_empty() {
        return Some(lint::apply_edits(source, &found.edits));
    }
    let shown = found.fix.as_deref()?.split('`').nth(1)?;
    if let (Some((_, value)), "attribute_type") = (shown.split_once('='), found.rule.as_str()) {
        return Some(lint::apply_edits(source, &[Edit::new(found.span?, value)]));
    }
    let end = source.rfind('}')?;
    let statement = match (&found.node, shown.contains('[')) {
        (_, true) => shown.to_owned(),
        (Some(node), false) if shown.contains("=\"") => format!("{node} [{shown}]"),
        _ => return None,
    };
    Some(format!(
        "{}    {statement}\n{}",
        &source[..end],
        &source[end..]
    ))
}

#[test]
fn a_policy_denies_allows_and_is_strict() {
    let [_, source] = fixtures("dead_end");
    let severity = |policy: RulePolicy| {
        let found = policy.apply(check(&source)).into_iter();
        let mut found = found.filter(|found| found.rule == "dead_end");
        found.next().map(|found| found.severity)
    };
    assert_eq!(severity(RulePolicy::new()), Some(Severity::Warning));
    for policy in [
        RulePolicy::new().strict(true),
        RulePolicy::new().deny("dead_end"),
        RulePolicy::new().deny_warnings(true),
    ] {
        assert_eq!(severity(policy), Some(Severity::Error));
    }
    assert_eq!(
        severity(RulePolicy::new().strict(true).allow("dead_end")),
        None
    );
    let [_, source] = fixtures("start_node");
    let found = RulePolicy::new().allow("start_node").apply(check(&source));
    assert!(found.iter().any(|found| found.rule == "start_node"));
}

#[test]
fn an_id_that_is_none_is_reported_in_a_tree_that_a_program_made() {
    let node = StatementKind::Node(NodeStatement {
        id: Name::new("not an id"),
        block: None,
    });
    let mut ast = Ast::default();
    ast.body.statements.push(node.into());
    let (_, found) = Graph::lower(&ast);
    assert_eq!(found[0].rule, "node_id");
}

#[test]
fn edits_that_meet_do_not_garble_the_text() {
    let edit = |start, end, text: &str| Edit::new(Span::new(start, end), text);
    let edits = [
        edit(2, 4, "X"),
        edit(3, 5, "Y"),
        edit(0, 0, ">"),
        edit(0, 0, ">"),
        edit(6, 90, "Z"),
    ];
    assert_eq!(lint::apply_edits("abcdef", &edits), ">abXef");
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
