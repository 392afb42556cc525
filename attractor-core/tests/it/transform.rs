//! The built-in transforms, in their order.

use std::sync::Arc;

use attractor_core::transform::{
    DialectTransform, StylesheetTransform, Transform, VariableTransform,
};
use attractor_core::{Diagnostic, Graph, Severity, transform};

fn apply(transforms: &[Arc<dyn Transform>], body: &str) -> (Graph, Vec<Diagnostic>) {
    let (mut graph, mut diagnostics) = Graph::parse(&format!("digraph g {{ {body} }}")).unwrap();
    for transform in transforms {
        graph = transform.apply(graph, &mut diagnostics);
    }
    (graph, diagnostics)
}

fn one(transform: impl Transform, body: &str) -> (Graph, Vec<Diagnostic>) {
    apply(&[Arc::new(transform)], body)
}

#[test]
fn the_goal_replaces_its_variable_in_prompts_only() {
    let body = "goal=\"win $goal\" a [prompt=\"$goal! $goal $other\", label=\"$goal\", tool_command=\"echo $goal\"] b";
    let (graph, _) = one(VariableTransform::default(), body);
    let node = graph.node("a").unwrap();
    assert_eq!(node.prompt, "win $goal! win $goal $other");
    assert_eq!(
        (node.label.as_str(), node.tool_command.as_deref()),
        ("$goal", Some("echo $goal"))
    );
}

#[test]
fn context_variables_are_replaced_in_one_pass() {
    let lookup = |key: &str| (key == "a.b").then(|| "$context.c".to_owned());
    for (text, expected) in [
        ("no variable", "no variable"),
        ("x $context.a.b y", "x $context.c y"),
        (
            "end of sentence $context.a.b. Next",
            "end of sentence $context.c. Next",
        ),
        ("missing [$context.none]", "missing []"),
        ("bare $context. only", "bare $context. only"),
    ] {
        assert_eq!(transform::expand_context(text, lookup), expected);
    }
    assert_eq!(transform::expand_goal("do $goal", "it"), "do it");
}

#[test]
fn the_stylesheet_fills_in_what_is_not_written_on_the_node() {
    let body = "model_stylesheet=\"* { llm_model: sheet; llm_provider: sheet }\" \
                llm_model=graph reasoning_effort=low \
                node [llm_provider=inherited] a b [llm_model=own, llm_provider=own]";
    let (graph, _) = one(StylesheetTransform::default(), body);
    let values = |id: &str| {
        let node = graph.node(id).unwrap();
        [&node.llm_model, &node.llm_provider, &node.reasoning_effort]
            .map(|v| v.clone().unwrap())
            .join(" ")
    };
    assert_eq!(values("a"), "sheet sheet low");
    assert_eq!(values("b"), "own own low");
}

#[test]
fn the_example_of_the_specification_gives_the_models_it_says() {
    let source = super::dot::fixtures("dot/ok")
        .into_iter()
        .find(|(name, _)| name == "model_stylesheet");
    let (graph, mut diagnostics) = Graph::parse(&source.unwrap().1).unwrap();
    let graph = StylesheetTransform::default().apply(graph, &mut diagnostics);
    let model = |id: &str| graph.node(id).unwrap().llm_model.clone().unwrap();
    assert_eq!(model("plan"), "claude-sonnet-4-5");
    assert_eq!(model("implement"), "claude-opus-4-6");
    assert_eq!(model("critical_review"), "gpt-5.2");
    assert_eq!(
        graph
            .node("critical_review")
            .unwrap()
            .reasoning_effort
            .as_deref(),
        Some("high")
    );
}

