//! What is changed is changed whole, wherever the call that does it is dropped.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, mpsc},
};

use attractor_agent::{
    ApplyPatchTool, ErrorKind, ExecutionEnvironment, LogEntry, LoggingEnvironment, Session,
    SessionConfig, ToolContext,
};
use attractor_llm::testing::{Script, Turn as Say};
use serde_json::json;
use tokio::{runtime::Runtime, sync::oneshot};

use crate::support::{Agent, Workspace, client, fast_retry, profile};

/// Eight files: six are changed, one comes, one goes.
const CHANGED: usize = 6;
const STEPS: usize = CHANGED + 2;

type Files = BTreeMap<String, String>;

fn before() -> Files {
    let changed = (0..CHANGED).map(|n| (format!("f{n}.txt"), "old\n".to_owned()));
    changed
        .chain([("gone.txt".to_owned(), "old\n".to_owned())])
        .collect()
}

fn after() -> Files {
    let changed = (0..CHANGED).map(|n| (format!("f{n}.txt"), "new\n".to_owned()));
    changed
        .chain([("added.txt".to_owned(), "new\n".to_owned())])
        .collect()
}

fn patch() -> String {
    let changed = (0..CHANGED).map(|n| format!("*** Update File: f{n}.txt\n@@\n-old\n+new\n"));
    format!(
        "*** Begin Patch\n*** Add File: added.txt\n+new\n{}*** Delete File: gone.txt\n\
         *** End Patch",
        changed.collect::<String>()
    )
}

fn files(workspace: &Workspace) -> Files {
    let entries = std::fs::read_dir(workspace.path()).unwrap().flatten();
    let read = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

/// An environment that calls `reached` at the beginning of this step of the patch.
fn at_step(
    environment: Arc<dyn ExecutionEnvironment>,
    step: usize,
    reached: impl FnOnce() + Send + 'static,
) -> Arc<dyn ExecutionEnvironment> {
    let state = Mutex::new((0, Some(reached)));
    let log = move |entry: &LogEntry| {
        let is_step = ["write_file", "remove_file"].contains(&entry.operation);
        if !is_step || entry.outcome.is_some() {
            return;
        }
        let mut state = state.lock().unwrap();
        let now = state.0;
        state.0 += 1;
        if now == step
            && let Some(reached) = state.1.take()
        {
            reached();
        }
    };
    Arc::new(LoggingEnvironment::new(environment, log))
}

/// Lets the thread that writes the patch go on.
type GoOn = mpsc::Sender<()>;

/// An agent that was dropped while it applied the patch: the thread that writes it stands still at this
/// step.
async fn dropped_at(step: usize) -> (Agent, GoOn) {
    let (reach, reached) = oneshot::channel();
    let (go_on, wait) = mpsc::channel();
    let stop = move || {
        reach.send(()).unwrap();
        wait.recv().unwrap();
    };
    let script = Script::new()
        .turn(Say::tool_call("apply_patch", json!({ "patch": patch() })))
        .turn(Say::text("So be it."));
    let mut agent = Agent::new(script).await;
    for (name, content) in before() {
        agent.workspace.write(&name, content);
    }
    let environment = at_step(agent.workspace.environment.clone(), step, stop);
    let config = SessionConfig::new().retry(fast_retry());
    agent.session = Session::new(client(&agent.server), profile(), environment, config);
    let tool = Arc::new(ApplyPatchTool);
    agent.session.register_tool(tool).unwrap();
    tokio::select! {
        biased;
        it = reached => it.unwrap(),
        _ = agent.session.submit("go") => panic!("step {step} was never reached"),
    }
    (agent, go_on)
}

#[tokio::test]
async fn an_input_that_is_dropped_at_any_step_of_a_patch_leaves_all_of_it() {
    for step in 0..STEPS {
        let (mut agent, go_on) = dropped_at(step).await;
        go_on.send(()).unwrap();
        // The next input waits for it.
        agent.session.submit("and now?").await.unwrap();
        assert_eq!(files(&agent.workspace), after(), "dropped at step {step}");
        agent.check();
    }
}

/// The session goes with its input, and the runtime with both while the patch is being written.
#[test]
fn a_runtime_that_is_shut_down_in_the_middle_of_a_patch_leaves_all_of_it() {
    for step in 0..STEPS {
        let runtime = Runtime::new().unwrap();
        let (workspace, go_on) = runtime.block_on(async {
            let (mut agent, go_on) = dropped_at(step).await;
            agent.session = agent.session.fork_at(0).unwrap();
            let workspace = std::mem::replace(&mut agent.workspace, Workspace::new());
            (workspace, go_on)
        });
        let shut_down = std::thread::spawn(move || drop(runtime));
        go_on.send(()).unwrap();
        shut_down.join().unwrap();
        assert_eq!(files(&workspace), after(), "shut down at step {step}");
    }
}

#[tokio::test]
async fn work_that_panics_is_an_error() {
    let workspace = Workspace::new();
    let context = ToolContext::new(workspace.environment.clone());
    let work = async |_: Arc<dyn ExecutionEnvironment>| -> Result<(), attractor_agent::Error> {
        panic!("on purpose")
    };
    let error = context.to_its_end(work).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}
