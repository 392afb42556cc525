use std::future::ready;

use async_trait::async_trait;
use futures::StreamExt as _;
use rig_core::completion::CompletionRequest;
use rig_core::providers::openai::{OpenAI, OpenAIConfig};
use rig_core::streaming::{Item, StreamEvent};

use super::{Client, Deltas, PROMPT};

pub(super) const NAME: &str = "rig-core";

pub(super) struct Rig(OpenAI);

impl Rig {
    pub(super) fn new(base_url: &str) -> Self {
        Self(OpenAIConfig::new("key").with_base_url(base_url).client())
    }
}

#[async_trait]
impl Client for Rig {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn stream(&self, model: &str) -> Deltas {
        let items = self.0.chat(model).stream(CompletionRequest::new(PROMPT));
        items
            .unwrap()
            .filter_map(|item| {
                ready(match item.unwrap() {
                    Item::Event(StreamEvent::Text { text, .. }) => Some(text.len()),
                    _ => None,
                })
            })
            .boxed()
    }

    async fn complete(&self, model: &str) -> usize {
        let reply = self
            .0
            .chat(model)
            .call(CompletionRequest::new(PROMPT))
            .await;
        reply.unwrap().text().len()
    }
}
