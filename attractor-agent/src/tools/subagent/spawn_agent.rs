//! `spawn_agent`: starts a subagent.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::parent;
use crate::{
    error::Error,
    subagent::{SpawnRequest, ToolText},
    tool::{Access, Places, Tool, ToolContext, ToolOutput, summarise},
    tools::arguments,
};

/// Starts a subagent (coding-agent-loop-spec 7.2).
#[derive(Debug)]
pub(super) struct SpawnAgentTool(pub(super) ToolText);

#[derive(Debug, Deserialize)]
struct Arguments {
    task: String,
    working_dir: Option<String>,
    model: Option<String>,
    max_turns: Option<u32>,
}

#[async_trait]
impl Tool for SpawnAgentTool {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn description(&self) -> &str {
        &self.0.description
    }

    fn parameters(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "task": {
                    "type": "string",
                    "description": "The task in natural language, with everything it needs"
                },
                "working_dir": {
                    "type": "string",
                    "description": "Subdirectory to scope the agent to, which it starts in; default: your own working directory"
                },
                "model": {
                    "type": "string",
                    "description": "Model for the agent; default: your own"
                },
                "max_turns": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": u32::MAX,
                    "description": "How many responses the agent may give; default: 0, unlimited"
                }
            },
            "required": ["task"],
            "additionalProperties": false
        })
    }

    fn access(&self, _: &Value) -> Access {
        Access::Reads(Places::nowhere())
    }

    fn summary(&self, arguments: &Value) -> String {
        let task = arguments.get("task").and_then(Value::as_str);
        summarise(task.unwrap_or_default())
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let asked: Arguments = arguments(input)?;
        let agent = parent(context)?
            .spawn(SpawnRequest {
                task: asked.task,
                working_dir: asked.working_dir,
                model: asked.model,
                max_turns: asked.max_turns,
            })
            .await?;
        let (id, status) = (agent.id(), agent.status().as_str());
        Ok(ToolOutput::text(format!(
            "agent_id: {id}\nstatus: {status}"
        )))
    }
}
