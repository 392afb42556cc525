//! The builder of every kind of call, and the plain one.

use std::collections::BTreeMap;
use std::pin::Pin;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::options::Options;
use super::tool_loop::{Progress, ToolLoop};
use super::{Approval, GenerateResult, StepResult, StopCondition, TimeoutConfig, Tool};
use crate::client::Client;
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::types::{Message, Request, ResponseFormat, ToolCall, ToolChoice};

/// Asks a model, executes the tools that it calls, and gives the answer.
///
/// Await it. Without [`client`](Generation::client) it uses the process's default one, which is
/// made from the environment.
///
/// ```no_run
/// # async fn example() -> Result<(), attractor_llm::Error> {
/// let answer = attractor_llm::generate("claude-opus-5-5").prompt("Name a prime.").await?;
/// println!("{} ({} tokens)", answer.text, answer.total_usage.total_tokens);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) without a prompt or messages,
/// with both, or with two tools of one name; `Abort` when the caller cancels; `RequestTimeout` when
/// time is up; `InvalidToolCall` when the token limit cut a tool call off; `ContextLength` also when
/// the model's window was full before it could answer; else what the client fails with. Where a
/// later step fails, [`Error::steps`] has those before it.
///
/// Source: unified-llm-spec 4.3.
pub fn generate(model: impl Into<String>) -> Generation<Text> {
    Generation::new(model, Text(()))
}

/// A call in the making: settings, then `.await`.
///
/// `M` says what awaiting it gives: [`Text`], [`TextStream`](super::TextStream),
/// [`Object`](super::Object) or [`ObjectStream`](super::ObjectStream). Dropping the future or the
/// stream cancels the call with its tools.
///
/// Source: unified-llm-spec 4.3.
#[derive(Debug)]
#[must_use = "nothing happens until it is awaited"]
pub struct Generation<M> {
    pub(super) options: Options,
    pub(super) mode: M,
}

/// Awaiting gives a [`GenerateResult`].
#[derive(Debug)]
pub struct Text(());

impl IntoFuture for Generation<Text> {
    type Output = Result<GenerateResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(run(self.options))
    }
}

/// All steps, without streaming.
pub(super) async fn run(options: Options) -> Result<GenerateResult, Error> {
    let (mut tool_loop, guard) = ToolLoop::begin(options)?;
    let steps = async {
        loop {
            let request = tool_loop.request();
            let response = tool_loop.complete(&guard, &request).await?;
            if let Progress::Done(result) = tool_loop.finish_step(&request, response).await? {
                return Ok(*result);
            }
        }
    };
    let result = guard.run(steps).await;
    result.map_err(|error| tool_loop.failed(error))
}

impl<M> Generation<M> {
    pub(super) fn new(model: impl Into<String>, mode: M) -> Self {
        Self {
            options: Options::new(model.into()),
            mode,
        }
    }

    /// Sets the client, in place of the process's default one.
    pub fn client(mut self, client: &Client) -> Self {
        self.options.client = Some(client.clone());
        self
    }

