//! The execution of the calls of one step.
//!
//! Source: unified-llm-spec 5.7 and 5.8.

use std::sync::Arc;

use futures::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;

use super::tool_loop::ToolLoop;
use super::{Approval, Tool, ToolContext};
use crate::limits::MAX_CONCURRENT_TOOL_CALLS;
use crate::types::{Message, Request, ToolCall, ToolResult};

impl ToolLoop {
    /// The results of all calls but those of passive tools, in the order of the calls.
    ///
    /// The calls run at the same time, whatever happens to one of them.
    pub(super) async fn execute(&self, request: &Request, calls: &[ToolCall]) -> Vec<ToolResult> {
        let messages = Arc::new(self.messages().to_vec());
        // Boxed: the compiler can't tell that unnamed futures of any lifetime are `Send`.
        let executions: Vec<_> = calls
            .iter()
            .map(|call| self.answer(request, call, &messages).boxed())
            .collect();
        stream::iter(executions)
            .buffered(MAX_CONCURRENT_TOOL_CALLS)
            .filter_map(std::future::ready)
            .collect()
            .await
    }

    async fn answer(
        &self,
        request: &Request,
        call: &ToolCall,
        messages: &Arc<Vec<Message>>,
    ) -> Option<ToolResult> {
        let offered: Vec<&str> = request
            .tools
            .iter()
            .map(|tool| tool.name.as_str())
            .collect();
        if !offered.contains(&call.name.as_str()) {
            let known = offered.join(", ");
            let problem = format!("unknown tool {:?}; the tools are: {known}", call.name);
            return Some(ToolResult::new(&call.id, problem, true));
        }
        let tool = self
            .tools
            .iter()
            .find(|tool| tool.definition().name == call.name)?;
        if !tool.is_active() {
            return None;
        }
        let arguments = match self.arguments(tool, call).await {
            Ok(arguments) => arguments,
            Err(problem) => return Some(ToolResult::new(&call.id, problem, true)),
        };
        if let Some(reason) = self.denial(call, &arguments).await {
            return Some(ToolResult::new(&call.id, reason, true));
        }
        let messages = Arc::clone(messages);
        let context = ToolContext::new(&call.id, messages, self.handlers.child_token());
        let mut checked = call.clone();
        checked.arguments = arguments.clone();
        let execution = async {
            let outcome = tool.execute(arguments, context, self.per_tool).await;
            // It is active, so there is one.
            let outcome = outcome.unwrap_or_else(|| Err("the tool has no handler".into()));
            match outcome {
                Ok(output) => {
                    let mut result = ToolResult::new(&call.id, output.content, false);
                    result.image = output.image;
                    result
                }
                Err(error) => ToolResult::new(&call.id, error.to_string(), true),
            }
        };
        Some(self.client.execute_tool(&checked, execution).await)
    }

    /// Arguments that fit the tool, mended where they don't; else what is wrong with them.
    async fn arguments(&self, tool: &Tool, call: &ToolCall) -> Result<Value, String> {
        let checked = match &call.invalid {
            Some(reason) => Err(reason.clone()),
            None => tool.check(&call.arguments),
        };
        let Err(problem) = checked else {
            return Ok(call.arguments.clone());
        };
        let Some(repair) = &self.hooks.repair else {
            return Err(problem);
        };
        match repair(call.clone(), problem.clone()).await {
            Some(repaired) => tool.check(&repaired).map(|()| repaired),
            None => Err(problem),
        }
    }

    /// Why the call may not be executed.
    async fn denial(&self, call: &ToolCall, arguments: &Value) -> Option<String> {
        let approve = self.hooks.approve.as_ref()?;
        let mut call = call.clone();
        call.arguments = arguments.clone();
        call.invalid = None;
        match approve(call).await {
            Approval::Approved => None,
            Approval::Denied { reason } => Some(format!("the call was denied: {reason}")),
        }
    }
}
