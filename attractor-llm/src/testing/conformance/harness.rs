use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::provider::ProviderAdapter;
use crate::testing::script::Script;
use crate::testing::server::ScriptedServer;

/// Gives the suite adapters to test.
#[async_trait]
pub trait Harness: fmt::Debug + Send + Sync + 'static {
    /// Makes an adapter whose model answers from `script`.
    ///
    /// # Behavior
    ///
    /// - Each call makes a new adapter with the script at its beginning.
    ///
    /// # Errors
    ///
    /// Whatever keeps the adapter from being made.
    async fn start(&self, script: Script) -> Result<Subject, Error>;

    /// The model that the requests name.
    fn model(&self) -> &str {
        "scripted-model"
    }
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn Harness> = None;

/// An adapter under test.
pub struct Subject {
    adapter: Arc<dyn ProviderAdapter>,
    requests: Box<dyn Fn() -> Vec<Value> + Send + Sync>,
}

impl Subject {
    /// An adapter, and a way to see the requests that its model received, as JSON.
    pub fn new(
        adapter: Arc<dyn ProviderAdapter>,
        requests: impl Fn() -> Vec<Value> + Send + Sync + 'static,
    ) -> Self {
        Self {
            adapter,
            requests: Box::new(requests),
        }
    }

    /// The adapter.
    #[must_use]
    pub fn adapter(&self) -> &dyn ProviderAdapter {
        self.adapter.as_ref()
    }

    /// The requests that the model received, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        (self.requests)()
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("adapter", &self.adapter)
            .finish_non_exhaustive()
    }
}

/// Tests an adapter against the scripted server.
pub struct OverHttp<F>(F);

impl<F> OverHttp<F>
where
    F: Fn(&str) -> Result<Arc<dyn ProviderAdapter>, Error> + Send + Sync + 'static,
{
    /// `make` makes an adapter for a base URL such as `http://127.0.0.1:4242`.
    pub fn new(make: F) -> Self {
        Self(make)
    }
}

impl<F> fmt::Debug for OverHttp<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverHttp").finish_non_exhaustive()
    }
}

#[async_trait]
impl<F> Harness for OverHttp<F>
where
    F: Fn(&str) -> Result<Arc<dyn ProviderAdapter>, Error> + Send + Sync + 'static,
{
    async fn start(&self, script: Script) -> Result<Subject, Error> {
        let server = ScriptedServer::start(script).await.map_err(|error| {
            Error::new(
                ErrorKind::Configuration,
                "no loopback port for the scripted server",
            )
            .with_source(error)
        })?;
        let adapter = (self.0)(&server.base_url())?;
        let bodies = move || {
            server
                .requests()
                .into_iter()
                .map(|request| request.body)
                .collect::<Vec<_>>()
        };
        Ok(Subject::new(adapter, bodies))
    }
}