#[test]
fn other_spellings_are_read_and_each_place_reported_once() {
    let body = "default_max_retry=3 node [model=m] \
                a [llm_prompt=p, node_type=tool, script=\"make\", provider=x] b [llm_model=own] \
                a -> b [condition=\"outcome=succeeded && x!=failed || outcome!=failed\"]";
    let (graph, diagnostics) = one(DialectTransform::default(), body);
    let node = graph.node("a").unwrap();
    assert_eq!(graph.attrs().default_max_retries, Some(3));
    assert_eq!((node.prompt.as_str(), node.resolved_type()), ("p", "tool"));
    assert_eq!(node.tool_command.as_deref(), Some("make"));
    assert_eq!(
        (node.llm_model.as_deref(), node.llm_provider.as_deref()),
        (Some("m"), Some("x"))
    );
    assert_eq!(graph.node("b").unwrap().llm_model.as_deref(), Some("own"));
    let condition = graph.edges()[0].condition.as_ref().unwrap().source();
    assert_eq!(condition, "outcome=success && x!=failed || outcome!=fail");
    assert!(
        diagnostics
            .iter()
            .all(|found| found.rule == "dialect" && found.severity == Severity::Info)
    );
    assert_eq!(diagnostics.len(), 7);
}

#[test]
fn a_spelling_beside_the_real_word_is_ignored_and_said_so() {
    let (graph, diagnostics) = one(
        DialectTransform::default(),
        "a [prompt=real, llm_prompt=other]",
    );
    assert_eq!(graph.node("a").unwrap().prompt, "real");
    assert!(
        diagnostics[0].message.contains("is ignored"),
        "{diagnostics:?}"
    );
}

#[test]
fn a_spelling_is_checked_for_its_type() {
    let (_, diagnostics) = one(DialectTransform::default(), "default_max_retry=many");
    assert_eq!(
        (diagnostics[0].rule.as_str(), diagnostics[0].severity),
        ("attribute_type", Severity::Error)
    );
}

#[test]
fn a_model_in_another_spelling_beats_the_stylesheet_when_it_is_on_the_node() {
    let body = "model_stylesheet=\"* { llm_model: sheet }\" node [model=inherited] a b [model=own]";
    let (graph, _) = apply(&transform::built_in(), body);
    assert_eq!(graph.node("a").unwrap().llm_model.as_deref(), Some("sheet"));
    assert_eq!(graph.node("b").unwrap().llm_model.as_deref(), Some("own"));
}

#[test]
fn a_migrated_file_keeps_all_but_its_spellings() {
    let source = "digraph g { // the models
  default_max_retry = 2;   model=large
  node [ provider = \"anthropic\" ] # not a comment here
  a [llm_prompt=\"Say \\\"hi\\\"\", /* how */ command=\"make\"]
  subgraph { node_type=x b [node_type=\"tool\" script=\"make test\"] }
  a -> b [condition=\"outcome=succeeded && context.x=\\\"a b\\\"\"]
}
";
    let source = source.replace(" # not a comment here", "");
    let migration = transform::migrate(&source).unwrap();
    insta::assert_snapshot!(migration.text, @r#"
    digraph g { // the models
      default_max_retries = 2;   llm_model=large
      node [ llm_provider = "anthropic" ]
      a [prompt="Say \"hi\"", /* how */ tool_command="make"]
      subgraph { node_type=x b [type="tool" tool_command="make test"] }
      a -> b [condition="outcome=success && context.x=\"a b\""]
    }
    "#);
    assert_eq!(migration.notes.len(), 8);
    let again = transform::migrate(&migration.text).unwrap();
    assert_eq!((again.text, again.notes), (migration.text, Vec::new()));
}

#[test]
fn a_spelling_that_is_ignored_stays_and_one_whose_place_counts_is_refused() {
    let source = "digraph g { a [model=x, llm_model=y, script=s, command=c] }";
    let migration = transform::migrate(source).unwrap();
    assert_eq!(
        migration.text,
        "digraph g { a [model=x, llm_model=y, script=s, tool_command=c] }"
    );
    let source = "digraph g { a [llm_model=y]; a [model=x] }";
    let found = transform::migrate(source).unwrap_err();
    assert!(found[0].message.contains("node `a`"), "{}", found[0]);
    assert!(transform::migrate("digraph g {").is_err());
}
