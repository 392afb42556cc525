//! `send_input`: a message to a subagent.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{id_summary, parent};
use crate::{
    error::Error,
    subagent::ToolText,
    tool::{Access, Places, Tool, ToolContext, ToolOutput},
    tools::arguments,
};

/// Sends a message to a subagent (coding-agent-loop-spec 7.2).
#[derive(Debug)]
pub(super) struct SendInputTool(pub(super) ToolText);

#[derive(Debug, Deserialize)]
struct Arguments {
    agent_id: String,
    message: String,
}

#[async_trait]
impl Tool for SendInputTool {
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
                "agent_id": {"type": "string", "description": "The agent"},
                "message": {"type": "string", "description": "What it shall know or do"}
            },
            "required": ["agent_id", "message"],
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
        let Arguments { agent_id, message } = arguments(input)?;
        if message.trim().is_empty() {
            return Err(Error::invalid_input("the message is empty"));
        }
        let agent = parent(context)?.subagents().find(&agent_id)?;
        let was_running = agent.is_running();
        agent.send(&message)?;
        Ok(ToolOutput::text(match was_running {
            true => format!("{agent_id} gets the message after its current round of tool calls."),
            false => format!("{agent_id} was done and is RUNNING again, with this message."),
        }))
    }
}
