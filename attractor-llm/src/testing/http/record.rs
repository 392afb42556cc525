//! [`RecordedRequest`] and the bounded list of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request};
use serde_json::Value;

use crate::testing::limits::{MAX_RECORDED_BYTES, MAX_RECORDED_REQUESTS, MAX_REQUEST_BYTES};

/// A request as the server received it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body; a string if it isn't JSON.
    pub body: Value,
    /// The body's bytes.
    pub raw: Bytes,
}

/// Reads the whole of a request; `None` when its body is cut off or too large.
pub(in crate::testing) async fn receive(request: Request<Incoming>) -> Option<(Parts, Bytes)> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BYTES).collect().await.ok()?;
    Some((parts, body.to_bytes()))
}

/// The newest requests, bounded in number and bytes.
#[derive(Debug, Default)]
pub(in crate::testing) struct Records(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<(usize, RecordedRequest)>,
    bytes: usize,
}

impl Records {
    /// Keeps a request and returns it.
    pub(in crate::testing) fn record(&self, parts: &Parts, body: &Bytes) -> RecordedRequest {
        let text = || Value::String(String::from_utf8_lossy(body).into_owned());
        let request = RecordedRequest {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            headers: header_map(&parts.headers),
            body: serde_json::from_slice(body).unwrap_or_else(|_| text()),
            raw: body.clone(),
        };
        self.push(body.len(), request.clone());
        request
    }

    /// Adds a request whose body had `bytes` bytes.
    fn push(&self, bytes: usize, request: RecordedRequest) {
        let mut kept = self.lock();
        kept.bytes += bytes;
        kept.requests.push_back((bytes, request));
        while kept.requests.len() > MAX_RECORDED_REQUESTS || kept.bytes > MAX_RECORDED_BYTES {
            let Some((dropped, _)) = kept.requests.pop_front() else {
                break;
            };
            kept.bytes -= dropped;
        }
    }

    pub(in crate::testing) fn to_vec(&self) -> Vec<RecordedRequest> {
        let kept = self.lock();
        let requests = kept.requests.iter();
        requests.map(|(_, request)| request.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn header_map(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: String) -> RecordedRequest {
        RecordedRequest {
            method: String::new(),
            path,
            headers: BTreeMap::new(),
            body: Value::Null,
            raw: Bytes::new(),
        }
    }

    #[test]
    fn the_oldest_requests_are_dropped_beyond_the_limits() {
        let records = Records::default();
        for index in 0..MAX_RECORDED_REQUESTS + 2 {
            records.push(1, request(index.to_string()));
        }
        assert_eq!(records.to_vec().len(), MAX_RECORDED_REQUESTS);
        assert_eq!(records.to_vec()[0].path, "2");
        records.push(MAX_RECORDED_BYTES - 1, request("large".to_owned()));
        assert_eq!(records.to_vec().len(), 2);
    }
}
