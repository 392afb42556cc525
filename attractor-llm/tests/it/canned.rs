//! A transport that answers from memory and keeps what it was sent.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use attractor_llm::provider::http::{Headers, HttpReply, HttpRequest, Transport};
use attractor_llm::{
    AnthropicAdapter, Error, ErrorKind, GeminiAdapter, Message, OpenAiAdapter,
    OpenAiCompatibleAdapter, ProviderAdapter, Request, Response, StreamEvent, async_trait,
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use serde_json::Value;

/// How a reply's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Closed,
    /// The connection breaks.
    Broken,
    /// Never: the connection stays open without a byte.
    Silent,
}

/// Gives every request the same reply.
#[derive(Debug)]
pub(crate) struct Canned {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How many bytes arrive at once.
    pub(crate) piece: usize,
    pub(crate) end: End,
    pub(crate) requests: Mutex<Vec<HttpRequest>>,
}

impl Canned {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            piece: usize::MAX,
            end: End::Closed,
            requests: Mutex::default(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(crate) fn events(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "text/event-stream; charset=utf-8", body)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn piece(mut self, piece: usize) -> Self {
        self.piece = piece;
        self
    }

    pub(crate) fn end(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    pub(crate) fn adapter(self) -> (AnthropicAdapter, Arc<Self>) {
        let canned = Arc::new(self);
        let builder = AnthropicAdapter::builder("secret-key").transport(canned.clone());
        (builder.build().unwrap(), canned)
    }

    pub(crate) fn openai(self) -> (OpenAiAdapter, Arc<Self>) {
        let canned = Arc::new(self);
        let builder = OpenAiAdapter::builder("secret-key").transport(canned.clone());
        (builder.build().unwrap(), canned)
    }

    /// Chat Completions at a host that isn't known.
    pub(crate) fn chat(self) -> (OpenAiCompatibleAdapter, Arc<Self>) {
        self.chat_at("https://llm.example.com/v1")
    }

    /// Chat Completions, with the habits of the service at the address.
    pub(crate) fn chat_at(self, base_url: &str) -> (OpenAiCompatibleAdapter, Arc<Self>) {
        let canned = Arc::new(self);
        let builder = OpenAiCompatibleAdapter::builder("chat", base_url)
            .api_key("secret-key")
            .transport(canned.clone());
        (builder.build().unwrap(), canned)
    }

    pub(crate) fn gemini(self) -> (GeminiAdapter, Arc<Self>) {
        let canned = Arc::new(self);
        let builder = GeminiAdapter::builder("secret-key").transport(canned.clone());
        (builder.build().unwrap(), canned)
    }

    /// The body of the only request.
    pub(crate) fn body_sent(&self) -> Value {
        let requests = self.requests.lock().unwrap();
        let [request] = requests.as_slice() else {
            panic!("{} requests", requests.len())
        };
        serde_json::from_slice(&request.body).unwrap()
    }

    /// The value of a header of the only request.
    pub(crate) fn header_sent(&self, name: &str) -> Option<String> {
        let requests = self.requests.lock().unwrap();
        let header = requests[0]
            .headers
            .iter()
            .find(|header| header.name == name)?;
        Some(header.value.clone())
    }
}

#[async_trait]
impl Transport for Canned {
    async fn post(&self, request: HttpRequest) -> Result<HttpReply, Error> {
        self.requests.lock().unwrap().push(request);
        let pieces: Vec<_> = self
            .body
            .chunks(self.piece.min(self.body.len().max(1)))
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        let body = stream::iter(pieces);
        let body = match self.end {
            End::Closed => body.boxed(),
            End::Broken => body
                .chain(stream::iter([Err(Error::new(
                    ErrorKind::Network,
                    "broken pipe",
                ))]))
                .boxed(),
            End::Silent => body.chain(stream::pending()).boxed(),
        };
        let headers: Headers = self.headers.iter().cloned().collect();
        Ok(HttpReply::new(self.status, headers, body))
    }
}

pub(crate) fn hello() -> Request {
    Request::new("claude-opus-4-6", vec![Message::user("hello")])
}

/// All that a stream gives: its events, and the error that it may end with.
pub(crate) async fn drain(
    adapter: &dyn ProviderAdapter,
    request: Request,
) -> (Vec<StreamEvent>, Option<Error>) {
    let mut stream = match adapter.stream(request).await {
        Ok(stream) => stream,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => {
                assert!(stream.next().await.is_none(), "something follows the error");
                return (events, Some(error));
            }
        }
    }
    (events, None)
}

/// The response at the end of a stream that succeeds.
pub(crate) async fn finished(adapter: &dyn ProviderAdapter, request: Request) -> Response {
    let (events, error) = drain(adapter, request).await;
    assert!(error.is_none(), "{error:?}");
    match events.into_iter().next_back() {
        Some(StreamEvent::Finish { response, .. }) => *response,
        other => panic!("the last event is {other:?}"),
    }
}
