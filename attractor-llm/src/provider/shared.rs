//! [`HttpTransport`]: connections to any host, for adapters that share them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::http::{HttpReply, HttpRequest, Transport};
use super::timeouts::Timeouts;
use super::transport::PooledTransport;
use crate::error::Error;
use crate::limits::MAX_POOLED_HOSTS;

/// Exchanges requests with any host, over connections that are kept open between requests.
///
/// An adapter makes its own unless it is given one. Give one to several to share connections, or to a
/// transport of your own that does something before or after.
///
/// ```
/// use std::sync::Arc;
///
/// use attractor_llm::provider::http::HttpTransport;
/// use attractor_llm::{AnthropicAdapter, OpenAiAdapter};
///
/// let transport = Arc::new(HttpTransport::default());
/// let anthropic = AnthropicAdapter::builder("sk-ant-…").transport(transport.clone()).build()?;
/// let openai = OpenAiAdapter::builder("sk-…").transport(transport).build()?;
/// # let _ = (anthropic, openai);
/// # Ok::<(), attractor_llm::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct HttpTransport {
    timeouts: Timeouts,
    by_origin: Mutex<HashMap<String, Arc<PooledTransport>>>,
}

impl HttpTransport {
    /// A transport that waits for a connection as long as these time-outs say; the others are kept by
    /// the adapters.
    #[must_use]
    pub fn new(timeouts: Timeouts) -> Self {
        Self {
            timeouts,
            by_origin: Mutex::default(),
        }
    }

    fn pool(&self, url: &str) -> Result<Arc<PooledTransport>, Error> {
        let origin = origin(url);
        let mut pools = self
            .by_origin
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(origin) {
            return Ok(Arc::clone(pool));
        }
        let pool = Arc::new(PooledTransport::new(origin, self.timeouts)?);
        if pools.len() < MAX_POOLED_HOSTS {
            pools.insert(origin.to_owned(), Arc::clone(&pool));
        }
        Ok(pool)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn post(&self, request: HttpRequest) -> Result<HttpReply, Error> {
        self.pool(&request.url)?.post(request).await
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']);
    end.map_or(url, |end| &url[..host + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requests_to_one_host_share_connections() {
        let transport = HttpTransport::default();
        let first = transport.pool("https://a.b:1/v1/x?y").unwrap();
        assert!(Arc::ptr_eq(
            &first,
            &transport.pool("https://a.b:1/z").unwrap()
        ));
        assert!(!Arc::ptr_eq(
            &first,
            &transport.pool("https://a.b/z").unwrap()
        ));
    }

    #[test]
    fn an_address_that_is_none_is_an_error() {
        assert!(transport_error("nonsense").contains("base URL"));
    }

    fn transport_error(url: &str) -> String {
        HttpTransport::default().pool(url).unwrap_err().to_string()
    }
}
