//! The tools that start and steer subagents (coding-agent-loop-spec 7.2).

mod close_agent;
mod send_input;
mod spawn_agent;
mod wait;

use std::sync::Arc;

use serde_json::Value;

use self::{
    close_agent::CloseAgentTool, send_input::SendInputTool, spawn_agent::SpawnAgentTool,
    wait::WaitTool,
};
use crate::{
    error::{Error, ErrorKind},
    subagent::{Parent, SubagentTools},
    tool::{Tool, ToolContext},
};

/// The four tools, as a provider's models know them.
pub(crate) fn subagent_tools(texts: SubagentTools) -> [Arc<dyn Tool>; 4] {
    [
        Arc::new(SpawnAgentTool(texts.spawn_agent)),
        Arc::new(SendInputTool(texts.send_input)),
        Arc::new(WaitTool::new(texts.wait, texts.wait_takes_several)),
        Arc::new(CloseAgentTool(texts.close_agent)),
    ]
}

/// The session that the call belongs to.
fn parent(context: &ToolContext) -> Result<&Parent, Error> {
    context.parent().ok_or_else(|| {
        let text = "subagents can only be used in a session";
        Error::new(ErrorKind::Configuration, text)
    })
}

/// The `agent_id` of a call, for its one-line summary.
fn id_summary(arguments: &Value) -> String {
    arguments
        .get("agent_id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
