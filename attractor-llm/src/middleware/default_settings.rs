//! Settings for requests that have none.

use async_trait::async_trait;
use serde_json::Value;

use super::{Middleware, Next};
use crate::error::Error;
use crate::types::{EventStream, Request, Response};

/// Fills in what a request leaves open, from a request that serves as the pattern.
///
/// What the request sets itself stays. `metadata` and `provider_options` are filled in key by key.
/// Model, messages, provider and tools of the pattern aren't used.
///
/// ```
/// use attractor_llm::{Client, DefaultSettings, Request};
///
/// let defaults = Request::new("", vec![]).temperature(0.2).max_tokens(2_000);
/// let builder = Client::builder().middleware(DefaultSettings::new(defaults));
/// # let _ = builder;
/// ```
#[derive(Clone, Debug)]
pub struct DefaultSettings(Request);

impl DefaultSettings {
    /// Defaults as they stand in `pattern`.
    #[must_use]
    pub fn new(pattern: Request) -> Self {
        Self(pattern)
    }

    fn fill(&self, mut request: Request) -> Request {
        let defaults = self.0.clone();
        request.tool_choice = match request.tools.is_empty() {
            true => request.tool_choice,
            false => request.tool_choice.or(defaults.tool_choice),
        };
        request.response_format = request.response_format.or(defaults.response_format);
        request.temperature = request.temperature.or(defaults.temperature);
        request.top_p = request.top_p.or(defaults.top_p);
        request.max_tokens = request.max_tokens.or(defaults.max_tokens);
        request.reasoning_effort = request.reasoning_effort.or(defaults.reasoning_effort);
        if request.stop_sequences.is_empty() {
            request.stop_sequences = defaults.stop_sequences;
        }
        for (key, value) in defaults.metadata {
            request.metadata.entry(key).or_insert(value);
        }
        for (provider, options) in defaults.provider_options {
            match (request.provider_options.get_mut(&provider), options) {
                (Some(Value::Object(own)), Value::Object(options)) => {
                    for (key, value) in options {
                        own.entry(key).or_insert(value);
                    }
                }
                (Some(_), _) => {}
                (None, options) => {
                    request.provider_options.insert(provider, options);
                }
            }
        }
        request
    }
}

#[async_trait]
impl Middleware for DefaultSettings {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        next.complete(self.fill(request)).await
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        next.stream(self.fill(request)).await
    }
}
