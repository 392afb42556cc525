//! [`RecordedRequest`] and the bounded list of them.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::testing::limits::{MAX_RECORDED_BYTES, MAX_RECORDED_REQUESTS};

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
}

/// The newest requests, bounded in number and bytes.
#[derive(Debug, Default)]
pub(super) struct Records {
    requests: VecDeque<(usize, RecordedRequest)>,
    bytes: usize,
}

impl Records {
    /// Adds a request whose body had `bytes` bytes.
    pub(super) fn push(&mut self, bytes: usize, request: RecordedRequest) {
        self.bytes += bytes;
        self.requests.push_back((bytes, request));
        while self.requests.len() > MAX_RECORDED_REQUESTS || self.bytes > MAX_RECORDED_BYTES {
            let Some((dropped, _)) = self.requests.pop_front() else {
                break;
            };
            self.bytes -= dropped;
        }
    }

    pub(super) fn to_vec(&self) -> Vec<RecordedRequest> {
        self.requests
            .iter()
            .map(|(_, request)| request.clone())
            .collect()
    }
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
        }
    }

    #[test]
    fn the_oldest_requests_are_dropped_beyond_the_limits() {
        let mut records = Records::default();
        for index in 0..MAX_RECORDED_REQUESTS + 2 {
            records.push(1, request(index.to_string()));
        }
        assert_eq!(records.to_vec().len(), MAX_RECORDED_REQUESTS);
        assert_eq!(records.to_vec()[0].path, "2");
        records.push(MAX_RECORDED_BYTES - 1, request("large".to_owned()));
        assert_eq!(records.to_vec().len(), 2);
    }
}
