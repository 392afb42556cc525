//! The agent as the backend of codergen stages.

use std::sync::Arc;

use attractor_agent::{AgentBackend, AgentBackendBuilder, SessionConfig};
use attractor_core::{
    Budget, BudgetLimits, CodergenBackend as _, CodergenRequest, CodergenResult, Edge, Engine,
    ErrorKind, Fidelity, Graph, LimitReached, Node, Outcome, ProgressReceiver, ProgressSink,
    RunOptions, RunReport, RunStatus, StageContext, StageProgress, StageStatus,
};
use attractor_llm::testing::{Match, Script, ScriptedServer, Turn as Say};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{MODEL, PROMPTLY, Workspace, assert_gone, client, fast_retry, tool_results};

pub(crate) struct Factory {
    pub(crate) server: ScriptedServer,
    pub(crate) workspace: Workspace,
}

impl Factory {
    pub(crate) async fn new(script: Script) -> Self {
        let server = ScriptedServer::start(script).await.unwrap();
        Self {
            server,
            workspace: Workspace::new(),
        }
    }

    pub(crate) fn builder(&self) -> AgentBackendBuilder {
        AgentBackend::builder(client(&self.server), self.workspace.environment.clone())
            .session_config(SessionConfig::new().retry(fast_retry()))
    }

    pub(crate) fn backend(&self) -> AgentBackend {
        self.builder()
            .default_model(format!("anthropic/{MODEL}"))
            .build()
    }
}

pub(crate) fn stage(node: Node) -> StageContext {
    let mut graph = Graph::new("test");
    graph.attrs_mut().goal = "a good end".to_owned();
    let id = node.id().clone();
    graph.add_node(node).unwrap();
    for (target, label) in [("ship", "Ship it"), ("fix", "Fix it")] {
        graph.add_node(Node::new(target.parse().unwrap())).unwrap();
        let edge = Edge::new(id.clone(), target.parse().unwrap())
            .with("label", label)
            .unwrap();
        graph.add_edge(edge);
    }
    StageContext::new(Arc::new(graph), id.as_str())
        .unwrap()
        .with_run_id("run-1")
}

fn review() -> StageContext {
    stage(Node::new("review".parse().unwrap()))
}

pub(crate) async fn run(backend: &AgentBackend, stage: &StageContext) -> CodergenResult {
    backend
        .run(CodergenRequest::new(stage, "review it"))
        .await
        .unwrap()
}

fn outcome(result: CodergenResult) -> Outcome {
    match result {
        CodergenResult::Outcome { outcome, .. } => outcome,
        CodergenResult::Text(text) => panic!("a text: {text}"),
    }
}

pub(crate) fn reports(receiver: &mut ProgressReceiver) -> Vec<StageProgress> {
    std::iter::from_fn(|| receiver.try_recv())
        .filter(|report| !report.is_live_only())
        .collect()
}

#[tokio::test]
async fn the_last_answer_is_the_stages_text_and_progress_tells_the_way() {
    let script = Script::new()
        .turn(Say::tool_call("shell", json!({"command": "echo looked"})).usage(1_000, 10))
        .turn(Say::text("Looks good.").usage(1_100, 5));
    let factory = Factory::new(script).await;
    let (sink, mut receiver) = ProgressSink::channel();
    let stage = review().with_progress(sink);
    let result = run(&factory.backend(), &stage).await;
    assert_eq!(result, CodergenResult::Text("Looks good.".to_owned()));
    let reports = reports(&mut receiver);
    let names: Vec<_> = reports.iter().map(StageProgress::name).collect();
    assert_eq!(
        names,
        [
            "model_request_started",
            "model_response",
            "tool_call_started",
            "tool_call_completed",
            "model_request_started",
            "model_response",
            "text"
        ]
    );
    assert!(matches!(
        &reports[1],
        StageProgress::ModelResponse {
            input_tokens: 1_000,
            cost_micro_usd: Some(1..),
            ..
        }
    ));
    assert!(
        matches!(&reports[2], StageProgress::ToolCallStarted { summary, arguments: Some(given), .. }
            if summary == "echo looked" && given["command"] == "echo looked")
    );
    assert!(matches!(
        &reports[3],
        StageProgress::ToolCallCompleted {
            is_error: false,
            ..
        }
    ));
}

