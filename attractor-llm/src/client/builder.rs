use std::sync::Arc;

use super::route::Routes;
use super::{Client, Inner};
use crate::error::Error;
use crate::middleware::Middleware;
use crate::provider::ProviderAdapter;

/// Gathers what a [`Client`] is made of.
#[derive(Debug, Default)]
pub struct ClientBuilder {
    adapters: Vec<Arc<dyn ProviderAdapter>>,
    default_provider: Option<String>,
    middleware: Vec<Arc<dyn Middleware>>,
}

impl ClientBuilder {
    /// Registers a provider under the name it gives itself.
    #[must_use]
    pub fn provider(self, adapter: impl ProviderAdapter) -> Self {
        self.shared_provider(Arc::new(adapter))
    }

    /// Registers a provider that is shared with others.
    #[must_use]
    pub fn shared_provider(mut self, adapter: Arc<dyn ProviderAdapter>) -> Self {
        self.adapters.push(adapter);
        self
    }

    /// Sets the provider of requests that name none; a single provider needs no such word.
    #[must_use]
    pub fn default_provider(mut self, name: impl Into<String>) -> Self {
        self.default_provider = Some(name.into());
        self
    }

    /// Adds a middleware inside those added before.
    #[must_use]
    pub fn middleware(self, middleware: impl Middleware) -> Self {
        self.shared_middleware(Arc::new(middleware))
    }

    /// Adds a middleware that is shared with others.
    #[must_use]
    pub fn shared_middleware(mut self, middleware: Arc<dyn Middleware>) -> Self {
        self.middleware.push(middleware);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when two providers have one
    /// name or the default isn't registered.
    pub fn build(self) -> Result<Client, Error> {
        let routes = Routes::new(self.adapters, self.default_provider)?;
        Ok(Client(Arc::new(Inner {
            routes,
            middleware: self.middleware,
        })))
    }
}
