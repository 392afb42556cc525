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
    /// Between the bytes of a stream, pings and comments among them.
    pub stream_read: Duration,
    /// For a stream, from sending the request to the first event of the answer itself, after
    /// `StreamStart`; no limit unless set.
    pub first_event: Option<Duration>,
    /// Between the events of a stream after that, whatever pings come: a model may take long to
    /// think without a word, so there is no limit unless set.
    pub between_events: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: CONNECT_TIMEOUT,
            request: REQUEST_TIMEOUT,
            stream_read: STREAM_READ_TIMEOUT,
            first_event: None,
            between_events: None,
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

    /// Sets the time to the first event of a streamed answer.
    #[must_use]
    pub fn first_event(mut self, first_event: Duration) -> Self {
        self.first_event = Some(first_event);
        self
    }

    /// Sets the time between the events of a streamed answer.
    #[must_use]
    pub fn between_events(mut self, between_events: Duration) -> Self {
        self.between_events = Some(between_events);
        self
    }
}
