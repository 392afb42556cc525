use std::future::ready;

use ::genai::adapter::AdapterKind;
use ::genai::chat::{ChatMessage, ChatRequest, ChatStreamEvent};
use ::genai::resolver::{AuthData, Endpoint};
use ::genai::{ModelIden, ServiceTarget};
use async_trait::async_trait;
use futures::StreamExt as _;

use super::{Client, Deltas, PROMPT};

pub(super) const NAME: &str = "genai";

pub(super) struct GenAi {
    client: ::genai::Client,
    base_url: String,
}

impl GenAi {
    pub(super) fn new(base_url: &str) -> Self {
        Self {
            client: ::genai::Client::builder().build().unwrap(),
            base_url: format!("{base_url}/"),
        }
    }

    fn target(&self, model: &str) -> ServiceTarget {
        ServiceTarget {
            endpoint: Endpoint::from_owned(self.base_url.clone()),
            auth: AuthData::from_single("key"),
            model: ModelIden::new(AdapterKind::OpenAI, model),
        }
    }
}

fn request() -> ChatRequest {
    ChatRequest::new(vec![ChatMessage::user(PROMPT)])
}

#[async_trait]
impl Client for GenAi {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn stream(&self, model: &str) -> Deltas {
        let target = self.target(model);
        let reply = self.client.exec_chat_stream(target, request(), None).await;
        let events = reply.unwrap().stream;
        events
            .filter_map(|event| {
                ready(match event.unwrap() {
                    ChatStreamEvent::Chunk(chunk) => Some(chunk.content.len()),
                    _ => None,
                })
            })
            .boxed()
    }

    async fn complete(&self, model: &str) -> usize {
        let target = self.target(model);
        let response = self.client.exec_chat(target, request(), None).await;
        response.unwrap().first_text().unwrap_or_default().len()
    }
}
