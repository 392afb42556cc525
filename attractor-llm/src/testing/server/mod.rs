//! [`ScriptedServer`]: a loopback server that answers as a model provider would, from a script.

mod anthropic;
#[cfg(feature = "bedrock")]
mod bedrock;
mod body;
mod chat;
mod gemini;
mod openai;
mod prompt_cache;
mod protocol;
mod service;

use std::io;
use std::sync::Arc;

use self::service::Service;
use super::http::{HttpServer, RecordedRequest};
use super::script::Script;

/// A model provider on a loopback port that speaks from a [`Script`].
///
/// It speaks the Messages API at `POST /v1/messages`, the Responses API at `POST /v1/responses`, Chat
/// Completions at `POST /v1/chat/completions` and the Gemini API at
/// `POST /v1beta/models/{model}:generateContent`, streaming and not. Requests that the real service
/// would refuse are refused the same way (missing `max_tokens`, a tool call without its result, roles
/// that don't alternate), so what passes here is well-formed. Any other path is a
/// 404 that names the paths it speaks. A request that no turn answers is a 400 that says why.
///
/// Dropping the server stops it; [`shutdown`](Self::shutdown) also waits until it has stopped.
///
/// ```
/// use attractor_llm::testing::{Script, ScriptedServer, Turn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let server = ScriptedServer::start(Script::new().turn(Turn::text("Hello."))).await?;
/// assert!(server.base_url().starts_with("http://127.0.0.1:"));
/// server.shutdown().await;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ScriptedServer {
    http: HttpServer,
    service: Arc<Service>,
}

impl ScriptedServer {
    /// Starts a server on a free loopback port.
    ///
    /// # Errors
    ///
    /// Fails if no loopback port can be bound.
    pub async fn start(script: Script) -> io::Result<Self> {
        let service = Arc::new(Service::new(script));
        let http = HttpServer::start(Arc::clone(&service)).await?;
        Ok(Self { http, service })
    }

    /// The URL to give to an adapter, without a path: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.http.base_url()
    }

    /// The requests received so far, in order; the oldest are dropped beyond a limit.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.service.requests()
    }

    /// For each request that no turn answered, which request it was and why.
    #[must_use]
    pub fn unmatched(&self) -> Vec<String> {
        self.service.unmatched()
    }

    /// Stops the server, breaks its connections and waits until it is gone.
    pub async fn shutdown(self) {
        self.http.shutdown().await;
    }
}
