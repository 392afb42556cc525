//! The same question gets the same answer, without asking again.

mod flight;
mod key;
mod memory;
mod replay;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;

use self::flight::Flights;
pub use self::memory::MemoryStore;
use super::{Middleware, Next};
use crate::error::Error;
use crate::limits::CACHE_TTL;
use crate::types::{EventStream, FinishReasonKind, Request, Response, StreamEvent, Warning};

/// The code of the warning that marks an answer of the cache.
const CACHED: &str = "cached_response";

/// Answers equal requests from a store.
///
/// Two requests are equal when everything in them is, their provider included; the order of the
/// keys in JSON doesn't matter, and neither does whether the answer is streamed. A cached answer
/// comes whole or as events, with the usage and the id of the answer that was stored, and with a
/// warning of the code `cached_response`, by which [`CostBudget`](super::CostBudget) tells that it
/// cost nothing. It has no [`rate_limit`](Response::rate_limit).
///
/// Stored is an answer that ended in `stop` or `tool_calls`. Neither an error, an answer that was cut
/// off or filtered, nor a stream that was dropped is. A request that sets a temperature above zero
/// asks for variety and passes the cache by; [`only_if`](Self::only_if) sets another rule.
///
/// Equal requests at the same time ask the provider once, if they wait for whole answers; streams
/// don't wait for each other.
///
/// ```
/// use attractor_llm::testing::{Script, ScriptedProvider, Turn};
/// use attractor_llm::{Client, Message, Request, ResponseCache};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let model = ScriptedProvider::new(Script::new().turn(Turn::text("Seven.")));
/// let cache = ResponseCache::in_memory();
/// let client = Client::builder().provider(model.clone()).middleware(cache).build()?;
/// for _ in 0..2 {
///     let request = Request::new("any", vec![Message::user("Name a prime.")]);
///     assert_eq!(client.complete(request).await?.text(), "Seven.");
/// }
/// assert_eq!(model.requests().len(), 1);
/// # Ok::<(), attractor_llm::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ResponseCache {
    store: Arc<dyn CacheStore>,
    ttl: Duration,
    only_if: Arc<dyn Fn(&Request) -> bool + Send + Sync>,
    flights: Flights,
}

/// Where a [`ResponseCache`] keeps its answers.
#[async_trait]
pub trait CacheStore: fmt::Debug + Send + Sync + 'static {
    /// The answer stored under `key`.
    ///
    /// # Behavior
    ///
    /// - `None` when there is none, when its time is over, and when the store fails.
    async fn get(&self, key: &str) -> Option<Response>;

    /// Stores an answer for as long as `ttl`.
    ///
    /// # Behavior
    ///
    /// - `key` is the whole request as JSON: a store may hash it, but must not log it.
    /// - A store that fails, or has no room, doesn't store.
    async fn put(&self, key: &str, response: &Response, ttl: Duration);
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn CacheStore> = None;

impl ResponseCache {
    /// A cache in memory, with the limits that [`MemoryStore`] has unless told otherwise.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(MemoryStore::default())
    }

    /// A cache over a store.
    #[must_use]
    pub fn new(store: impl CacheStore) -> Self {
        Self {
            store: Arc::new(store),
            ttl: CACHE_TTL,
            only_if: Arc::new(|request| request.temperature.unwrap_or(0.0) <= 0.0),
            flights: Flights::default(),
        }
    }

    /// Sets how long an answer is good for; an hour unless set.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Sets which requests use the cache, in place of those without a temperature above zero.
    #[must_use]
    pub fn only_if(mut self, rule: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        self.only_if = Arc::new(rule);
        self
    }

    /// The key of a request that may use the cache.
    fn key(&self, request: &Request) -> Option<String> {
        (self.only_if)(request).then(|| key::of(request)).flatten()
    }

    async fn find(&self, key: &str) -> Option<Response> {
        let mut response = self.store.get(key).await?;
        let warning = Warning::new(CACHED, "the answer comes from the response cache");
        response.warnings.push(warning);
        response.rate_limit = None;
        Some(response)
    }

    async fn keep(&self, key: &str, response: &Response) {
        let complete = [FinishReasonKind::Stop, FinishReasonKind::ToolCalls];
        if complete.contains(&response.finish_reason.reason) && !is_cached(response) {
            self.store.put(key, response, self.ttl).await;
        }
    }
}

impl fmt::Debug for ResponseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseCache")
            .field("store", &self.store)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Middleware for ResponseCache {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        let Some(key) = self.key(&request) else {
            return next.complete(request).await;
        };
        // Whoever waits here finds the answer of the one before, or asks if that one failed.
        let _turn = self.flights.turn(&key).await;
        if let Some(response) = self.find(&key).await {
            return Ok(response);
        }
        let response = next.complete(request).await?;
        self.keep(&key, &response).await;
        Ok(response)
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        let Some(key) = self.key(&request) else {
            return next.stream(request).await;
        };
        if let Some(response) = self.find(&key).await {
            return Ok(replay::stream(response));
        }
        let events = next.stream(request).await?;
        let place = Arc::new((self.clone(), key));
        let keep = move |event| {
            let place = Arc::clone(&place);
            async move {
                if let Ok(StreamEvent::Finish { response, .. }) = &event {
                    place.0.keep(&place.1, response).await;
                }
                event
            }
        };
        Ok(events.then(keep).boxed())
    }
}

/// Whether a cache gave this answer.
pub(super) fn is_cached(response: &Response) -> bool {
    let mut codes = response.warnings.iter().map(|it| it.code.as_deref());
    codes.any(|code| code == Some(CACHED))
}
