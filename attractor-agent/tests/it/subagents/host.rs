//! What the host of a session sees of its subagents, and what it may forbid them.

use std::sync::Arc;

use attractor_agent::{
    Error, EventKind, SessionConfig, SubAgentStatus, Tool, ToolContext, ToolOutput,
};
use attractor_llm::testing::{Script, Turn as Say};
use serde_json::{Value, json};

use super::{child, parent, requests_of, results, run, shell, spawn, tool_names, wait};
use crate::support::{Agent, tool_results};

#[tokio::test]
async fn the_host_sees_all_that_its_subagents_do() {
    let script = Script::new()
        .turn(parent(spawn("look")))
        .turn(child("look", shell("echo seen")))
        .turn(child("look", Say::text("Looked.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::text("Done.")));
    let mut agent = Agent::new(script).await;
    run(&mut agent).await;
    let mut told = Vec::new();
    let mut own_id = None;
    for event in agent.events() {
        match event {
            EventKind::SubagentStart {
                agent_id,
                session_id,
                task,
                ..
            } => {
                assert_eq!((agent_id.as_str(), task.as_str()), ("agent-1", "look"));
                own_id = Some(session_id);
            }
            EventKind::SubagentEvent { event, .. } if !event.kind.is_delta() => {
                assert_eq!(Some(&*event.session_id), own_id.as_deref());
                assert_ne!(*event.session_id, *agent.session.id());
                told.push(serde_json::to_value(&event).unwrap()["kind"].clone());
            }
            EventKind::SubagentEnd { status, result, .. } => {
                assert_eq!(status, SubAgentStatus::Completed);
                assert_eq!((result.output.as_str(), result.turns_used), ("Looked.", 2));
                told.push("SUBAGENT_END".into());
            }
            _ => {}
        }
    }
    assert_eq!(
        told,
        [
            "SESSION_START",
            "USER_INPUT",
            "MODEL_REQUEST",
            "ASSISTANT_TEXT_START",
            "ASSISTANT_TEXT_END",
            "TOOL_CALL_START",
            "TOOL_CALL_END",
            "MODEL_REQUEST",
            "ASSISTANT_TEXT_START",
            "ASSISTANT_TEXT_END",
            "PROCESSING_END",
            "SUBAGENT_END",
        ]
    );
}

/// Refuses every call that a subagent or its parent makes of one tool.
#[derive(Debug)]
struct NoShell;

#[async_trait::async_trait]
impl attractor_agent::SessionGuard for NoShell {
    async fn before_tool_call(
        &self,
        call: &attractor_llm::ToolCall,
        _: &ToolContext,
    ) -> Result<(), String> {
        match call.name.as_str() {
            "shell" => Err("the host forbids it".to_owned()),
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn what_the_host_forbids_holds_for_subagents_too() {
    let script = Script::new()
        .turn(parent(spawn("run it")))
        .turn(child("run it", shell("touch forbidden")))
        .turn(child("run it", Say::text("I may not.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::text("Done.")));
    let mut agent = Agent::new(script).await;
    agent.session.set_guard(Some(Arc::new(NoShell)));
    run(&mut agent).await;
    let told = tool_results(&requests_of(&agent, "run it")[1]).remove(0);
    assert!(told.contains("the host forbids it"), "{told}");
    assert!(!agent.workspace.path().join("forbidden").exists());
}

/// A tool of the host's, by this name.
#[derive(Debug)]
struct Greets(&'static str);

#[async_trait::async_trait]
impl Tool for Greets {
    fn name(&self) -> &str {
        self.0
    }

    fn description(&self) -> &str {
        "Greets."
    }

    fn parameters(&self) -> Value {
        json!({"type": "object"})
    }

    async fn execute(&self, _: Value, _: &ToolContext) -> Result<ToolOutput, Error> {
        Ok(ToolOutput::text("hello from the host"))
    }
}

#[tokio::test]
async fn what_the_host_adds_its_subagents_have_unless_it_says_otherwise() {
    let greet = || Say::tool_call("greet", json!({}));
    let script = Script::new()
        .turn(parent(greet().and_tool_call("greet_alone", json!({}))))
        .turn(parent(spawn("go deeper")))
        .turn(child("go deeper", greet()))
        .turn(child("go deeper", spawn("and deeper")))
        .turn(child("and deeper", greet()))
        .turn(child("and deeper", Say::text("Greeted.")))
        .turn(child("go deeper", wait("agent-1")))
        .turn(child("go deeper", Say::text("Greeted, too.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::text("Done.")));
    let mut agent = Agent::with(script, SessionConfig::new().max_subagent_depth(2)).await;
    let session = &mut agent.session;
    session.register_tool(Arc::new(Greets("greet"))).unwrap();
    session
        .register_own_tool(Arc::new(Greets("greet_alone")))
        .unwrap();
    // Of two of one name the last counts: the subagents have the profile's.
    session.register_tool(Arc::new(Greets("shell"))).unwrap();
    session
        .register_own_tool(Arc::new(Greets("shell")))
        .unwrap();
    run(&mut agent).await;
    let greeted = "\"hello from the host\"";
    assert_eq!(results(&agent)[..2], [greeted, greeted]);
    for task in ["go deeper", "and deeper"] {
        let requests = requests_of(&agent, task);
        assert_eq!(tool_results(&requests[1])[0], greeted, "{task}");
        let tools = tool_names(&requests[0]);
        assert!(tools.contains(&"greet") && !tools.contains(&"greet_alone"));
        let tools = requests[0]["tools"].as_array().unwrap();
        let shell = tools.iter().find(|tool| tool["name"] == "shell").unwrap();
        assert_ne!(shell["description"], "Greets.", "{task}");
    }
}
