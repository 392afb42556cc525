//! A store in memory that forgets what wasn't used for longest.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::CacheStore;
use crate::limits::{MAX_CACHED_BYTES, MAX_CACHED_RESPONSES};
use crate::types::Response;

/// Keeps answers in memory, up to a number of answers and of bytes.
///
/// What wasn't used for longest makes room for what is new. Counted are the bytes of request and
/// answer as JSON; an answer larger than the limit isn't kept.
///
/// ```
/// use attractor_llm::ResponseCache;
/// use attractor_llm::middleware::MemoryStore;
///
/// let cache = ResponseCache::new(MemoryStore::new(100, 1_000_000));
/// # let _ = cache;
/// ```
pub struct MemoryStore {
    max_responses: usize,
    max_bytes: usize,
    kept: Mutex<Kept>,
}

/// What is kept; the bytes and the order always fit the entries.
#[derive(Default)]
struct Kept {
    entries: HashMap<Arc<str>, Entry>,
    /// Keys by when they were last used.
    order: BTreeMap<u64, Arc<str>>,
    bytes: usize,
    /// Counts uses.
    now: u64,
}

struct Entry {
    response: Arc<[u8]>,
    /// `None`: never.
    ends: Option<Instant>,
    used: u64,
}

impl MemoryStore {
    /// A store of so many answers and bytes.
    #[must_use]
    pub fn new(max_responses: usize, max_bytes: usize) -> Self {
        Self {
            max_responses,
            max_bytes,
            kept: Mutex::default(),
        }
    }

    /// How many answers are kept, those included whose time is over but that weren't asked for since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept().entries.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thousand answers, 64 MiB.
impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(MAX_CACHED_RESPONSES, MAX_CACHED_BYTES)
    }
}

/// The numbers, not what was said.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept();
        f.debug_struct("MemoryStore")
            .field("responses", &kept.entries.len())
            .field("bytes", &kept.bytes)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl CacheStore for MemoryStore {
    async fn get(&self, key: &str) -> Option<Response> {
        let json = self.kept().get(key)?;
        serde_json::from_slice(&json).ok()
    }

    async fn put(&self, key: &str, response: &Response, ttl: Duration) {
        let Ok(json) = serde_json::to_vec(response) else {
            return;
        };
        let size = key.len() + json.len();
        if size > self.max_bytes || self.max_responses == 0 {
            return;
        }
        let mut kept = self.kept();
        kept.remove(key);
        while kept.entries.len() >= self.max_responses || kept.bytes + size > self.max_bytes {
            kept.remove_oldest();
        }
        kept.insert(key, json, Instant::now().checked_add(ttl));
    }
}

impl Kept {
    fn get(&mut self, key: &str) -> Option<Arc<[u8]>> {
        let entry = self.entries.get_mut(key)?;
        if entry.ends.is_some_and(|ends| ends <= Instant::now()) {
            self.remove(key);
            return None;
        }
        self.now += 1;
        let name = self.order.remove(&entry.used)?;
        entry.used = self.now;
        self.order.insert(self.now, name);
        Some(Arc::clone(&entry.response))
    }

    fn insert(&mut self, key: &str, json: Vec<u8>, ends: Option<Instant>) {
        let key: Arc<str> = key.into();
        self.now += 1;
        self.bytes += key.len() + json.len();
        self.order.insert(self.now, Arc::clone(&key));
        let entry = Entry {
            response: json.into(),
            ends,
            used: self.now,
        };
        self.entries.insert(key, entry);
    }

    fn remove(&mut self, key: &str) {
        if let Some((key, entry)) = self.entries.remove_entry(key) {
            self.order.remove(&entry.used);
            self.bytes -= key.len() + entry.response.len();
        }
    }

    fn remove_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_first() {
            self.remove(&key);
        }
    }
}
