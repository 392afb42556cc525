//! What every kind of call is told, before it begins.

use std::fmt;
use std::pin::Pin;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::extraction::Extraction;
use super::{Approval, StepResult, StopCondition, TimeoutConfig, Tool};
use crate::client::{Client, default_client};
use crate::error::{Error, ErrorKind};
use crate::limits::DEFAULT_TOOL_ROUNDS;
use crate::retry::RetryPolicy;
use crate::types::{Message, Request, ToolCall};

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;
pub(super) type PrepareStep = Box<dyn Fn(&[StepResult], &mut Request) + Send + Sync>;
pub(super) type Repair = Box<dyn Fn(ToolCall, String) -> Later<Option<Value>> + Send + Sync>;
pub(super) type Approve = Box<dyn Fn(ToolCall) -> Later<Approval> + Send + Sync>;

/// The settings of a call.
pub(super) struct Options {
    pub(super) client: Option<Client>,
    /// The request, but for its messages.
    pub(super) request: Request,
    pub(super) prompt: Option<String>,
    pub(super) messages: Option<Vec<Message>>,
    pub(super) system: Option<String>,
    pub(super) tools: Vec<Tool>,
    /// The tool that an object comes by, if that is how.
    pub(super) extraction: Option<Extraction>,
    pub(super) max_tool_rounds: usize,
    pub(super) stop_when: Option<StopCondition>,
    pub(super) hooks: Hooks,
    pub(super) retry: RetryPolicy,
    pub(super) timeout: TimeoutConfig,
    pub(super) cancellation: CancellationToken,
}

/// The caller's say in a tool loop.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) prepare_step: Option<PrepareStep>,
    pub(super) repair: Option<Repair>,
    pub(super) approve: Option<Approve>,
}

impl Options {
    pub(super) fn new(model: String) -> Self {
        Self {
            client: None,
            request: Request::new(model, Vec::new()),
            prompt: None,
            messages: None,
            system: None,
            tools: Vec::new(),
            extraction: None,
            max_tool_rounds: DEFAULT_TOOL_ROUNDS,
            stop_when: None,
            hooks: Hooks::default(),
            retry: RetryPolicy::default(),
            timeout: TimeoutConfig::default(),
            cancellation: CancellationToken::new(),
        }
    }

    /// The client to use, the default one where none was given.
    pub(super) fn client(&self) -> Result<Client, Error> {
        self.client.clone().map_or_else(default_client, Ok)
    }

    /// The first request.
    pub(super) fn first_request(&mut self) -> Result<Request, Error> {
        let conversation = match (self.prompt.take(), self.messages.take()) {
            (Some(prompt), None) => vec![Message::user(prompt)],
            (None, Some(messages)) => messages,
            (Some(_), Some(_)) => return Err(invalid("prompt and messages exclude each other")),
            (None, None) => return Err(invalid("neither prompt nor messages were given")),
        };
        let system = self.system.take().map(Message::system);
        let mut request = self.request.clone();
        request.messages = system.into_iter().chain(conversation).collect();
        for tool in &self.tools {
            let definition = tool.definition();
            if request
                .tools
                .iter()
                .any(|other| other.name == definition.name)
            {
                return Err(invalid(format!(
                    "two tools have the name {}",
                    definition.name
                )));
            }
            request.tools.push(definition.clone());
        }
        let answer = self.extraction.as_ref().map(|it| it.definition.clone());
        request.tools.extend(answer);
        Ok(request)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("request", &self.request)
            .field("prompt", &self.prompt)
            .field("messages", &self.messages)
            .field("system", &self.system)
            .field("tools", &self.tools)
            .field("max_tool_rounds", &self.max_tool_rounds)
            .field("retry", &self.retry)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
