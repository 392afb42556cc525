use std::future::ready;

use async_trait::async_trait;
use attractor_llm::{
    AnthropicAdapter, Client as LlmClient, Message, OpenAiAdapter, OpenAiCompatibleAdapter,
    Request, StreamEvent,
};
use futures::StreamExt as _;

use super::{Client, Deltas, PROMPT};

pub(super) const CHAT: &str = "attractor-llm";
pub(super) const MESSAGES: &str = "attractor-llm (Messages)";
pub(super) const RESPONSES: &str = "attractor-llm (Responses)";

pub(super) struct Attractor {
    name: &'static str,
    client: LlmClient,
}

impl Attractor {
    pub(super) fn new(name: &str, base_url: &str) -> Self {
        let builder = LlmClient::builder();
        let (name, builder) = match name {
            MESSAGES => {
                let base_url = base_url.trim_end_matches("/v1");
                let adapter = AnthropicAdapter::builder("key").base_url(base_url);
                (MESSAGES, builder.provider(adapter.build().unwrap()))
            }
            CHAT => {
                let adapter = OpenAiCompatibleAdapter::builder("chat", base_url).api_key("key");
                (CHAT, builder.provider(adapter.build().unwrap()))
            }
            _ => {
                let adapter = OpenAiAdapter::builder("key").base_url(base_url);
                (RESPONSES, builder.provider(adapter.build().unwrap()))
            }
        };
        let client = builder.build().unwrap();
        Self { name, client }
    }
}

fn request(model: &str) -> Request {
    Request::new(model, vec![Message::user(PROMPT)])
}

#[async_trait]
impl Client for Attractor {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn stream(&self, model: &str) -> Deltas {
        let events = self.client.stream(request(model)).await.unwrap();
        events
            .filter_map(|event| {
                ready(match event.unwrap() {
                    StreamEvent::TextDelta { delta, .. } => Some(delta.len()),
                    _ => None,
                })
            })
            .boxed()
    }

    async fn complete(&self, model: &str) -> usize {
        let response = self.client.complete(request(model)).await.unwrap();
        response.text().len()
    }
}
