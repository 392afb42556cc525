//! `wait`: until a subagent is done, or time is up.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::select_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{id_summary, parent};
use crate::{
    error::Error,
    subagent::{Agent, SubAgentStatus, ToolText},
    tool::{Access, Places, Tool, ToolContext, ToolOutput},
    tools::arguments,
};

/// Waits for subagents (coding-agent-loop-spec 7.2).
#[derive(Debug)]
pub(super) struct WaitTool {
    text: ToolText,
    takes_several: bool,
}

impl WaitTool {
    pub(super) fn new(text: ToolText, takes_several: bool) -> Self {
        Self {
            text,
            takes_several,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Arguments {
    agent_id: Option<String>,
    #[serde(default)]
    agent_ids: Vec<String>,
    timeout_ms: Option<u64>,
}

#[async_trait]
impl Tool for WaitTool {
    fn name(&self) -> &str {
        &self.text.name
    }

    fn description(&self) -> &str {
        &self.text.description
    }

    fn parameters(&self) -> Value {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "agent_id": {"type": "string", "description": "The agent to wait for"},
                "timeout_ms": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "Milliseconds to wait at most"
                }
            },
            "required": ["agent_id"],
            "additionalProperties": false
        });
        if self.takes_several {
            schema["properties"]["agent_ids"] = json!({
                "type": "array",
                "items": {"type": "string"},
                "description": "Several agents instead of one: returns as soon as one of them is done, with the state of all"
            });
            schema["required"] = json!([]);
        }
        schema
    }

    fn access(&self, _: &Value) -> Access {
        Access::Reads(Places::nowhere())
    }

    fn summary(&self, arguments: &Value) -> String {
        let several = arguments.get("agent_ids").and_then(Value::as_array);
        let several = several.into_iter().flatten().filter_map(Value::as_str);
        let one = id_summary(arguments);
        let ids: Vec<&str> = [one.as_str()].into_iter().chain(several).collect();
        ids.join(" ").trim().to_owned()
    }

    async fn execute(&self, input: Value, context: &ToolContext) -> Result<ToolOutput, Error> {
        let asked: Arguments = arguments(input)?;
        let parent = parent(context)?;
        let ids = asked.agent_id.into_iter().chain(asked.agent_ids);
        let agents: Vec<Arc<Agent>> = ids
            .map(|id| parent.subagents().find(&id))
            .collect::<Result<_, _>>()?;
        if agents.is_empty() {
            return Err(Error::invalid_input("name the agent to wait for"));
        }
        let time = parent.limits().wait_timeout(asked.timeout_ms);
        let any_done = select_all(agents.iter().map(|agent| Box::pin(agent.done())));
        tokio::select! {
            biased;
            () = context.cancel().cancelled() => return Err(Error::cancelled()),
            _ = timeout(time, any_done) => {}
        }
        Ok(report(&agents, time))
    }
}

/// Where all of them stand; a failure if all that are done have failed.
fn report(agents: &[Arc<Agent>], time: Duration) -> ToolOutput {
    let mut reports: Vec<String> = agents.iter().map(|agent| agent.report()).collect();
    let progress: Vec<_> = agents.iter().map(|agent| agent.progress()).collect();
    let count = |wanted| {
        let statuses = progress.iter().map(|(status, _)| *status);
        statuses.filter(|status| *status == wanted).count()
    };
    let running = count(SubAgentStatus::Running);
    if running == agents.len() {
        reports.push(format!(
            "Not done after {:.0} s, which is no failure: wait again, or go on with something \
             else meanwhile. A subagent that is no longer needed can be closed.",
            time.as_secs_f64()
        ));
    }
    let all_failed = running < agents.len() && count(SubAgentStatus::Completed) == 0;
    ToolOutput::text(reports.join("\n\n"))
        .is_error(all_failed)
        .fingerprint(format!("{progress:?}"))
}
