use std::time::Duration;

use crate::limits::{CONNECT_TIMEOUT, REQUEST_TIMEOUT, STREAM_READ_TIMEOUT};

/// How long an adapter waits.
///
/// Source: unified-llm-spec 4.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For a whole request and reply; for a stream, until its headers are there.
    pub request: Duration,
    /// Between the bytes of a stream.
    pub stream_read: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: CONNECT_TIMEOUT,
            request: REQUEST_TIMEOUT,
            stream_read: STREAM_READ_TIMEOUT,
        }
    }
}

impl Timeouts {
    /// Sets the time for the connection.
    #[must_use]
    pub fn connect(mut self, connect: Duration) -> Self {
        self.connect = connect;
        self
    }

    /// Sets the time for a whole request and reply.
    #[must_use]
    pub fn request(mut self, request: Duration) -> Self {
        self.request = request;
        self
    }

    /// Sets the time between the bytes of a stream.
    #[must_use]
    pub fn stream_read(mut self, stream_read: Duration) -> Self {
        self.stream_read = stream_read;
        self
    }
}