#[tokio::test]
async fn the_model_can_report_a_failure_and_choose_an_edge() {
    let report = json!({
        "outcome": "fail", "preferred_label": "Fix it", "notes": "two tests fail",
        "context_updates": {"failing": 2}
    });
    let script = Script::new()
        .turn(
            Say::tool_call("report_outcome", report)
                .when(Match::any().system_contains("preferred_label \"Fix it\"")),
        )
        .turn(Say::text("Not good."));
    let factory = Factory::new(script).await;
    let outcome = outcome(run(&factory.backend(), &review()).await);
    assert_eq!(outcome.status, StageStatus::Fail);
    assert_eq!(outcome.preferred_label.as_deref(), Some("Fix it"));
    assert_eq!(outcome.failure_reason.as_deref(), Some("two tests fail"));
    assert_eq!(outcome.context_updates["failing"], 2);
}

#[tokio::test]
async fn a_word_of_the_pipelines_own_is_a_success_with_that_word() {
    let script = Script::new()
        .turn(Say::tool_call(
            "report_outcome",
            json!({"outcome": "needs_work"}),
        ))
        .turn(Say::text("See the notes."));
    let factory = Factory::new(script).await;
    let outcome = outcome(run(&factory.backend(), &review()).await);
    assert_eq!(
        (outcome.status, outcome.word()),
        (StageStatus::Success, "needs_work")
    );
}

#[tokio::test]
async fn a_truncated_answer_fails_the_stage() {
    let answer = Say::text("Half a sent").finish_reason("length");
    let factory = Factory::new(Script::new().turn(answer)).await;
    let outcome = outcome(run(&factory.backend(), &review()).await);
    assert_eq!(outcome.status, StageStatus::Fail);
    assert!(
        outcome
            .failure_reason
            .unwrap()
            .contains("cut off by its token limit")
    );
}

