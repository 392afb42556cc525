//! Sub-pipelines: what goes in, what comes out, what is found before they run.

use std::path::Path;
use std::sync::Arc;

use attractor_core::testing::{Act, Script, ScriptedAttempt, event_log};
use attractor_core::{
    Answer, BudgetLimits, CallbackInterviewer, ChildUpdate, Engine, EngineBuilder, Outcome,
    Pipeline, RunDirectory, RunEvent, RunOptions, RunReport, RunStatus, RunUpdate, StageProgress,
};
use futures::StreamExt as _;
use tempfile::TempDir;

use crate::support::{digraph, files, scripted};

/// Pipelines in files of a directory, the outermost in `main.dot`.
#[derive(Debug)]
pub(crate) struct Files(TempDir);

impl Files {
    /// Files with the statements of graphs.
    pub(crate) fn new(graphs: &[(&str, &str)]) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        for (name, statements) in graphs {
            std::fs::write(files.path().join(name), digraph(statements)).unwrap();
        }
        files
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn source(&self) -> String {
        std::fs::read_to_string(self.path().join("main.dot")).unwrap()
    }

    pub(crate) fn prepare(&self, engine: &Engine) -> Pipeline {
        let prepared = engine.prepare_at(&self.source(), self.path().join("main.dot"));
        prepared.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What keeps the outermost pipeline from running.
    pub(crate) fn refused(&self) -> String {
        let engine = Engine::builder().build();
        let prepared = engine.prepare_at(&self.source(), self.path().join("main.dot"));
        prepared.unwrap_err().to_string()
    }

    /// The run directory.
    pub(crate) fn run(&self) -> std::path::PathBuf {
        self.path().join("run")
    }

    pub(crate) async fn execute(&self, builder: EngineBuilder) -> RunReport {
        let engine = builder.build();
        let options = RunOptions::new(self.run()).run_id("run").seed(7);
        let run = engine.start(&self.prepare(&engine), options).await.unwrap();
        run.execute().await.unwrap()
    }

    /// The events of a run below the run directory.
    pub(crate) fn log(&self, place: &str) -> String {
        let directory = RunDirectory::open(self.run().join(place)).unwrap();
        event_log(&directory.entries().unwrap())
    }
}

/// A pipeline with a child that gets a key and gives one back.
pub(crate) const PARENT: &str = r#"
    graph [goal="Ship it"]
    plan [prompt=Plan]
    part [type="stack.sub_pipeline", stack.child_dotfile="child.dot",
          stack.child_inputs="task=context.ticket", stack.child_outputs="summary=result"]
    after [prompt=After]
    start -> plan -> part -> after -> exit"#;

pub(crate) const CHILD: &str = r#"
    build [prompt="Build for $goal"]
    test [prompt=Test]
    start -> build -> test -> exit"#;

pub(crate) fn script() -> Script {
    let answer = |cost| {
        ScriptedAttempt::from(Outcome::success()).reporting(StageProgress::ModelResponse {
            provider: "p".to_owned(),
            model: "m".to_owned(),
            input_tokens: 100,
            output_tokens: 10,
            reasoning_tokens: None,
            cache_read_tokens: None,
            cache_write_tokens: None,
            cost_micro_usd: Some(cost),
        })
    };
    Script::new()
        .node("plan", [Outcome::success().with_update("ticket", 42)])
        .node("build", [answer(1_000)])
        .node(
            "test",
            [Outcome::success().with_update("result", "all green")],
        )
        .node("after", [answer(500)])
}

#[tokio::test(start_paused = true)]
async fn a_sub_pipeline_is_a_run_with_its_own_context_and_mapped_keys() {
    let files = Files::new(&[("main.dot", PARENT), ("child.dot", CHILD)]);
    let (builder, backend) = scripted(script());
    let report = files.execute(builder).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    let context = &report.context;
    assert_eq!(context.get_string("summary"), "all green");
    assert_eq!(context.get_string("stack.child.status"), "completed");
    assert_eq!(
        context.lookup("context.stack.child.outcome").as_deref(),
        Some("success")
    );
    assert_eq!(context.get("result"), None, "the child's keys are its own");
    // The goal of a child that has none is its parent's.
    assert!(
        backend.prompts()[1].ends_with("Build for Ship it"),
        "{:?}",
        backend.prompts()
    );
    assert_eq!(
        report.usage.cost_micro_usd, 1_500,
        "the child's cost is counted"
    );
    insta::assert_snapshot!("sub_pipeline_parent", files.log(""));
    insta::assert_snapshot!("sub_pipeline_child", files.log("part/child"));
}

#[tokio::test(start_paused = true)]
async fn a_sub_pipeline_fails_with_its_child_and_is_retried_with_a_new_one() {
    let parent = PARENT.replace("[type=", "[max_retries=1, type=");
    let files_ = Files::new(&[("main.dot", &parent), ("child.dot", CHILD)]);
    let (builder, _) = scripted(Script::new().node("test", [Outcome::fail("red")]));
    let report = files_.execute(builder).await;
    assert_eq!(report.status, RunStatus::Fail);
    assert_eq!(
        report.reason.as_deref(),
        Some("stage part failed: child pipeline failed: stage test failed: red")
    );
    let names: Vec<_> = files(&files_.run()).into_keys().collect();
    for attempt in [
        "part/child/manifest.json",
        "part/attempt-1/child/manifest.json",
    ] {
        assert!(names.iter().any(|name| name == attempt), "{names:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_of_the_parent_sees_what_happens_in_a_child_of_a_child() {
    let middle = r#"inner [type="stack.sub_pipeline", stack.child_dotfile="leaf.dot"]
        start -> inner -> exit"#;
    let outer = r#"outer [type="stack.sub_pipeline", stack.child_dotfile="middle.dot"]
        start -> outer -> exit"#;
    let leaf = "work [prompt=Work]\n start -> work -> exit";
    let files = Files::new(&[
        ("main.dot", outer),
        ("middle.dot", middle),
        ("leaf.dot", leaf),
    ]);
    let (builder, _) = scripted(Script::new());
    let engine = builder.build();
    let run = engine
        .start(
            &files.prepare(&engine),
            RunOptions::in_memory().run_id("run"),
        )
        .await
        .unwrap();
    let updates = run.handle().events();
    run.execute().await.unwrap();
    let updates: Vec<_> = updates.collect().await;
    let seen: Vec<String> = updates.iter().filter_map(stage_of_the_leaf).collect();
    assert_eq!(
        seen,
        [
            "run.outer.1.inner.1: start",
            "run.outer.1.inner.1: work",
            "run.outer.1.inner.1: exit"
        ]
    );
}

/// Whether a child run of the watched run begins to execute a node.
pub(crate) fn begins_in_child(update: &RunUpdate, wanted: &str) -> bool {
    let RunUpdate::Live { progress, .. } = update else {
        return false;
    };
    let StageProgress::Child { update, .. } = &**progress else {
        return false;
    };
    let ChildUpdate::Entry(entry) = &**update else {
        return false;
    };
    matches!(&entry.event, RunEvent::StageStarted { node, .. } if node.as_str() == wanted)
}

fn stage_of_the_leaf(update: &RunUpdate) -> Option<String> {
    let RunUpdate::Live { progress, .. } = update else {
        return None;
    };
    let StageProgress::Child { update, .. } = &**progress else {
        return None;
    };
    let ChildUpdate::Live { progress, .. } = &**update else {
        return None;
    };
    let StageProgress::Child { run_id, update } = progress else {
        return None;
    };
    match &**update {
        ChildUpdate::Entry(entry) => match &entry.event {
            RunEvent::StageStarted { node, .. } => Some(format!("{run_id}: {node}")),
            _ => None,
        },
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn questions_of_a_child_reach_the_parents_people_with_the_stage_named() {
    let child = "gate [shape=hexagon]\n start -> gate\n gate -> exit [label=Go]";
    let parent = r#"part [type="stack.sub_pipeline", stack.child_dotfile="child.dot"]
        start -> part -> exit"#;
    let files = Files::new(&[("main.dot", parent), ("child.dot", child)]);
    let (builder, _) = scripted(Script::new());
    let interviewer = CallbackInterviewer::new(|question| async move {
        assert_eq!(question.stage, "part/gate");
        Ok(Answer::option(&question.options[0]))
    });
    let report = files
        .execute(builder.interviewer(Arc::new(interviewer)))
        .await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    let log = files.log("");
    assert!(log.contains("interview_started node=part"), "{log}");
    assert!(log.contains("interview_completed"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_parent_leaves_no_child_running() {
    let files = Files::new(&[("main.dot", PARENT), ("child.dot", CHILD)]);
    let script = Script::new().node(
        "test",
        [ScriptedAttempt::from(Outcome::success()).act(Act::Never)],
    );
    let (builder, _) = scripted(script);
    let engine = builder.build();
    let options = RunOptions::new(files.run()).run_id("run");
    let run = engine
        .start(&files.prepare(&engine), options)
        .await
        .unwrap();
    let handle = run.handle();
    let mut updates = handle.events();
    let stop = async {
        while let Some(update) = updates.next().await {
            if begins_in_child(&update, "test") {
                handle.cancel();
                return;
            }
        }
    };
    let (report, ()) = tokio::join!(run.execute(), stop);
    assert_eq!(report.unwrap().status, RunStatus::Cancelled);
    let log = files.log("part/child");
    assert!(log.ends_with("run_interrupted reason=cancelled\n"), "{log}");
    // The lock is free: nothing of the child is left.
    RunDirectory::open_locked(files.run().join("part/child")).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_budget_of_the_parent_binds_the_child() {
    let files = Files::new(&[("main.dot", PARENT), ("child.dot", CHILD)]);
    let (builder, backend) = scripted(script());
    let engine = builder.build();
    let options = RunOptions::new(files.run())
        .run_id("run")
        .limits(BudgetLimits::new().with_max_cost_micro_usd(900));
    let run = engine
        .start(&files.prepare(&engine), options)
        .await
        .unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(report.usage.cost_micro_usd, 1_000);
    assert_eq!(report.status, RunStatus::Paused);
    assert!(
        !backend
            .executed()
            .iter()
            .any(|stage| stage.starts_with("test/")),
        "{:?}",
        backend.executed()
    );
}

#[test]
fn what_keeps_a_child_from_running_is_found_before_the_parent_runs() {
    let part = |attributes: &str| {
        format!(r#"part [type="stack.sub_pipeline", {attributes}] start -> part -> exit"#)
    };
    let refused = |attributes: &str, child: &str| {
        Files::new(&[("main.dot", &part(attributes)), ("child.dot", child)]).refused()
    };
    let named = r#"stack.child_dotfile="child.dot""#;
    let missing = refused(r#"stack.child_dotfile="none.dot""#, "");
    assert!(missing.contains("there is no file"), "{missing}");
    let invalid = refused(named, "a [prompt=A]\n start -> exit");
    assert!(invalid.contains("line 3: "), "{invalid}");
    assert!(invalid.contains("(reachability)"), "{invalid}");
    let text = refused(named, "a [");
    assert!(text.contains("can't run \"child.dot\": line "), "{text}");
    let none = refused("label=Part", "");
    assert!(none.contains("(child_dotfile_present)"), "{none}");
    let mapping = refused(
        &format!("{named}, stack.child_inputs=\"a b=c\""),
        "start -> exit",
    );
    assert!(mapping.contains("(child_mapping_syntax)"), "{mapping}");
}

#[test]
fn a_circle_is_named_and_the_depth_is_bounded() {
    let runs = |name: &str| {
        format!(
            r#"part [type="stack.sub_pipeline", stack.child_dotfile="{name}"] start -> part -> exit"#
        )
    };
    let circle = Files::new(&[
        ("main.dot", &runs("a.dot")),
        ("a.dot", &runs("sub/../b.dot")),
        ("b.dot", &runs("a.dot")),
    ]);
    let text = circle.refused();
    assert!(
        text.contains("a pipeline includes itself: a.dot -> b.dot -> a.dot"),
        "{text}"
    );
    let own = Files::new(&[("main.dot", &runs("main.dot"))]).refused();
    assert!(own.contains("main.dot -> main.dot"), "{own}");

    let graphs: Vec<(String, String)> = (0..9)
        .map(|level| (format!("{level}.dot"), runs(&format!("{}.dot", level + 1))))
        .chain([
            ("9.dot".to_owned(), "start -> exit".to_owned()),
            ("main.dot".to_owned(), runs("0.dot")),
        ])
        .collect();
    let graphs: Vec<_> = graphs
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let deep = Files::new(&graphs).refused();
    assert!(deep.contains("more than 8 deep"), "{deep}");
}

#[test]
fn a_text_without_a_place_names_no_files() {
    let engine = Engine::builder().build();
    let source = digraph(
        r#"part [type="stack.sub_pipeline", stack.child_dotfile="/etc/hostname"] start -> part -> exit"#,
    );
    let text = engine.prepare(&source).unwrap_err().to_string();
    assert!(
        text.contains("where this pipeline itself is isn't known"),
        "{text}"
    );
}

/// A part with a stylesheet, a gate and a retry target of its own.
const CHECKS: &str = r##"
    graph [default_max_retries=2, model_stylesheet="#lint { llm_model: small; }"]
    lint [prompt="Lint for $goal"]
    test [prompt=Test, goal_gate=true, retry_target=lint]
    start -> lint -> test -> exit"##;

#[tokio::test(start_paused = true)]
async fn a_merged_graph_is_walked_in_the_place_of_its_node() {
    let main = r#"graph [goal="the release"]
        checks [stack.merge_dotfile="checks.dot"]
        fix [prompt=Fix]
        start -> checks
        checks -> exit [condition="outcome=success"]
        checks -> fix [condition="outcome=fail"]
        fix -> exit"#;
    let files = Files::new(&[("main.dot", main), ("checks.dot", CHECKS)]);
    let (builder, backend) = scripted(Script::new());
    let engine = builder.build();
    let pipeline = files.prepare(&engine);
    let node = |id: &str| pipeline.graph().node(id).unwrap().clone();
    assert_eq!(node("checks_lint").llm_model.as_deref(), Some("small"));
    assert_eq!(node("checks_lint").max_retries, Some(2));
    assert_eq!(
        node("checks_test").retry_target.as_deref(),
        Some("checks_lint")
    );
    let report = files.execute(scripted(Script::new()).0).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    let walked: Vec<_> = report
        .completed_nodes
        .iter()
        .map(|id| id.as_str())
        .collect();
    assert_eq!(
        walked,
        [
            "start",
            "checks_start",
            "checks_lint",
            "checks_test",
            "checks_exit",
            "exit"
        ]
    );
    drop(backend);

    // The last stage's failure is that of the part.
    let files = Files::new(&[
        ("main.dot", main),
        (
            "checks.dot",
            &CHECKS.replace("goal_gate=true, retry_target=lint", "max_retries=0"),
        ),
    ]);
    let failing = Script::new().node("checks_test", [Outcome::fail("red")]);
    let report = files.execute(scripted(failing).0).await;
    assert!(
        report.completed_nodes.iter().any(|id| id.as_str() == "fix"),
        "{:?}",
        report.completed_nodes
    );
}

#[test]
fn what_can_not_be_merged_is_named_with_its_place() {
    let merging =
        |name: &str| format!("part [stack.merge_dotfile=\"{name}\"] start -> part -> exit");
    let refused =
        |main: &str, part: &str| Files::new(&[("main.dot", main), ("part.dot", part)]).refused();
    let circle = refused(&merging("part.dot"), &merging("part.dot"));
    assert!(circle.contains("part.dot -> part.dot"), "{circle}");
    let taken = refused(
        &(merging("part.dot") + " part_a [prompt=A] exit -> part_a"),
        "a [prompt=A]\n start -> a -> exit",
    );
    assert!(taken.contains("has a node \"part_a\" already"), "{taken}");
    let broken = refused(
        &merging("part.dot"),
        "a [max_retries=many]\n start -> a -> exit",
    );
    assert!(broken.contains("line 3: "), "{broken}");
    let absent = refused(&merging("none.dot"), "");
    assert!(absent.contains("(merge)"), "{absent}");
}

#[test]
fn a_child_of_a_merged_part_is_found_beside_that_part() {
    let files = Files::new(&[(
        "main.dot",
        r#"part [stack.merge_dotfile="parts/part.dot"] start -> part -> exit"#,
    )]);
    let parts = files.path().join("parts");
    std::fs::create_dir(&parts).unwrap();
    let part =
        r#"run [type="stack.sub_pipeline", stack.child_dotfile="leaf.dot"] start -> run -> exit"#;
    std::fs::write(parts.join("part.dot"), digraph(part)).unwrap();
    std::fs::write(parts.join("leaf.dot"), digraph("start -> exit")).unwrap();
    let pipeline = files.prepare(&Engine::builder().build());
    let (name, _) = pipeline.children().next().unwrap();
    assert!(name.ends_with("parts/leaf.dot"), "{name}");
}
