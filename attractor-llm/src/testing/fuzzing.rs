//! What must hold of an adapter whatever a server sends: for the fuzz targets and the test that
//! damages recordings. Not part of the documented interface.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;
use crate::provider::ProviderAdapter;
use crate::provider::http::{HttpReply, HttpRequest, Transport};
use crate::types::{Message, Request, StreamEvent};

/// What may come of each byte that a server sends: it is in the text, in its own event, in the raw
/// reply and escaped in each of them, and once more where items are kept for replay.
const GROWTH: usize = 64;

/// What may come of nothing: ids, names and empty fields.
const FIXED: usize = 16 * 1024;

/// Every built-in API that there is an adapter for.
pub const APIS: &[&str] = &[
    #[cfg(feature = "anthropic")]
    "anthropic-messages",
    #[cfg(feature = "gemini")]
    "gemini-generate",
    #[cfg(feature = "openai-compatible")]
    "openai-chat",
    #[cfg(feature = "openai")]
    "openai-responses",
];

/// Sends the bytes as a stream, as a whole reply, as an error and as the data of events, line by
/// line, through the adapter of the API.
///
/// # Errors
///
/// What didn't hold: an event after the last, none at the end, or more than could come of the bytes.
pub fn check(api: &str, bytes: &[u8]) -> Result<(), String> {
    let piece = 1 + bytes.len() % 61;
    let stream = |bytes: &[u8]| Reply::new(200, "text/event-stream", bytes, piece);
    RUNTIME.with(|runtime| {
        let runtime = runtime.as_ref().map_err(ToString::to_string)?;
        runtime.block_on(async {
            streamed(api, stream(bytes)).await?;
            streamed(api, stream(&events(bytes))).await?;
            streamed(api, Reply::new(200, "application/json", bytes, piece)).await?;
            whole(api, Reply::new(200, "application/json", bytes, piece)).await?;
            whole(api, Reply::new(400, "application/json", bytes, piece)).await
        })
    })
}

thread_local! {
    static RUNTIME: std::io::Result<Runtime> = Builder::new_current_thread().enable_time().build();
}

/// Each line as the data of an event.
fn events(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines
        .flat_map(|line| [b"data: ", line, b"\n\n"].concat())
        .collect()
}

async fn streamed(api: &str, reply: Reply) -> Result<(), String> {
    let room = reply.room();
    let Ok(mut events) = adapter(api, reply)?.stream(request()).await else {
        return Ok(());
    };
    let (mut size, mut ended) = (0, false);
    while let Some(event) = events.next().await {
        if ended {
            return Err(format!("{event:?} comes after the end"));
        }
        ended = match event {
            Ok(event) => {
                size += length(&event)?;
                matches!(event, StreamEvent::Finish { .. })
            }
            Err(error) => {
                size += length(&error.partial_response())?;
                true
            }
        };
        if size > room {
            return Err(format!("events of more than {room} bytes"));
        }
    }
    if ended {
        Ok(())
    } else {
        Err("neither a response nor an error at the end".to_owned())
    }
}

async fn whole(api: &str, reply: Reply) -> Result<(), String> {
    let (room, status) = (reply.room(), reply.status);
    let size = match adapter(api, reply)?.complete(request()).await {
        Ok(response) if status == 200 => length(&response)?,
        Ok(_) => return Err(format!("status {status} is a success")),
        Err(error) => {
            let mut text = String::new();
            write!(text, "{error} {error:?}").map_err(|error| error.to_string())?;
            text.len()
        }
    };
    if size > room {
        Err(format!("{size} bytes where {room} are many"))
    } else {
        Ok(())
    }
}

fn length(value: &impl serde::Serialize) -> Result<usize, String> {
    serde_json::to_vec(value)
        .map(|it| it.len())
        .map_err(|error| error.to_string())
}

fn request() -> Request {
    Request::new("model", vec![Message::user("hello")])
}

fn adapter(api: &str, reply: Reply) -> Result<Box<dyn ProviderAdapter>, String> {
    let transport = Arc::new(reply);
    let adapter: Result<Box<dyn ProviderAdapter>, Error> = match api {
        #[cfg(feature = "anthropic")]
        "anthropic-messages" => crate::AnthropicAdapter::builder("key")
            .transport(transport)
            .build()
            .map(|it| Box::new(it) as _),
        #[cfg(feature = "gemini")]
        "gemini-generate" => crate::GeminiAdapter::builder("key")
            .transport(transport)
            .build()
            .map(|it| Box::new(it) as _),
        #[cfg(feature = "openai-compatible")]
        "openai-chat" => crate::OpenAiCompatibleAdapter::builder("chat", "http://127.0.0.1/v1")
            .transport(transport)
            .build()
            .map(|it| Box::new(it) as _),
        #[cfg(feature = "openai")]
        "openai-responses" => crate::OpenAiAdapter::builder("key")
            .transport(transport)
            .build()
            .map(|it| Box::new(it) as _),
        other => return Err(format!("no adapter for {other}, nor for {transport:?}")),
    };
    adapter.map_err(|error| error.to_string())
}

/// Gives every request the same reply.
#[derive(Debug)]
struct Reply {
    status: u16,
    content_type: &'static str,
    pieces: Vec<Bytes>,
}

impl Reply {
    fn new(status: u16, content_type: &'static str, bytes: &[u8], piece: usize) -> Self {
        let pieces = bytes.chunks(piece).map(Bytes::copy_from_slice);
        Self {
            status,
            content_type,
            pieces: pieces.collect(),
        }
    }

    /// How many bytes may come of it.
    fn room(&self) -> usize {
        let bytes: usize = self.pieces.iter().map(Bytes::len).sum();
        FIXED + GROWTH * bytes
    }
}

#[async_trait]
impl Transport for Reply {
    async fn post(&self, _: HttpRequest) -> Result<HttpReply, Error> {
        let headers = [("content-type", self.content_type)].into_iter().collect();
        let body = stream::iter(self.pieces.clone()).map(Ok).boxed();
        Ok(HttpReply::new(self.status, headers, body))
    }
}
