//! Commands of a pipeline around the tool calls of its models.

use attractor_core::{
    CodergenBackend as _, CodergenRequest, CodergenResult, ErrorKind, HookKind, Node,
    ProgressReceiver, ProgressSink, StageContext, StageProgress,
};
use attractor_llm::testing::{Script, Turn as Say};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::pipeline::{Factory, reports, run, stage};
use crate::support::{PROMPTLY, tool_results};

/// A stage whose hooks are these.
fn hooked(pre: &str, post: &str) -> StageContext {
    let mut node = Node::new("review".parse().unwrap());
    node.set("tool_hooks.pre", pre).unwrap();
    node.set("tool_hooks.post", post).unwrap();
    stage(node)
}

fn hooks(receiver: &mut ProgressReceiver) -> Vec<(HookKind, Option<i32>, Option<String>)> {
    let of = |report| match report {
        StageProgress::ToolHookCompleted {
            hook,
            exit_code,
            error,
            ..
        } => Some((hook, exit_code, error)),
        _ => None,
    };
    reports(receiver).into_iter().filter_map(of).collect()
}

#[tokio::test]
async fn hooks_get_the_call_on_standard_input_and_in_the_environment() {
    let script = Script::new()
        .turn(Say::tool_call(
            "shell",
            json!({"command": "echo 'all done'"}),
        ))
        .turn(Say::text("Done."));
    let factory = Factory::new(script).await;
    let (sink, mut receiver) = ProgressSink::channel();
    let keep =
        "cat > $ATTRACTOR_TOOL_HOOK.json; echo \"$ATTRACTOR_TOOL_NAME $ATTRACTOR_NODE_ID\" >> seen";
    let stage = hooked(keep, keep).with_progress(sink);
    run(&factory.backend(), &stage).await;
    let file = |name: &str| std::fs::read_to_string(factory.workspace.path().join(name)).unwrap();
    assert_eq!(file("seen"), "shell review\nshell review\n");
    let [pre, post] = ["pre.json", "post.json"]
        .map(|name| serde_json::from_str::<serde_json::Value>(&file(name)).unwrap());
    assert_eq!(pre["arguments"]["command"], "echo 'all done'");
    assert_eq!(
        (&pre["hook"], &pre["node"]),
        (&json!("pre"), &json!("review"))
    );
    assert!(post["output"].as_str().unwrap().contains("all done"));
    assert_eq!(post["is_error"], false);
    let ended = hooks(&mut receiver);
    assert_eq!(
        ended,
        [
            (HookKind::Pre, Some(0), None),
            (HookKind::Post, Some(0), None)
        ]
    );
}

#[tokio::test]
async fn a_pre_hook_that_fails_skips_the_call_and_the_model_is_told_why() {
    let script = Script::new()
        .turn(Say::tool_call(
            "shell",
            json!({"command": "touch forbidden"}),
        ))
        .turn(Say::text("Then not."));
    let factory = Factory::new(script).await;
    let (sink, mut receiver) = ProgressSink::channel();
    let refuse = "grep -q forbidden && { echo 'not that file' >&2; exit 3; }";
    let stage = hooked(refuse, "touch post").with_progress(sink);
    run(&factory.backend(), &stage).await;
    assert!(!factory.workspace.path().join("forbidden").exists());
    assert!(!factory.workspace.path().join("post").exists());
    let told = tool_results(&factory.server.requests()[1].body);
    assert!(
        told[0].contains("refused it: exit code 3: not that file"),
        "{told:?}"
    );
    let error = Some("exit code 3: not that file".to_owned());
    assert_eq!(hooks(&mut receiver), [(HookKind::Pre, Some(3), error)]);
}

#[tokio::test]
async fn a_post_hook_that_fails_is_only_recorded() {
    let script = Script::new()
        .turn(Say::tool_call("shell", json!({"command": "echo fine"})))
        .turn(Say::text("Done."));
    let factory = Factory::new(script).await;
    let (sink, mut receiver) = ProgressSink::channel();
    let stage = hooked("", "exit 9").with_progress(sink);
    let result = run(&factory.backend(), &stage).await;
    assert_eq!(result, CodergenResult::Text("Done.".to_owned()));
    assert!(tool_results(&factory.server.requests()[1].body)[0].contains("fine"));
    let error = Some("exit code 9".to_owned());
    assert_eq!(hooks(&mut receiver), [(HookKind::Post, Some(9), error)]);
}

#[tokio::test]
async fn a_cancel_ends_a_hook_and_what_it_has_started() {
    let script = Script::new().turn(Say::tool_call("shell", json!({"command": "touch ran"})));
    let factory = Factory::new(script).await;
    let cancel = CancellationToken::new();
    let (sink, mut receiver) = ProgressSink::channel();
    let stage = hooked("(trap \"\" TERM; sleep 300) & sleep 300", "");
    let stage = stage.with_cancel(cancel.clone()).with_progress(sink);
    let backend = factory.backend();
    let cancelled = async {
        while !matches!(receiver.recv().await, StageProgress::ToolCallStarted { .. }) {}
        cancel.cancel();
        std::time::Instant::now()
    };
    let (result, at) = tokio::join!(backend.run(CodergenRequest::new(&stage, "go")), cancelled);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(at.elapsed() < PROMPTLY);
    assert!(!factory.workspace.path().join("ran").exists());
}
