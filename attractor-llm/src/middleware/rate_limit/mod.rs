//! Limits kept by the client, so that the provider's aren't reached.

mod gate;
mod window;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;

use self::gate::{Gate, Pass};
use self::window::Limits;
use super::response_cache::is_cached;
use super::{Middleware, Next};
use crate::error::Error;
use crate::limits::{BYTES_A_TOKEN, MAX_RATE_LIMIT_WAIT};
use crate::types::{EventStream, Request, Response, StreamEvent, Usage};

/// Lets so many requests and tokens through in any minute, and so many at a time; the rest wait.
///
/// Clones share the limits, so that several clients can. Calls wait in the order they came; one that
/// is dropped leaves the queue. A call that would wait longer than [`max_wait`](Self::max_wait) is
/// an error of kind [`ErrorKind::RateLimit`](crate::ErrorKind::RateLimit) with the code
/// `client_rate_limit` that says after how long to try again.
///
/// Tokens are those of prompt and answer. Before the answer they are estimated from the size of the
/// request; with the answer comes the true number, and it counts from when the call began. An answer
/// that failed without a partial response counts none, one whose stream was dropped keeps its
/// estimate. A stream counts as under way until it ends or is dropped.
///
/// ```
/// use std::time::Duration;
///
/// use attractor_llm::{Client, RateLimit};
///
/// let limit = RateLimit::new()
///     .requests_per_minute(50)
///     .tokens_per_minute(40_000)
///     .max_concurrent(8)
///     .max_wait(Duration::from_secs(90));
/// let builder = Client::builder().middleware(limit);
/// # let _ = builder;
/// ```
#[derive(Clone, Debug)]
pub struct RateLimit {
    limits: Limits,
    max_concurrent: Option<usize>,
    max_wait: Duration,
    /// Empty: all.
    providers: Vec<String>,
    gate: Arc<Gate>,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::new()
    }
}

impl RateLimit {
    /// No limit yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limits: Limits::default(),
            max_concurrent: None,
            max_wait: MAX_RATE_LIMIT_WAIT,
            providers: Vec::new(),
            gate: Arc::new(Gate::new(Limits::default(), None)),
        }
    }

    /// Sets how many requests may begin in any minute; at least one.
    #[must_use]
    pub fn requests_per_minute(mut self, requests: usize) -> Self {
        self.limits.requests = Some(requests.max(1));
        self.renewed()
    }

    /// Sets how many tokens the requests that begin in any minute may use. A request that needs more
    /// by itself waits for an empty minute.
    #[must_use]
    pub fn tokens_per_minute(mut self, tokens: u64) -> Self {
        self.limits.tokens = Some(tokens);
        self.renewed()
    }

    /// Sets how many calls may be under way at a time; at least one.
    #[must_use]
    pub fn max_concurrent(mut self, calls: usize) -> Self {
        self.max_concurrent = Some(calls.max(1));
        self.renewed()
    }

    /// Sets how long a call waits at most; a minute unless set.
    #[must_use]
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    /// Leaves the requests to other providers alone; may be said for several, which then share the
    /// limits.
    #[must_use]
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.providers.push(name.into());
        self
    }

    /// With a gate for the limits as they are now.
    fn renewed(mut self) -> Self {
        self.gate = Arc::new(Gate::new(self.limits, self.max_concurrent));
        self
    }

    /// Waits for the call's turn; `None` if it isn't limited.
    async fn pass(&self, request: &Request) -> Result<Option<Pass>, Error> {
        let provider = request.provider.as_deref().unwrap_or_default();
        if !self.providers.is_empty() && !self.providers.iter().any(|name| name == provider) {
            return Ok(None);
        }
        let tokens = match self.limits.tokens {
            Some(_) => estimate(request),
            None => 0,
        };
        let pass = self.gate.pass(tokens, self.max_wait).await;
        pass.map(Some)
            .map_err(|error| error.with_provider(provider))
    }
}

#[async_trait]
impl Middleware for RateLimit {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        let pass = self.pass(&request).await?;
        let result = next.complete(request).await;
        settle(pass.as_ref(), result.as_ref());
        result
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        let mut pass = self.pass(&request).await?;
        let events = next.stream(request).await;
        if let Err(error) = &events {
            settle(pass.as_ref(), Err(error));
        }
        Ok(events?
            .inspect(move |event| {
                let result = match event {
                    Ok(StreamEvent::Finish { response, .. }) => Ok(&**response),
                    Ok(_) => return,
                    Err(error) => Err(error),
                };
                // The place is free for the next one, however long this stream is kept.
                settle(pass.take().as_ref(), result);
            })
            .boxed())
    }
}

fn settle(pass: Option<&Pass>, result: Result<&Response, &Error>) {
    let answer = result.map_or_else(Error::partial_response, Some);
    let used = match answer {
        Some(response) if is_cached(response) => 0,
        Some(response) => used(&response.usage),
        None => 0,
    };
    if let Some(pass) = pass {
        pass.used(used);
    }
}

fn used(usage: &Usage) -> u64 {
    let counted = usage
        .total_input_tokens()
        .saturating_add(usage.output_tokens);
    counted.max(usage.total_tokens)
}

/// About how many tokens the prompt has.
fn estimate(request: &Request) -> u64 {
    let mut size = Size(0);
    // What can't be written as JSON can't be sent either.
    let _ = serde_json::to_writer(&mut size, request);
    size.0 / BYTES_A_TOKEN
}

/// Counts what is written.
struct Size(u64);

impl std::io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
