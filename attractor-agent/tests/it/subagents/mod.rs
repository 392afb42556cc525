//! Subagents over real HTTP.

mod end;
mod host;
mod limits;
mod resumed;
mod stage;
mod work;

use attractor_agent::Submission;
use attractor_llm::testing::{Match, Turn as Say};
use serde_json::{Value, json};

use crate::support::{Agent, blocks, tool_results};

/// What the parent is asked for; no subagent hears of it.
pub(super) const JOB: &str = "do the whole job";

/// A turn of the parent's model.
pub(super) fn parent(say: Say) -> Say {
    say.when(Match::any().any_message_contains(JOB))
}

/// A turn of the model of the subagent with this task.
pub(super) fn child(task: &str, say: Say) -> Say {
    let when = Match::any().system_contains("You are a subagent");
    say.when(when.any_message_contains(task))
}

pub(super) fn spawn(task: &str) -> Say {
    Say::tool_call("spawn_agent", json!({"task": task}))
}

pub(super) fn wait(id: &str) -> Say {
    Say::tool_call("wait", json!({"agent_id": id}))
}

pub(super) fn shell(command: &str) -> Say {
    Say::tool_call("shell", json!({"command": command}))
}

pub(super) async fn run(agent: &mut Agent) -> Submission {
    agent.session.submit(JOB).await.unwrap()
}

/// The results of the parent's tool calls, in order.
pub(super) fn results(agent: &Agent) -> Vec<String> {
    let mut requests = agent.requests().into_iter();
    let last = requests.rfind(|request| request.to_string().contains(JOB));
    tool_results(&last.unwrap())
}

/// The requests of the subagent with this task.
pub(super) fn requests_of(agent: &Agent, task: &str) -> Vec<Value> {
    let requests = agent.requests().into_iter();
    let of_task = requests.filter(|request| {
        let (_, first) = blocks(request).remove(0);
        first["text"].as_str().unwrap().starts_with(task)
    });
    of_task.collect()
}

pub(super) fn tool_names(request: &Value) -> Vec<&str> {
    let tools = request["tools"].as_array().unwrap().iter();
    tools.map(|tool| tool["name"].as_str().unwrap()).collect()
}
