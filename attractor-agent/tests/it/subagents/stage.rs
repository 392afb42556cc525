//! Subagents of a pipeline's stage: within the run's budget, and gone with the stage.

use attractor_core::{ProgressSink, StageProgress};
use attractor_llm::testing::{Script, Turn as Say};

use super::{child, end::processes, shell, spawn, wait};
use crate::pipeline::{Factory, reports, run, stage};

fn review() -> attractor_core::StageContext {
    stage(attractor_core::Node::new("review".parse().unwrap()))
}

#[tokio::test]
async fn what_a_subagent_uses_is_reported_by_its_stage() {
    let script = Script::new()
        .turn(child("look", shell("echo seen").usage(700, 7)))
        .turn(child("look", Say::text("Looked.").usage(800, 8)))
        .turn(spawn("look"))
        .turn(wait("agent-1"))
        .turn(Say::text("Done."));
    let factory = Factory::new(script).await;
    let (sink, mut receiver) = ProgressSink::channel();
    run(&factory.backend(), &review().with_progress(sink)).await;
    let reports = reports(&mut receiver);
    let of_subagent = |report: &&StageProgress| match report {
        StageProgress::ModelResponse { input_tokens, .. } => [700, 800].contains(input_tokens),
        StageProgress::ToolCallCompleted { call_id, .. } => call_id.starts_with("agent-1/"),
        StageProgress::Text { text } => text == "Looked.",
        _ => false,
    };
    let names: Vec<_> = reports
        .iter()
        .filter(of_subagent)
        .map(StageProgress::name)
        .collect();
    assert_eq!(
        names,
        ["model_response", "tool_call_completed", "model_response"]
    );
    let systems = factory
        .server
        .requests()
        .into_iter()
        .map(|request| request.body["system"].to_string());
    let of_child: Vec<_> = systems
        .filter(|text| text.contains("You are a subagent"))
        .collect();
    assert_eq!(of_child.len(), 2);
    assert!(
        !of_child[0].contains("report_outcome"),
        "only the stage's own agent reports"
    );
}

#[tokio::test]
async fn the_end_of_a_stage_ends_its_subagents() {
    let script = Script::new()
        .turn(child("last", shell("touch begun; sleep 300")))
        .turn(spawn("last"))
        .turn(shell("until [ -e begun ]; do :; done"))
        .turn(Say::text("I don't wait for it."));
    let factory = Factory::new(script).await;
    run(&factory.backend(), &review()).await;
    assert_eq!(processes(factory.workspace.path()), Vec::<String>::new());
}
