//! What wraps every call of a client: logging, budgets, caches, rewriting.
//!
//! Source: unified-llm-spec 2.3.

mod cost_budget;
mod default_settings;
mod extract_thinking;
mod fallback;
mod logging;
mod rate_limit;
mod response_cache;
#[cfg(feature = "otel")]
mod telemetry;

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

pub use self::cost_budget::CostBudget;
pub use self::default_settings::DefaultSettings;
pub use self::extract_thinking::ExtractThinking;
pub use self::fallback::{FailedAttempts, Fallback};
pub use self::logging::Logging;
pub use self::rate_limit::RateLimit;
pub use self::response_cache::{CacheStore, MemoryStore, ResponseCache};
#[cfg(feature = "otel")]
pub use self::telemetry::Tracing;
use crate::error::Error;
use crate::provider::ProviderAdapter;
use crate::types::{EventStream, Request, Response, ToolCall, ToolResult};

/// Wraps the calls of a client in both modes.
///
/// The first one registered sees the request first and the response last. Both methods default to
/// passing the call on, so that one which only cares about streams implements only
/// [`stream`](Self::stream).
///
/// ```
/// use attractor_llm::{Error, Middleware, Next, Request, Response, async_trait};
///
/// #[derive(Debug)]
/// struct Budget(u64);
///
/// #[async_trait]
/// impl Middleware for Budget {
///     async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
///         next.complete(request.max_tokens(self.0)).await
///     }
/// }
/// ```
///
/// Source: unified-llm-spec 2.3.
#[async_trait]
pub trait Middleware: Debug + Send + Sync + 'static {
    /// Wraps a call that waits for the whole answer.
    ///
    /// # Behavior
    ///
    /// - May change the request, answer without calling `next`, or change the response.
    /// - The request's provider is set and its model has no provider prefix.
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        next.complete(request).await
    }

    /// Wraps a call that streams.
    ///
    /// # Behavior
    ///
    /// - May wrap the stream that `next` returns to watch or change its events.
    /// - A wrapped stream keeps the contract of [`EventStream`]: one `Err` at most, and last.
    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        next.stream(request).await
    }

    /// Wraps the execution of a tool by [`generate`](crate::generate()) and its siblings, after the
    /// call was checked, mended and approved.
    ///
    /// # Behavior
    ///
    /// - May answer without calling `next`, or change the result; the call stays as it is.
    /// - Several calls of one step run at the same time.
    async fn execute_tool(&self, call: &ToolCall, next: NextTool<'_>) -> ToolResult {
        let _ = call;
        next.execute().await
    }
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn Middleware> = None;

/// The rest of the chain: the middleware registered later, then the provider.
#[derive(Clone, Copy, Debug)]
pub struct Next<'a> {
    middleware: &'a [Arc<dyn Middleware>],
    router: &'a dyn Router,
}

/// Finds the adapter at the end of the chain, after middleware had its say.
pub(crate) trait Router: Debug + Send + Sync {
    fn adapter(&self, request: &Request) -> Result<&dyn ProviderAdapter, Error>;

    /// Sets the request's provider and takes the provider's prefix off its model.
    fn resolve(&self, request: Request) -> Result<Request, Error>;
}

impl<'a> Next<'a> {
    pub(crate) fn new(middleware: &'a [Arc<dyn Middleware>], router: &'a dyn Router) -> Self {
        Self { middleware, router }
    }

    /// Finds the provider of a request whose model or provider a middleware changed, as the client
    /// does for new requests: a model `provider/model` loses its prefix, and a request that names no
    /// provider gets the default one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when no provider fits.
    pub fn resolve(self, request: Request) -> Result<Request, Error> {
        self.router.resolve(request)
    }

    /// Where the request's provider sends it, if that is over the network.
    #[cfg(feature = "otel")]
    pub(crate) fn base_url(self, request: &Request) -> Option<&'a str> {
        self.router.adapter(request).ok()?.base_url()
    }

    /// Passes the request on and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// What the rest of the chain fails with.
    pub async fn complete(self, request: Request) -> Result<Response, Error> {
        match self.middleware.split_first() {
            Some((first, rest)) => {
                first
                    .complete(
                        request,
                        Self {
                            middleware: rest,
                            ..self
                        },
                    )
                    .await
            }
            None => self.router.adapter(&request)?.complete(request).await,
        }
    }

    /// Passes the request on and returns the answer's events.
    ///
    /// # Errors
    ///
    /// What the rest of the chain fails with before its first event.
    pub async fn stream(self, request: Request) -> Result<EventStream, Error> {
        match self.middleware.split_first() {
            Some((first, rest)) => {
                first
                    .stream(
                        request,
                        Self {
                            middleware: rest,
                            ..self
                        },
                    )
                    .await
            }
            None => self.router.adapter(&request)?.stream(request).await,
        }
    }
}

/// The rest of the chain around a tool: the middleware registered later, then the tool.
pub struct NextTool<'a> {
    middleware: &'a [Arc<dyn Middleware>],
    call: &'a ToolCall,
    execution: Execution<'a>,
}

type Execution<'a> = Pin<Box<dyn Future<Output = ToolResult> + Send + 'a>>;

impl<'a> NextTool<'a> {
    pub(crate) fn new(
        middleware: &'a [Arc<dyn Middleware>],
        call: &'a ToolCall,
        execution: Execution<'a>,
    ) -> Self {
        Self {
            middleware,
            call,
            execution,
        }
    }

    /// Executes the tool.
    pub async fn execute(self) -> ToolResult {
        match self.middleware.split_first() {
            Some((first, rest)) => {
                let call = self.call;
                let next = Self {
                    middleware: rest,
                    ..self
                };
                first.execute_tool(call, next).await
            }
            None => self.execution.await,
        }
    }
}

impl Debug for NextTool<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NextTool")
            .field("tool", &self.call.name)
            .finish_non_exhaustive()
    }
}
