//! Ask, execute, ask again: the loop that waiting and streaming share.
//!
//! Source: unified-llm-spec 5.6.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::extraction::Extraction;
use super::guard::Guard;
use super::options::{Hooks, Options};
use super::{GenerateResult, StepResult, StopCondition, Tool, overflow};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::retry::{RetryPolicy, retry};
use crate::types::{EventStream, FinishReasonKind, Message, Request, Response, ToolResult};

/// The state between the steps of a call.
pub(super) struct ToolLoop {
    pub(super) client: Client,
    /// The request with the conversation so far.
    request: Request,
    pub(super) tools: Vec<Tool>,
    pub(super) extraction: Option<Extraction>,
    pub(super) hooks: Hooks,
    pub(super) handlers: CancellationToken,
    stop_when: Option<StopCondition>,
    pub(super) per_tool: Option<Duration>,
    max_tool_rounds: usize,
    retry: RetryPolicy,
    steps: Vec<StepResult>,
}

/// What follows a step.
pub(super) enum Progress {
    /// Another one; these are the results that it is sent.
    Again(Vec<ToolResult>),
    /// Nothing.
    Done(Box<GenerateResult>),
}

impl ToolLoop {
    pub(super) fn begin(mut options: Options) -> Result<(Self, Guard), Error> {
        let client = options.client()?;
        let request = options.first_request()?;
        let guard = Guard::new(options.cancellation, options.timeout);
        let tool_loop = Self {
            client,
            request,
            tools: options.tools,
            extraction: options.extraction,
            hooks: options.hooks,
            handlers: guard.handlers().clone(),
            stop_when: options.stop_when,
            per_tool: options.timeout.per_tool,
            max_tool_rounds: options.max_tool_rounds,
            retry: options.retry,
            steps: Vec::new(),
        };
        Ok((tool_loop, guard))
    }

    /// The request of the next step.
    pub(super) fn request(&self) -> Request {
        let mut request = self.request.clone();
        if let Some(extraction) = &self.extraction {
            let others = !self.tools.is_empty() && self.steps.len() < self.max_tool_rounds;
            request.tool_choice = Some(extraction.tool_choice(others));
        }
        if let Some(prepare) = &self.hooks.prepare_step {
            prepare(&self.steps, &mut request);
        }
        request
    }

    pub(super) async fn complete(
        &self,
        guard: &Guard,
        request: &Request,
    ) -> Result<Response, Error> {
        let attempt = || {
            let answer = self.client.complete(request.clone());
            guard.step(guard.step_deadline(), answer)
        };
        retry(&self.retry, attempt).await
    }

    /// The events of a step, and when the step has to end.
    pub(super) async fn stream(
        &self,
        guard: &Guard,
        request: &Request,
    ) -> Result<(EventStream, Option<Instant>), Error> {
        let attempt = || async {
            let deadline = guard.step_deadline();
            let events = self.client.stream(request.clone());
            Ok((guard.step(deadline, events).await?, deadline))
        };
        retry(&self.retry, attempt).await
    }

    pub(super) fn is_first_step(&self) -> bool {
        self.steps.is_empty()
    }

    /// Takes a step's response and executes the tools that it calls.
    pub(super) async fn finish_step(
        &mut self,
        request: &Request,
        response: Response,
    ) -> Result<Progress, Error> {
        let model = self
            .client
            .model_info_for(request.provider.as_deref(), &request.model);
        let response = overflow::check(response, model)?;
        let response = match &self.extraction {
            Some(extraction) => extraction.response(response),
            None => response,
        };
        let may_execute =
            self.steps.len() < self.max_tool_rounds && self.tools.iter().any(Tool::is_active);
        let calls = response.tool_calls();
        let wants_tools =
            response.finish_reason.reason == FinishReasonKind::ToolCalls && !calls.is_empty();
        if may_execute && response.finish_reason.reason == FinishReasonKind::Length {
            refuse_cut_off(&response)?;
        }
        self.request.messages.push(response.message.clone());
        let executes = may_execute && wants_tools;
        let results = match executes {
            true => self.execute(request, &calls).await,
            false => Vec::new(),
        };
        let answered = results.len() == calls.len();
        let messages = results.iter().cloned().map(Message::from);
        self.request.messages.extend(messages);
        let step = StepResult::new(response, results.clone());
        if !executes || !answered {
            return Ok(self.done(step));
        }
        self.steps.push(step);
        let stop = self.stop_when.as_ref();
        if stop.is_some_and(|condition| condition.holds(&self.steps))
            && let Some(last) = self.steps.pop()
        {
            return Ok(self.done(last));
        }
        Ok(Progress::Again(results))
    }

    /// The error with the steps before it.
    pub(super) fn failed(&mut self, error: Error) -> Error {
        error.with_steps(std::mem::take(&mut self.steps))
    }

    /// The conversation so far.
    pub(super) fn messages(&self) -> &[Message] {
        &self.request.messages
    }

    fn done(&mut self, last: StepResult) -> Progress {
        let steps = std::mem::take(&mut self.steps);
        let messages = std::mem::take(&mut self.request.messages);
        Progress::Done(Box::new(GenerateResult::new(steps, last, messages)))
    }
}

/// A call that the token limit cut off is the generation's failure.
fn refuse_cut_off(response: &Response) -> Result<(), Error> {
    let calls = response.tool_calls();
    match calls.iter().find(|call| call.invalid.is_some()) {
        Some(call) => {
            let message = format!("the token limit cut off a call of the tool {}", call.name);
            let error = Error::new(ErrorKind::InvalidToolCall, message);
            Err(error
                .with_provider(&response.provider)
                .with_partial_response(response.clone()))
        }
        None => Ok(()),
    }
}
