//! Reasoning that a server sends as text between tags.

mod events;
mod splitter;

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;

use self::events::Rewriter;
use self::splitter::{Piece, Splitter};
use super::{Middleware, Next};
use crate::error::Error;
use crate::types::{
    ContentPart, EventStream, Message, Origin, Request, Response, TextData, ThinkingData,
};

/// Turns `<think>…</think>` in text into reasoning, as compatible servers send it.
///
/// In whole answers and in streams, wherever a delta ends: a tag that comes in pieces is held back
/// until it is known to be one. A block that isn't closed goes on to the end of its text. Whitespace
/// just inside the tags goes, as does what stands between the beginning of the text, the blocks and
/// the answer; a block of nothing but whitespace leaves nothing. Text without the tag stays as it is.
///
/// ```
/// use attractor_llm::testing::{Script, ScriptedProvider, Turn};
/// use attractor_llm::{Client, ExtractThinking, Message, Request};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let model = ScriptedProvider::new(Script::new().turn(Turn::text("<think>2 is.</think>\n\nTwo.")));
/// let client = Client::builder().provider(model).middleware(ExtractThinking::new()).build()?;
/// let answer = client.complete(Request::new("any", vec![Message::user("Name a prime.")])).await?;
/// assert_eq!(answer.reasoning().as_deref(), Some("2 is."));
/// assert_eq!(answer.text(), "Two.");
/// # Ok::<(), attractor_llm::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExtractThinking {
    tags: Arc<Tags>,
    /// Empty: all.
    providers: Vec<String>,
}

/// What the blocks look like.
#[derive(Clone, Debug)]
struct Tags {
    open: String,
    close: String,
    /// Whether a text begins inside a block whose opening tag was in the prompt.
    begins_inside: bool,
}

impl Tags {
    fn named(name: &str, begins_inside: bool) -> Arc<Self> {
        Arc::new(Self {
            open: format!("<{name}>"),
            close: format!("</{name}>"),
            begins_inside,
        })
    }
}

impl Default for ExtractThinking {
    fn default() -> Self {
        Self::new()
    }
}

impl ExtractThinking {
    /// For the tag `think`, in the answers of all providers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tags: Tags::named("think", false),
            providers: Vec::new(),
        }
    }

    /// Sets the name of the tag, without its brackets.
    #[must_use]
    pub fn tag(mut self, name: &str) -> Self {
        self.tags = Tags::named(name, self.tags.begins_inside);
        self
    }

    /// Takes the first text of an answer for reasoning up to the closing tag: some servers put the
    /// opening one into the prompt. Only for models that always reason.
    #[must_use]
    pub fn begins_inside(mut self) -> Self {
        self.tags = Arc::new(Tags {
            begins_inside: true,
            ..(*self.tags).clone()
        });
        self
    }

    /// Leaves the answers of other providers alone; may be said for several.
    #[must_use]
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.providers.push(name.into());
        self
    }

    /// How to rewrite the answer to a request; `None` if it isn't to be.
    fn rewrite(&self, request: &Request) -> Option<Rewrite> {
        let provider = request.provider.clone().unwrap_or_default();
        if !self.providers.is_empty() && !self.providers.contains(&provider) {
            return None;
        }
        Some(Rewrite {
            tags: Arc::clone(&self.tags),
            origin: Origin::new(provider, &request.model),
        })
    }
}

#[async_trait]
impl Middleware for ExtractThinking {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        let rewrite = self.rewrite(&request);
        let response = next.complete(request).await?;
        Ok(match rewrite {
            Some(rewrite) => rewrite.response(response),
            None => response,
        })
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        let rewrite = self.rewrite(&request);
        let events = next.stream(request).await?;
        let Some(rewrite) = rewrite else {
            return Ok(events);
        };
        let mut rewriter = Rewriter::new(rewrite);
        let rewritten = events.flat_map(move |event| futures::stream::iter(rewriter.apply(event)));
        Ok(rewritten.boxed())
    }
}

/// One answer's rewriting.
#[derive(Clone, Debug)]
struct Rewrite {
    tags: Arc<Tags>,
    /// Who reasons: what isn't its own is never sent to another model.
    origin: Origin,
}

impl Rewrite {
    /// A splitter for the answer's first text, or for a later one.
    fn splitter(&self, is_first: bool) -> Splitter {
        Splitter::new(Arc::clone(&self.tags), is_first)
    }

    fn thinking(&self, text: String) -> ThinkingData {
        ThinkingData::new(text).origin(self.origin.clone())
    }

    fn response(&self, mut response: Response) -> Response {
        response.message = self.message(response.message);
        response
    }

    fn message(&self, mut message: Message) -> Message {
        let mut is_first = true;
        let mut content = Vec::with_capacity(message.content.len());
        for part in message.content {
            match part {
                ContentPart::Text(data) => {
                    content.extend(self.parts(data, is_first));
                    is_first = false;
                }
                other => content.push(other),
            }
        }
        message.content = content.into();
        message
    }

    /// The parts that a text falls into; what the provider attached stays with the first text.
    fn parts(&self, data: TextData, is_first: bool) -> Vec<ContentPart> {
        let mut splitter = self.splitter(is_first);
        let mut pieces = Vec::new();
        splitter.push(&data.text, &mut pieces);
        splitter.finish(&mut pieces);
        if !splitter.found() {
            return vec![ContentPart::Text(data)];
        }
        let mut metadata = data.provider_metadata;
        let mut parts: Vec<ContentPart> = Vec::new();
        let mut open = false;
        for piece in pieces {
            match (piece, parts.last_mut().filter(|_| open)) {
                (Piece::Text(text), Some(ContentPart::Text(last))) => last.text.push_str(&text),
                (Piece::Thinking(text), Some(ContentPart::Thinking(last))) => {
                    last.text.push_str(&text);
                }
                (Piece::Text(text), _) => {
                    let mut data = TextData::new(text);
                    data.provider_metadata = metadata.take();
                    parts.push(ContentPart::Text(data));
                    open = true;
                }
                (Piece::Thinking(text), _) => {
                    parts.push(ContentPart::Thinking(self.thinking(text)));
                    open = true;
                }
                (Piece::Boundary, _) => open = false,
            }
        }
        parts
    }
}
