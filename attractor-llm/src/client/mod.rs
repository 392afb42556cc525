//! Routes a request through the middleware to a provider.
//!
//! Source: unified-llm-spec 2.2 and 4.

mod builder;
mod default;
mod route;

use std::sync::Arc;

pub use self::builder::ClientBuilder;
pub use self::default::{default_client, set_default_client};
use self::route::Routes;
use crate::catalog::{ModelInfo, model_info};
use crate::error::Error;
use crate::middleware::{Middleware, Next, NextTool};
use crate::provider::Capabilities;
use crate::types::{EventStream, Request, Response, ToolCall, ToolResult};

/// Sends requests to the providers registered with it.
///
/// A clone is cheap and shares everything. The client never retries: see
/// [`retry`](crate::retry()).
///
/// ```no_run
/// # async fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::{Client, Message, Request};
///
/// let client = Client::from_env()?;
/// let request = Request::new("claude-opus-5-5", vec![Message::user("Name a prime.")]);
/// let response = client.complete(request).await?;
/// println!("{}", response.text());
/// # Ok(())
/// # }
/// ```
///
/// Source: unified-llm-spec 2.2, 4.1 and 4.2.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    routes: Routes,
    middleware: Vec<Arc<dyn Middleware>>,
}

impl Client {
    /// A client to be given providers.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client of every provider whose key is in the environment; the first of them is the
    /// default.
    ///
    /// | provider | key | optional |
    /// |---|---|---|
    /// | `anthropic` | `ANTHROPIC_API_KEY` | `ANTHROPIC_BASE_URL` |
    /// | `openai` | `OPENAI_API_KEY` | `OPENAI_BASE_URL`, `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID` |
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when no key is set or a base
    /// URL isn't one.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Sends the request and waits for the whole answer. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when no provider fits the
    /// request; else what the provider or a middleware fails with.
    pub async fn complete(&self, request: Request) -> Result<Response, Error> {
        let request = self.0.routes.resolve(request)?;
        self.next().complete(request).await
    }

    /// Sends the request and returns the answer's events as they arrive. Dropping the stream
    /// cancels it.
    ///
    /// # Errors
    ///
    /// As [`complete`](Self::complete), for what fails before the first event; what fails later is
    /// the stream's last item.
    pub async fn stream(&self, request: Request) -> Result<EventStream, Error> {
        let request = self.0.routes.resolve(request)?;
        self.next().stream(request).await
    }

    /// The names of the providers, in order of registration.
    #[must_use]
    pub fn provider_names(&self) -> Vec<&str> {
        self.0.routes.names().collect()
    }

    /// The provider of requests that name none.
    #[must_use]
    pub fn default_provider(&self) -> Option<&str> {
        self.0.routes.default_provider()
    }

    /// What the provider of that name can do.
    #[must_use]
    pub fn capabilities(&self, provider: &str) -> Option<Capabilities> {
        self.0
            .routes
            .find(provider)
            .map(|adapter| adapter.capabilities())
    }

    /// What the catalog says of the model that a request for `model` would go to.
    ///
    /// The provider is found as for a request; where the catalog doesn't know the model under it,
    /// what it knows under the name alone counts.
    ///
    /// ```
    /// use attractor_llm::{AnthropicAdapter, Client};
    ///
    /// let gateway = AnthropicAdapter::builder("key").name("gateway").build()?;
    /// let client = Client::builder().provider(gateway).build()?;
    /// assert!(client.model_info("gateway/claude-opus-5-5").is_some_and(|it| it.supports_vision));
    /// # Ok::<(), attractor_llm::Error>(())
    /// ```
    #[must_use]
    pub fn model_info(&self, model: &str) -> Option<&'static ModelInfo> {
        self.model_info_for(None, model)
    }

    /// What the catalog says of the model that a request like this would go to.
    pub(crate) fn model_info_for(
        &self,
        provider: Option<&str>,
        model: &str,
    ) -> Option<&'static ModelInfo> {
        let request = self.resolved(provider, model)?;
        let qualified = format!("{}/{}", request.provider?, request.model);
        model_info(&qualified).or_else(|| model_info(&request.model))
    }

    /// What the provider that would get such a request can do with its model.
    pub(crate) fn capabilities_for(
        &self,
        provider: Option<&str>,
        model: &str,
    ) -> Option<Capabilities> {
        let request = self.resolved(provider, model)?;
        let adapter = self.0.routes.find(request.provider.as_deref()?)?;
        Some(adapter.capabilities_of(&request.model))
    }

    /// A request like this, with its provider and its model's id.
    fn resolved(&self, provider: Option<&str>, model: &str) -> Option<Request> {
        let mut request = Request::new(model, Vec::new());
        request.provider = provider.map(str::to_owned);
        self.0.routes.resolve(request).ok()
    }

    /// Lets every provider check its configuration.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub async fn initialize(&self) -> Result<(), Error> {
        for adapter in self.0.routes.adapters() {
            adapter.initialize().await?;
        }
        Ok(())
    }

    /// Lets every provider release what it holds.
    ///
    /// # Errors
    ///
    /// The first failure, after all have been asked.
    pub async fn close(&self) -> Result<(), Error> {
        let mut result = Ok(());
        for adapter in self.0.routes.adapters() {
            result = result.and(adapter.close().await);
        }
        result
    }

    /// Executes a tool within the middleware.
    pub(crate) async fn execute_tool<'a>(
        &'a self,
        call: &'a ToolCall,
        execution: impl Future<Output = ToolResult> + Send + 'a,
    ) -> ToolResult {
        let next = NextTool::new(&self.0.middleware, call, Box::pin(execution));
        next.execute().await
    }

    fn next(&self) -> Next<'_> {
        Next::new(&self.0.middleware, &self.0.routes)
    }
}
