//! [`ReplayServer`]: a loopback server that plays a cassette, with what can go wrong on the way.

mod fault;
mod framing;
mod recording;
mod service;

use std::io;
use std::sync::Arc;

pub use self::fault::Fault;
pub use self::recording::cassette_from_recording;
use self::service::Service;
use super::http::{HttpServer, RecordedRequest};
use crate::cassette::Cassette;
use crate::error::Error;

/// A loopback server that answers with the exchanges of a [`Cassette`] over real HTTP.
///
/// At [`base_url`](Self::base_url) it matches requests as a [`Player`](crate::cassette::Player) does:
/// each exchange once, and a 400 that says what differs for a request that has none, and for each
/// after it. Below [`url_with`](Self::url_with) the answers suffer a [`Fault`];
/// [`url_of`](Self::url_of) is the address of one exchange, which is sent whatever is asked there, as
/// often as it is asked for.
///
/// A connection that failed in the recording is reset. Dropping the server stops it.
///
/// ```
/// use attractor_llm::cassette::{Cassette, Content, Exchange, Outcome, Reply, Sent};
/// use attractor_llm::testing::{Fault, ReplayServer};
/// use attractor_llm::{AnthropicAdapter, Message, ProviderAdapter, Request};
/// use serde_json::json;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let message = json!({"type": "message", "content": [{"type": "text", "text": "Hi."}]});
/// let reply = Reply::new(200, Default::default(), Content::Json(message));
/// let sent = Sent::post("https://api.anthropic.com/v1/messages", Content::Json(json!({})));
/// let cassette = Cassette::new(vec![Exchange::new(sent, Outcome::Reply(reply))]);
/// let server = ReplayServer::start(cassette).await?;
///
/// let hello = Request::new("claude-opus-4-6", vec![Message::user("Hello")]);
/// let at = |url| AnthropicAdapter::builder("key").base_url(url).build();
/// let slow = at(server.url_of(0, Fault::none().split(1)))?;
/// assert_eq!(slow.complete(hello.clone()).await?.text(), "Hi.");
/// let cut = at(server.url_of(0, Fault::none().cut_after(20)))?;
/// assert!(cut.complete(hello).await.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReplayServer {
    http: HttpServer,
    service: Arc<Service>,
}

impl ReplayServer {
    /// Starts a server on a free loopback port.
    ///
    /// # Errors
    ///
    /// Fails if no loopback port can be bound.
    pub async fn start(cassette: Cassette) -> io::Result<Self> {
        let service = Arc::new(Service::new(cassette));
        let http = HttpServer::start(Arc::clone(&service)).await?;
        Ok(Self { http, service })
    }

    /// The URL to give to an adapter, without a path: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.http.base_url()
    }

    /// The URL to give to an adapter whose answers are to suffer a fault.
    #[must_use]
    pub fn url_with(&self, fault: Fault) -> String {
        format!("{}/~{fault}", self.base_url())
    }

    /// The URL to give to an adapter that is to get this exchange, counted from 0, and no other.
    #[must_use]
    pub fn url_of(&self, exchange: usize, fault: Fault) -> String {
        format!("{}/{exchange}", self.url_with(fault))
    }

    /// The requests received so far, in order; the oldest are dropped beyond a limit.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.service.requests()
    }

    /// Says whether what was asked for at the base URL was the recording: nothing else, and all of it.
    ///
    /// # Errors
    ///
    /// As [`Player::finish`](crate::cassette::Player::finish).
    pub fn finish(&self) -> Result<(), Error> {
        self.service.player.finish()
    }

    /// Stops the server, breaks its connections and waits until it is gone.
    pub async fn shutdown(self) {
        self.http.shutdown().await;
    }
}
