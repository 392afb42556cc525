//! How much of its history a run tells a stage.

use attractor_core::fidelity::{preamble, resolve_fidelity, resolve_thread};
use attractor_core::run::History;
use attractor_core::testing::{Script, ScriptedAttempt};
use attractor_core::{Context, Fidelity, Outcome, RunOptions, StageContext};

use crate::support::{pipeline, scripted, stage};

/// A stage late in a long run.
fn late() -> StageContext {
    let mut statements = String::from("graph [goal=\"Ship it\"]\n work [prompt=W]\n start -> work");
    let mut history = History::default();
    let mut context = Context::new();
    for number in 0..500 {
        statements.push_str(&format!(
            "\n n{number} [prompt=N]\n work -> n{number} -> exit"
        ));
        let notes = format!("note {number} {}", "word ".repeat(100));
        let outcome = Outcome::success().with_notes(notes.as_str());
        history = history.with_completed(format!("n{number}").parse().unwrap(), Some(outcome));
        context.set(format!("key_{number}"), "value ".repeat(200));
        context.append_log(notes);
    }
    context.set("internal.secret", "bookkeeping");
    stage(&statements, "work")
        .with_history(history)
        .with_context(context)
}

#[test]
fn each_mode_stays_within_its_budget_and_keeps_the_newest() {
    let stage = late();
    let budgets = [
        (Fidelity::Full, 0),
        (Fidelity::Truncate, 50),
        (Fidelity::Compact, 2_000),
        (Fidelity::SummaryLow, 600),
        (Fidelity::SummaryMedium, 1_500),
        (Fidelity::SummaryHigh, 3_000),
    ];
    for (mode, tokens) in budgets {
        let text = preamble(mode, &stage);
        assert!(
            text.chars().count() <= tokens * 4,
            "{mode}: {}",
            text.chars().count()
        );
        assert!(!text.contains("bookkeeping"), "{mode}");
        let summarizes = !matches!(mode, Fidelity::Full | Fidelity::Truncate);
        assert_eq!(
            text.contains("- n499: success"),
            summarizes,
            "{mode}: {text}"
        );
        assert!(!text.contains("- n0: "), "{mode}");
    }
}

#[test]
fn a_short_history_is_told_in_full() {
    let outcome = Outcome::fail("2 tests fail");
    let mut context = Context::new();
    context.set("tests", 12);
    context.set("outcome", "fail");
    let statements =
        "graph [goal=G]\n test [prompt=T]\n fix [prompt=F]\n start -> test -> fix -> exit";
    let stage = stage(statements, "fix")
        .with_context(context)
        .with_history(History::default().with_completed("test".parse().unwrap(), Some(outcome)));
    let expected = "Goal: G\nRun: run\n\nCompleted stages:\n- test: fail (2 tests fail)\n\nContext:\n- tests: 12";
    assert_eq!(preamble(Fidelity::Compact, &stage), expected);
}

#[test]
fn the_edge_beats_the_node_and_the_node_beats_the_graph() {
    let case = |graph: &str, node: &str, edge: &str| {
        let statements = format!(
            "graph [{graph}]\n work [prompt=W {node}]\n start -> work [label=\"l\" {edge}]\n work -> exit"
        );
        let stage =
            stage(&statements, "work").with_arrival(Some("start".parse().unwrap()), Some(0));
        (resolve_fidelity(&stage), resolve_thread(&stage))
    };
    let (graph, node, edge) = (
        "default_fidelity=full",
        ", fidelity=truncate",
        ", fidelity=\"summary:low\"",
    );
    assert_eq!(case("goal=G", "", "").0, Fidelity::Compact);
    assert_eq!(case(graph, "", "").0, Fidelity::Full);
    assert_eq!(case(graph, node, "").0, Fidelity::Truncate);
    assert_eq!(case(graph, node, edge).0, Fidelity::SummaryLow);
    assert_eq!(case(graph, ", fidelity=nonsense", "").0, Fidelity::Full);

    assert_eq!(case("goal=G", "", "").1, "start");
    assert_eq!(case("thread_id=g", "", "").1, "g");
    assert_eq!(case("thread_id=g", "", ", thread_id=e").1, "e");
    assert_eq!(case("thread_id=g", ", thread_id=n", ", thread_id=e").1, "n");
}

#[tokio::test]
async fn a_stage_gets_its_mode_and_its_session() {
    let answer = ScriptedAttempt::from(Outcome::success()).answering("planned");
    let (builder, backend) = scripted(Script::new().node("plan", [answer]));
    let engine = builder.build();
    let pipeline = pipeline(
        &engine,
        "graph [goal=G, thread_id=main]\n plan [prompt=Plan, fidelity=full]\n code [prompt=Code, fidelity=truncate]\n start -> plan -> code -> exit",
    );
    let options = RunOptions::in_memory().run_id("r");
    engine
        .start(&pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap();
    assert_eq!(
        backend.prompts(),
        ["[full main] Plan", "[truncate -] Goal: G\nRun: r\n\nCode"]
    );
}
