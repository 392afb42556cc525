use std::time::Instant;

use async_trait::async_trait;
use futures::StreamExt as _;

use super::{Middleware, Next};
use crate::error::Error;
use crate::types::{EventStream, Request, Response, StreamEvent};

/// Reports every call through `tracing`: who was asked, how it ended, tokens and time; never what
/// was said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logging;

#[async_trait]
impl Middleware for Logging {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        let call = Call::begin(&request);
        let result = next.complete(request).await;
        match &result {
            Ok(response) => call.succeeded(response),
            Err(error) => call.failed(error),
        }
        result
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        let call = Call::begin(&request);
        match next.stream(request).await {
            Ok(events) => Ok(events
                .inspect(move |event| match event {
                    Ok(StreamEvent::Finish { response, .. }) => call.succeeded(response),
                    Ok(_) => {}
                    Err(error) => call.failed(error),
                })
                .boxed()),
            Err(error) => {
                call.failed(&error);
                Err(error)
            }
        }
    }
}

struct Call {
    provider: String,
    model: String,
    begun: Instant,
}

impl Call {
    fn begin(request: &Request) -> Self {
        let provider = request.provider.clone().unwrap_or_default();
        tracing::debug!(provider, model = request.model, "asking the model");
        Self {
            provider,
            model: request.model.clone(),
            begun: Instant::now(),
        }
    }

    fn succeeded(&self, response: &Response) {
        tracing::info!(
            provider = self.provider,
            model = self.model,
            finish_reason = %response.finish_reason.reason,
            input_tokens = response.usage.total_input_tokens(),
            output_tokens = response.usage.output_tokens,
            seconds = self.begun.elapsed().as_secs_f64(),
            "the model answered"
        );
    }

    fn failed(&self, error: &Error) {
        tracing::warn!(
            provider = self.provider,
            model = self.model,
            kind = %error.kind(),
            seconds = self.begun.elapsed().as_secs_f64(),
            "the model's answer failed"
        );
    }
}
