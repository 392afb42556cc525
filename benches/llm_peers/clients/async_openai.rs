use std::future::ready;

use ::async_openai::config::OpenAIConfig;
use ::async_openai::types::chat::{
    ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequest,
    CreateChatCompletionRequestArgs,
};
use async_trait::async_trait;
use futures::StreamExt as _;

use super::{Client, Deltas, PROMPT};

pub(super) const NAME: &str = "async-openai";

pub(super) struct AsyncOpenAi(::async_openai::Client<OpenAIConfig>);

impl AsyncOpenAi {
    pub(super) fn new(base_url: &str) -> Self {
        let config = OpenAIConfig::new()
            .with_api_base(base_url)
            .with_api_key("key");
        Self(::async_openai::Client::with_config(config))
    }
}

fn request(model: &str) -> CreateChatCompletionRequest {
    let message = ChatCompletionRequestUserMessageArgs::default()
        .content(PROMPT)
        .build()
        .unwrap();
    CreateChatCompletionRequestArgs::default()
        .model(model)
        .messages([message.into()])
        .build()
        .unwrap()
}

#[async_trait]
impl Client for AsyncOpenAi {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn stream(&self, model: &str) -> Deltas {
        let chunks = self.0.chat().create_stream(request(model)).await.unwrap();
        chunks
            .filter_map(|chunk| {
                let choice = chunk.unwrap().choices.pop();
                let text = choice.and_then(|choice| choice.delta.content);
                ready(text.map(|text| text.len()))
            })
            .boxed()
    }

    async fn complete(&self, model: &str) -> usize {
        let response = self.0.chat().create(request(model)).await.unwrap();
        let text = &response.choices[0].message.content;
        text.as_deref().unwrap_or_default().len()
    }
}