    /// Sets the only user message; excludes [`messages`](Self::messages).
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.options.prompt = Some(prompt.into());
        self
    }

    /// Sets the whole conversation; excludes [`prompt`](Self::prompt).
    pub fn messages(mut self, messages: impl Into<Vec<Message>>) -> Self {
        self.options.messages = Some(messages.into());
        self
    }

    /// Sets the system message, which comes before all others.
    pub fn system(mut self, system: impl Into<String>) -> Self {
        self.options.system = Some(system.into());
        self
    }

    /// Adds a tool.
    pub fn tool(mut self, tool: Tool) -> Self {
        self.options.tools.push(tool);
        self
    }

    /// Adds tools.
    pub fn tools(mut self, tools: impl IntoIterator<Item = Tool>) -> Self {
        self.options.tools.extend(tools);
        self
    }

    /// Sets whether and which tools the model uses, in every step; a
    /// [`prepare_step`](Self::prepare_step) may free the later ones.
    pub fn tool_choice(mut self, tool_choice: ToolChoice) -> Self {
        self.options.request.tool_choice = Some(tool_choice);
        self
    }

    /// Sets how many times tools are executed and their results sent back: 1 unless set. With 0 all
    /// calls go back to the caller.
    pub fn max_tool_rounds(mut self, max_tool_rounds: usize) -> Self {
        self.options.max_tool_rounds = max_tool_rounds;
        self
    }

    /// Ends the tool loop early where `condition` holds, or one set before.
    pub fn stop_when(mut self, condition: StopCondition) -> Self {
        self.options.stop_when = Some(match self.options.stop_when.take() {
            Some(earlier) => earlier.or(condition),
            None => condition,
        });
        self
    }

    /// Changes the request of each step before it is sent, given the steps before it: another
    /// model, fewer tools, a shorter conversation. The change is for that step only.
    pub fn prepare_step(
        mut self,
        prepare: impl Fn(&[StepResult], &mut Request) + Send + Sync + 'static,
    ) -> Self {
        self.options.hooks.prepare_step = Some(Box::new(prepare));
        self
    }

    /// Mends arguments that aren't JSON or don't fit the schema, given the call and the problem.
    /// `None`, or arguments that don't fit either, send the problem to the model.
    pub fn repair_tool_call<F, Fut>(mut self, repair: F) -> Self
    where
        F: Fn(ToolCall, String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Option<Value>> + Send + 'static,
    {
        let repair = move |call, problem| Box::pin(repair(call, problem)) as _;
        self.options.hooks.repair = Some(Box::new(repair));
        self
    }

    /// Decides for each call that fits its schema whether it is executed; several calls of one answer
    /// may ask at the same time.
    pub fn approve_tool_call<F, Fut>(mut self, approve: F) -> Self
    where
        F: Fn(ToolCall) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Approval> + Send + 'static,
    {
        let approve = move |call| Box::pin(approve(call)) as _;
        self.options.hooks.approve = Some(Box::new(approve));
        self
    }

    /// Sets what form the answer takes; an object's own form wins.
    pub fn response_format(mut self, response_format: ResponseFormat) -> Self {
        self.options.request.response_format = Some(response_format);
        self
    }

    /// Sets the sampling temperature.
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.options.request.temperature = Some(temperature);
        self
    }

    /// Sets the nucleus sampling bound.
    pub fn top_p(mut self, top_p: f64) -> Self {
        self.options.request.top_p = Some(top_p);
        self
    }

    /// Sets the most tokens the model may generate in a step.
    pub fn max_tokens(mut self, max_tokens: u64) -> Self {
        self.options.request.max_tokens = Some(max_tokens);
        self
    }

    /// Sets the texts that end the generation.
    pub fn stop_sequences(mut self, stop_sequences: Vec<String>) -> Self {
        self.options.request.stop_sequences = stop_sequences;
        self
    }

    /// Sets how much the model reasons.
    pub fn reasoning_effort(mut self, reasoning_effort: impl Into<String>) -> Self {
        self.options.request.reasoning_effort = Some(reasoning_effort.into());
        self
    }

    /// Sets the provider.
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.options.request.provider = Some(provider.into());
        self
    }

    /// Sets free key and value pairs, for middleware and for providers that take them.
    pub fn metadata(mut self, metadata: BTreeMap<String, String>) -> Self {
        self.options.request.metadata = metadata;
        self
    }

    /// Sets the parameters of all providers at once.
    pub fn provider_options(mut self, provider_options: Map<String, Value>) -> Self {
        self.options.request.provider_options = provider_options;
        self
    }

    /// Sets one parameter of one provider.
    pub fn provider_option(mut self, provider: &str, key: &str, value: impl Into<Value>) -> Self {
        self.options.request = self.options.request.provider_option(provider, key, value);
        self
    }

    /// Sets how often a step's request is tried again; 2 unless set, 0 turns it off.
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.options.retry = self.options.retry.max_retries(max_retries);
        self
    }

    /// Sets how a step's request is tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// Sets the time for everything, or for everything, each step and each execution of a tool.
    pub fn timeout(mut self, timeout: impl Into<TimeoutConfig>) -> Self {
        self.options.timeout = timeout.into();
        self
    }

    /// Ends the call with `Abort` once `token` is cancelled.
    pub fn cancellation(mut self, token: CancellationToken) -> Self {
        self.options.cancellation = token;
        self
    }
}
