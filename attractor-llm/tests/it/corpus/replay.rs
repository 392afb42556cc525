//! One recorded exchange, asked for over HTTP.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use attractor_llm::provider::http::HttpTransport;
use attractor_llm::testing::{Fault, ReplayServer};
use attractor_llm::{
    AnthropicAdapter, Error, GeminiAdapter, OpenAiAdapter, OpenAiCompatibleAdapter,
    ProviderAdapter, Response, StreamEvent, Timeouts,
};

use super::recordings::{Recorded, cassette};
use crate::canned::{drain, hello};

/// The APIs that there is an adapter for.
pub(super) const APIS: &[&str] = &[
    "anthropic-messages",
    "gemini-generate",
    "openai-chat",
    "openai-responses",
];

/// Exchanges under way at the same time.
pub(super) const CONCURRENT: usize = 64;

/// A server with all recordings, and the connections to it.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    server: Arc<ReplayServer>,
    transport: Arc<HttpTransport>,
    timeouts: Timeouts,
}

impl Replay {
    pub(super) async fn start(recordings: &[Recorded]) -> Self {
        Self {
            server: Arc::new(ReplayServer::start(cassette(recordings)).await.unwrap()),
            transport: Arc::default(),
            timeouts: Timeouts::default(),
        }
    }

    /// Waits no longer than this for a body to go on.
    pub(super) fn patience(mut self, patience: Duration) -> Self {
        self.timeouts = self.timeouts.request(patience).stream_read(patience);
        self
    }

    /// What the adapter makes of the exchange at this place.
    pub(super) async fn ask(
        &self,
        place: usize,
        recorded: &Recorded,
        fault: Fault,
    ) -> Result<Response, Error> {
        let adapter = self.adapter(&recorded.api, self.server.url_of(place, fault));
        if !recorded.is_stream {
            return adapter.complete(hello()).await;
        }
        let (events, error) = drain(&*adapter, hello()).await;
        match (error, events.into_iter().next_back()) {
            (Some(error), _) => Err(error),
            (None, Some(StreamEvent::Finish { response, .. })) => Ok(*response),
            (None, other) => panic!("{}: the last event is {other:?}", recorded.name()),
        }
    }

    fn adapter(&self, api: &str, url: String) -> Box<dyn ProviderAdapter> {
        macro_rules! adapter {
            ($builder:expr) => {{
                let builder = $builder.base_url(url).timeouts(self.timeouts);
                Box::new(builder.transport(self.transport.clone()).build().unwrap())
            }};
        }
        match api {
            "anthropic-messages" => adapter!(AnthropicAdapter::builder("key")),
            "gemini-generate" => adapter!(GeminiAdapter::builder("key")),
            "openai-chat" => adapter!(OpenAiCompatibleAdapter::builder("chat", "")),
            "openai-responses" => adapter!(OpenAiAdapter::builder("key")),
            other => panic!("no adapter for {other}"),
        }
    }
}