#[tokio::test]
async fn failures_of_the_model_say_whether_trying_again_helps() {
    let failures = [
        (401, ErrorKind::Terminal),
        (400, ErrorKind::Terminal),
        (429, ErrorKind::Transient),
        (500, ErrorKind::Transient),
    ];
    for (status, kind) in failures {
        let factory = Factory::new(Script::new().turn(Say::api_error(status, "no").repeat())).await;
        let stage = review();
        let error = factory
            .backend()
            .run(CodergenRequest::new(&stage, "go"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
    }
}

#[tokio::test]
async fn a_used_up_budget_ends_the_session_before_its_next_request() {
    let script = Script::new().turn(
        Say::tool_call("shell", json!({"command": "true"}))
            .usage(1_000, 100)
            .repeat(),
    );
    let factory = Factory::new(script).await;
    for limits in [
        BudgetLimits::new().with_max_cost_micro_usd(1),
        BudgetLimits::new().with_max_tokens(1_000),
    ] {
        let before = factory.server.requests().len();
        let budget = Budget::new(limits);
        let (sink, _reports) = ProgressSink::charging(budget.clone());
        let stage = review().with_progress(sink).with_budget(budget);
        let request = CodergenRequest::new(&stage, "review it");
        let error = factory.backend().run(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitReached);
        assert!(LimitReached::of(&error).is_some(), "{error}");
        assert_eq!(factory.server.requests().len() - before, 1);
    }
}

#[tokio::test]
async fn commands_know_their_run_and_stage() {
    let command = "echo \"$ATTRACTOR_RUN_ID $ATTRACTOR_NODE_ID $ATTRACTOR_STAGE_DIR $ATTRACTOR_LOGS_ROOT $ATTRACTOR_GOAL\"";
    let script = Script::new()
        .turn(Say::tool_call("shell", json!({"command": command})))
        .turn(Say::text("Seen."));
    let factory = Factory::new(script).await;
    let stage = review().with_directories(std::path::Path::new("/logs"), "/logs/review");
    run(&factory.backend(), &stage).await;
    let seen = tool_results(&factory.server.requests()[1].body);
    assert!(
        seen[0].contains("run-1 review /logs/review /logs a good end"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_thread_keeps_its_conversation_and_other_stages_start_afresh() {
    let factory = Factory::new(Script::new().turn(Say::text("Ok.").repeat())).await;
    let backend = factory.backend();
    let stage = review();
    let threads = [Some("main"), Some("main"), Some("other"), None];
    for thread in threads {
        let request = CodergenRequest::new(&stage, "next")
            .with_fidelity(Fidelity::Full)
            .with_thread(thread.map(str::to_owned));
        backend.run(request).await.unwrap();
    }
    let messages = |index: usize| {
        factory.server.requests()[index].body["messages"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!([0, 1, 2, 3].map(messages), [1, 3, 1, 1]);
}

#[tokio::test]
async fn the_node_chooses_its_model_and_effort() {
    let factory = Factory::new(Script::new().turn(Say::text("Ok.").repeat())).await;
    let node = Node::new("review".parse().unwrap())
        .with("llm_model", "claude-sonnet-4-5")
        .unwrap()
        .with("reasoning_effort", "low")
        .unwrap();
    run(&factory.backend(), &stage(node)).await;
    run(&factory.backend(), &review()).await;
    let models: Vec<_> = factory
        .server
        .requests()
        .into_iter()
        .map(|request| request.body["model"].clone())
        .collect();
    assert_eq!(models, ["claude-sonnet-4-5", MODEL]);
}

#[tokio::test]
async fn a_stage_without_any_model_says_what_to_do() {
    let factory = Factory::new(Script::new()).await;
    let stage = review();
    let backend = factory.builder().build();
    let error = backend
        .run(CodergenRequest::new(&stage, "go"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Terminal);
    assert!(error.to_string().contains("set llm_model"), "{error}");
}

#[tokio::test]
async fn a_cancelled_stage_ends_its_command() {
    let script = Script::new().turn(Say::tool_call(
        "shell",
        json!({"command": "echo begun; touch begun; sleep 300"}),
    ));
    let factory = Factory::new(script).await;
    let cancel = CancellationToken::new();
    let (sink, mut receiver) = ProgressSink::channel();
    let stage = review().with_cancel(cancel.clone()).with_progress(sink);
    let backend = factory.backend();
    let cancelled = async {
        while !matches!(receiver.recv().await, StageProgress::ToolOutputDelta { .. }) {}
        cancel.cancel();
        std::time::Instant::now()
    };
    let (result, at) = tokio::join!(backend.run(CodergenRequest::new(&stage, "go")), cancelled);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(at.elapsed() < PROMPTLY, "{:?}", at.elapsed());
}

#[tokio::test]
async fn a_cancelled_stage_gives_a_command_no_two_seconds() {
    let command = "trap '' TERM; echo $$ > pid; echo begun; while :; do sleep 0.1; done";
    let script = Script::new().turn(Say::tool_call("shell", json!({ "command": command })));
    let factory = Factory::new(script).await;
    let cancel = CancellationToken::new();
    let (sink, mut receiver) = ProgressSink::channel();
    let stage = review().with_cancel(cancel.clone()).with_progress(sink);
    // What the host's settings say doesn't count here.
    let config = SessionConfig::new().abort_grace_ms(60_000);
    let backend = factory
        .builder()
        .default_model(format!("anthropic/{MODEL}"))
        .session_config(config)
        .build();
    let cancelled = async {
        while !matches!(receiver.recv().await, StageProgress::ToolOutputDelta { .. }) {}
        cancel.cancel();
        std::time::Instant::now()
    };
    let (result, at) = tokio::join!(backend.run(CodergenRequest::new(&stage, "go")), cancelled);
    let took = at.elapsed();
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(took < PROMPTLY, "{took:?}");
    let pid = String::from_utf8(factory.workspace.read("pid")).unwrap();
    assert_gone(pid.trim());
}

/// A model that edits wrongly first, and a test that sends it back.
const FIX_LOOP: &str = r#"digraph fix {
    goal = "add.sh adds"
    start [shape=Mdiamond]
    exit [shape=Msquare]
    fix [prompt="Make add.sh add its arguments."]
    check [shape=parallelogram, tool_command="test \"$(sh add.sh 2 3)\" = 5"]
    start -> fix -> check
    check -> exit [condition="outcome=success"]
    check -> fix [condition="outcome=fail"]
}"#;

fn edit(old: &str, new: &str) -> Say {
    let arguments = json!({"file_path": "add.sh", "old_string": old, "new_string": new});
    Say::tool_call("edit_file", arguments)
}

#[tokio::test]
async fn a_pipeline_sends_the_agent_back_until_the_test_passes() {
    let script = Script::new()
        .turn(edit("-", "*"))
        .turn(Say::text("It multiplies now."))
        .turn(edit("*", "+"))
        .turn(Say::text("It adds now."));
    let factory = Factory::new(script).await;
    factory.workspace.write("add.sh", "echo $(($1 - $2))\n");
    let runs = Workspace::new();
    let engine = Engine::builder()
        .backend(Arc::new(factory.backend()))
        .build();
    let pipeline = engine.prepare(FIX_LOOP).unwrap();
    let options = RunOptions::new(runs.path().join("run")).workdir(factory.workspace.path());
    let report = engine
        .start(&pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap();
    assert_eq!(report.status, RunStatus::Success, "{report:?}");
    let nodes: Vec<_> = report
        .completed_nodes
        .iter()
        .map(|node| node.as_str())
        .collect();
    assert_eq!(nodes[..5], ["start", "fix", "check", "fix", "check"]);
    assert_eq!(factory.workspace.read("add.sh"), b"echo $(($1 + $2))\n");
    assert!(report.usage.input_tokens > 0);
}

/// The report of a run with one stage.
async fn run_one_stage(script: Script) -> RunReport {
    let factory = Factory::new(script).await;
    let runs = Workspace::new();
    let engine = Engine::builder()
        .backend(Arc::new(factory.backend()))
        .build();
    let graph =
        "digraph g { start [shape=Mdiamond]; work; exit [shape=Msquare]; start -> work -> exit }";
    let pipeline = engine.prepare(graph).unwrap();
    let options = RunOptions::new(runs.path().join("run")).workdir(factory.workspace.path());
    engine
        .start(&pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap()
}

#[tokio::test]
async fn an_empty_answer_fails_the_stage() {
    let report = run_one_stage(Script::new().turn(Say::empty())).await;
    assert_eq!(report.status, RunStatus::Fail);
}

#[tokio::test]
async fn a_status_file_that_the_agent_leaves_decides() {
    let write = |status: &str| {
        let command =
            format!("echo '{{\"outcome\": \"{status}\"}}' > \"$ATTRACTOR_STAGE_DIR/status.json\"");
        Script::new().turn(Say::tool_call("shell", json!({"command": command})))
    };
    let cut_off = write("success").turn(Say::text("Cut of").finish_reason("length"));
    assert_eq!(run_one_stage(cut_off).await.status, RunStatus::Success);
    let failed = write("fail").turn(Say::text("All is well."));
    assert_eq!(run_one_stage(failed).await.status, RunStatus::Fail);
}
