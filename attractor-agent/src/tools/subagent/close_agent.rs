//! `close_agent`: ends a subagent.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{id_summary, parent};
use crate::{
    error::Error,
    subagent::{ToolText, end},
    tool::{Access, Places, Tool, ToolContext, ToolOutput},
    tools::arguments,
};

/// Terminates a subagent (coding-agent-loop-spec 7.2).
#[derive(Debug)]
pub(super) struct CloseAgentTool(pub(super) ToolText);

#[derive(Debug, Deserialize)]
struct Arguments {
    agent_id: String,
}

#[async_trait]
impl Tool for CloseAgentTool {
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
                "agent_id": {"type": "string", "description": "The agent"}
            },
            "required": ["agent_id"],
            "additionalProperties": false
        })
    }

    fn access(&self, _: &Value) -> Access {
        Access::Reads(Places::nowhere())
    }

    fn summary(&self, arguments: &Value) -> String {
        id_summary(arguments)
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let Arguments { agent_id } = arguments(input)?;
        let parent = parent(context)?;
        let agent = parent.subagents().find(&agent_id)?;
        end(&parent.shared, &agent, "it was closed before it was done");
        agent.wait_until_gone().await;
        Ok(ToolOutput::text(agent.report()))
    }
}
