//! Handlers, transforms and lint rules of other people, with the public interface only.

use std::sync::Arc;

use attractor_core::testing::Script;
use attractor_core::{
    Diagnostic, Engine, Error, Graph, Handler, LintRule, Outcome, Pipeline, RunOptions, RunReport,
    RunStatus, StageContext, Transform, async_trait,
};

use crate::support::{digraph, pipeline, scripted};

/// Answers with the value of the node's `x_answer`.
#[derive(Debug)]
struct Answer;

#[async_trait]
impl Handler for Answer {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let answer = stage
            .node()
            .attr("x_answer")
            .and_then(|value| value.as_str());
        Ok(Outcome::success().with_update("answer", answer.unwrap_or_default()))
    }
}

/// Appends a word to every prompt.
#[derive(Debug)]
struct Append(&'static str);

impl Transform for Append {
    fn name(&self) -> &str {
        "append"
    }

    fn apply(&self, mut graph: Graph, _: &mut Vec<Diagnostic>) -> Graph {
        for node in graph.nodes_mut().filter(|node| !node.prompt.is_empty()) {
            node.prompt = format!("{} {}", node.prompt, self.0);
        }
        graph
    }
}

/// Refuses nodes without a label of their own.
#[derive(Debug)]
struct Labelled;

impl LintRule for Labelled {
    fn name(&self) -> &str {
        "labelled"
    }

    fn apply(&self, graph: &Graph, found: &mut Vec<Diagnostic>) {
        let bare = graph
            .nodes()
            .iter()
            .filter(|node| node.attr_span("label").is_none() && !node.prompt.is_empty());
        found.extend(bare.map(|node| Diagnostic::error(self.name(), "no label").at_node(node)));
    }
}

async fn execute(engine: &Engine, pipeline: &Pipeline) -> RunReport {
    let run = engine
        .start(pipeline, RunOptions::in_memory())
        .await
        .unwrap();
    run.execute().await.unwrap()
}

#[tokio::test]
async fn a_custom_handler_executes_the_nodes_of_its_type() {
    let engine = Engine::builder()
        .handler("answer", Arc::new(Answer))
        .build();
    let pipeline = pipeline(
        &engine,
        "ask [type=answer, x_answer=\"42\"] check [shape=diamond]
         wrong [type=answer]
         start -> ask -> check
         check -> exit [condition=\"context.answer=42\"]
         check -> wrong [condition=\"context.answer!=42\"]
         wrong -> exit",
    );
    let report = execute(&engine, &pipeline).await;
    assert_eq!(report.status, RunStatus::Success);
    assert_eq!(report.completed_nodes, ["start", "ask", "check", "exit"]);
}

#[tokio::test]
async fn a_handler_registered_later_takes_the_place_of_the_built_in_one() {
    let engine = Engine::builder()
        .handler("codergen", Arc::new(Answer))
        .build();
    let pipeline = pipeline(&engine, "a [prompt=p, x_answer=mine] start -> a -> exit");
    assert_eq!(
        execute(&engine, &pipeline)
            .await
            .context
            .get_string("answer"),
        "mine"
    );
}

#[test]
fn custom_transforms_come_after_the_built_in_ones_in_the_order_of_registration() {
    let (builder, _) = scripted(Script::new());
    let engine = builder
        .transform(Arc::new(Append("first")))
        .transform(Arc::new(Append("second")))
        .build();
    let pipeline = pipeline(
        &engine,
        "goal=\"ship\" a [prompt=\"$goal\"] start -> a -> exit",
    );
    assert_eq!(
        pipeline.graph().node("a").unwrap().prompt,
        "ship first second"
    );
}

#[test]
fn what_a_transform_adds_is_validated() {
    #[derive(Debug)]
    struct Orphan;
    impl Transform for Orphan {
        fn name(&self) -> &str {
            "orphan"
        }
        fn apply(&self, mut graph: Graph, _: &mut Vec<Diagnostic>) -> Graph {
            let node = attractor_core::Node::new(attractor_core::NodeId::new("orphan").unwrap());
            graph.add_node(node).unwrap();
            graph
        }
    }
    let (builder, _) = scripted(Script::new());
    let engine = builder.transform(Arc::new(Orphan)).build();
    let error = engine.prepare(&digraph("start -> exit")).unwrap_err();
    assert!(
        error.errors().any(|found| found.rule == "reachability"),
        "{error}"
    );
}

#[test]
fn a_custom_rule_can_refuse_a_pipeline() {
    let (builder, _) = scripted(Script::new());
    let engine = builder.lint_rule(Arc::new(Labelled)).build();
    let error = engine
        .prepare(&digraph("a [prompt=p] start -> a -> exit"))
        .unwrap_err();
    assert_eq!(
        error
            .errors()
            .map(|found| found.rule.as_str())
            .collect::<Vec<_>>(),
        ["labelled"]
    );
    let labelled = digraph("a [prompt=p, label=A] start -> a -> exit");
    assert!(engine.prepare(&labelled).is_ok());
}

/// The nodes a scripted run completes.
async fn walk(statements: &str) -> Vec<String> {
    let (builder, _) = scripted(Script::new());
    let engine = builder.build();
    let report = execute(&engine, &pipeline(&engine, statements)).await;
    report
        .completed_nodes
        .iter()
        .map(ToString::to_string)
        .collect()
}

const TARGETS: &str = "a [prompt=p] b [prompt=p] c [prompt=p] b -> exit; c -> exit; start -> a;";

#[tokio::test]
async fn a_condition_that_holds_beats_any_weight() {
    let edges = "a -> b [weight=100]; a -> c [condition=\"outcome=success\"]";
    assert_eq!(
        walk(&format!("{TARGETS} {edges}")).await,
        ["start", "a", "c", "exit"]
    );
}

#[tokio::test]
async fn among_unconditional_edges_the_heavier_one_is_taken() {
    let edges = "a -> b [weight=1]; a -> c [weight=2]";
    assert_eq!(
        walk(&format!("{TARGETS} {edges}")).await,
        ["start", "a", "c", "exit"]
    );
}

#[tokio::test]
async fn among_equal_weights_the_first_target_in_the_alphabet_is_taken() {
    let edges = "a -> c; a -> b";
    assert_eq!(
        walk(&format!("{TARGETS} {edges}")).await,
        ["start", "a", "b", "exit"]
    );
}

#[tokio::test]
async fn a_pipeline_of_more_than_ten_nodes_completes() {
    let names: Vec<String> = (1..=12).map(|number| format!("n{number:02}")).collect();
    let nodes: String = names
        .iter()
        .map(|name| format!("{name} [prompt=p]; "))
        .collect();
    let completed = walk(&format!("{nodes} start -> {} -> exit", names.join(" -> "))).await;
    assert_eq!(completed.len(), 14);
    assert_eq!(completed[1..13], names);
}

/// Does nothing, and says so.
#[derive(Debug)]
struct Nothing;

#[attractor_core::async_trait]
impl attractor_core::Handler for Nothing {
    async fn execute(
        &self,
        stage: &attractor_core::StageContext,
    ) -> Result<attractor_core::Outcome, attractor_core::Error> {
        assert_eq!(stage.stage_dir(), None);
        Ok(attractor_core::Outcome::success())
    }

    fn keeps_files(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn a_handler_that_keeps_no_files_has_no_directory() {
    let root = tempfile::tempdir().unwrap();
    let engine = attractor_core::Engine::builder()
        .handler("nothing", std::sync::Arc::new(Nothing))
        .build();
    let pipeline = crate::support::pipeline(&engine, "n [type=nothing]\n start -> n -> exit");
    let options = attractor_core::RunOptions::new(root.path());
    let run = engine.start(&pipeline, options).await.unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(report.status, attractor_core::RunStatus::Success);
    assert!(!root.path().join("n").exists());
}
