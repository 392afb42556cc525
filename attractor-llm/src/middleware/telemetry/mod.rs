//! Spans and metrics by OpenTelemetry's conventions for generative models.

mod call;
mod content;
mod instruments;
mod semconv;
mod tool;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use futures::StreamExt as _;
use opentelemetry::trace::FutureExt as _;

use self::call::Call;
use self::instruments::Instruments;
use self::tool::Execution;
use super::{Middleware, Next, NextTool};
use crate::error::Error;
use crate::types::{EventStream, Request, Response, StreamEvent, ToolCall, ToolResult};

/// Reports every call as a span and in metrics, by the GenAI semantic conventions of OpenTelemetry
/// ([`VERSION`](Self::VERSION)), to the global tracer and meter provider.
///
/// The span is a child of the context's, is named `{operation} {model}` and tells provider, model,
/// server, parameters, finish reason, tokens and errors. It ends with the answer; that of a stream
/// when the stream ends or is dropped, and a call that is dropped early counts as the error
/// `cancelled`. Calls below it, over HTTP for instance, are its children. Each tool that
/// [`generate`](crate::generate()) executes is a span `execute_tool {name}`.
///
/// | metric | of |
/// |---|---|
/// | `gen_ai.client.operation.duration` | each call |
/// | `gen_ai.client.token.usage` | each answer, by `input` and `output` |
/// | `gen_ai.client.operation.time_to_first_chunk` | each stream |
///
/// What was said, tool definitions included, is recorded only after
/// [`record_content`](Self::record_content). `error.type` is an [`ErrorKind`](crate::ErrorKind) in
/// small letters with underscores, `cancelled`, or `tool_error`. Set the global providers before the first call.
///
/// ```
/// use attractor_llm::{Client, Tracing};
///
/// let builder = Client::builder().middleware(Tracing::new());
/// # let _ = builder;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tracing {
    records_content: bool,
    /// Made at the first call, when the application has had the time to set its providers.
    instruments: Arc<OnceLock<Instruments>>,
}

impl Tracing {
    /// The version of the semantic conventions that names and values follow. They are in development:
    /// another version is a change that the changelog tells.
    pub const VERSION: &str = semconv::VERSION;

    /// Without content.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records instructions, messages and tool definitions on the spans, long texts shortened and
    /// media by their size. They may hold what is private.
    #[must_use]
    pub fn record_content(mut self) -> Self {
        self.records_content = true;
        self
    }

    fn begin(&self, request: &Request, next: Next<'_>, is_stream: bool) -> Call {
        let instruments = self.instruments.get_or_init(Instruments::of_the_process);
        let call = Call::begin(instruments, request, next.base_url(request), is_stream);
        match self.records_content {
            true => call.recording_content(request),
            false => call,
        }
    }
}

#[async_trait]
impl Middleware for Tracing {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        let mut call = self.begin(&request, next, false);
        let context = call.context();
        let result = next.complete(request).with_context(context).await;
        call.end(result.as_ref());
        result
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        let mut call = self.begin(&request, next, true);
        let context = call.context();
        let events = next.stream(request).with_context(context.clone()).await;
        if let Err(error) = &events {
            call.end(Err(error));
        }
        let watched = events?.with_context(context).inspect(move |event| {
            call.chunk();
            match event {
                Ok(StreamEvent::Finish { response, .. }) => call.end(Ok(response)),
                Ok(_) => {}
                Err(error) => call.end(Err(error)),
            }
        });
        Ok(watched.boxed())
    }

    async fn execute_tool(&self, call: &ToolCall, next: NextTool<'_>) -> ToolResult {
        let instruments = self.instruments.get_or_init(Instruments::of_the_process);
        let mut execution = Execution::begin(instruments, call, self.records_content);
        let result = next.execute().with_context(execution.context()).await;
        execution.end(&result);
        result
    }
}
