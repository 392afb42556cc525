//! How a [`Turn`] is put together in code.

use std::collections::BTreeMap;

use serde_json::Value;

use super::turn::once;
use super::{Delivery, HttpError, Match, Part, TokenCounts, Turn};

impl Turn {
    fn new(part: Option<Part>) -> Self {
        Self {
            when: Match::default(),
            times: once(),
            repeat: false,
            content: part.into_iter().collect(),
            finish_reason: None,
            usage: None,
            error: None,
            headers: BTreeMap::new(),
            delivery: Delivery::default(),
        }
    }

    /// Answers with text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::empty().and_text(text)
    }

    /// Answers with no content at all.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(None)
    }

    /// Calls a tool; `arguments` is an object.
    #[must_use]
    pub fn tool_call(name: impl Into<String>, arguments: Value) -> Self {
        Self::empty().and_tool_call(name, arguments)
    }

    /// Thinks, with the signature that the client has to send back.
    #[must_use]
    pub fn thinking(text: impl Into<String>, signature: impl Into<String>) -> Self {
        Self::empty().and_thinking(text, signature)
    }

    /// Answers with an HTTP error and this body: a string goes out as it is, anything else as JSON.
    #[must_use]
    pub fn http_error(status: u16, body: impl Into<Value>) -> Self {
        let error = HttpError {
            status,
            message: None,
            body: Some(body.into()),
        };
        Self {
            error: Some(error),
            ..Self::empty()
        }
    }

    /// Answers with an HTTP error and `message` in the error body of the protocol in use.
    #[must_use]
    pub fn api_error(status: u16, message: impl Into<String>) -> Self {
        let error = HttpError {
            status,
            message: Some(message.into()),
            body: None,
        };
        Self {
            error: Some(error),
            ..Self::empty()
        }
    }

    /// Takes the request and never answers.
    #[must_use]
    pub fn silence() -> Self {
        Self::empty().never_respond()
    }

    /// Adds text.
    #[must_use]
    pub fn and_text(self, text: impl Into<String>) -> Self {
        self.and(Part::Text { text: text.into() })
    }

    /// Adds a call of a tool.
    #[must_use]
    pub fn and_tool_call(self, name: impl Into<String>, arguments: Value) -> Self {
        self.and(Part::ToolCall {
            name: name.into(),
            arguments,
            raw_arguments: None,
            id: None,
        })
    }

    /// Adds a call of a tool whose arguments are this text, JSON or not.
    #[must_use]
    pub fn and_raw_tool_call(self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.and(Part::ToolCall {
            name: name.into(),
            arguments: Value::Null,
            raw_arguments: Some(arguments.into()),
            id: None,
        })
    }

    /// Adds thinking with its signature.
    #[must_use]
    pub fn and_thinking(self, text: impl Into<String>, signature: impl Into<String>) -> Self {
        self.and(Part::Thinking {
            text: text.into(),
            signature: Some(signature.into()),
        })
    }

    /// Adds thinking that can't be read.
    #[must_use]
    pub fn and_redacted_thinking(self, data: impl Into<String>) -> Self {
        self.and(Part::RedactedThinking { data: data.into() })
    }

    /// Adds a content block in the provider's own format.
    #[must_use]
    pub fn and_block(self, value: Value) -> Self {
        self.and(Part::Block { value })
    }

    /// Adds a raw event to the stream.
    #[must_use]
    pub fn and_event(self, name: impl Into<String>, data: impl Into<String>) -> Self {
        self.and(Part::Event {
            name: name.into(),
            data: data.into(),
        })
    }

    /// The provider reports a failure after what came before, and the stream ends.
    #[must_use]
    pub fn then_stream_error(self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.and(Part::StreamError {
            code: code.into(),
            message: message.into(),
        })
    }

    /// Adds a part.
    #[must_use]
    pub fn and(mut self, part: Part) -> Self {
        self.content.push(part);
        self
    }

    /// Answers only requests for which `when` holds.
    #[must_use]
    pub fn when(mut self, when: Match) -> Self {
        self.when = when;
        self
    }

    /// Answers up to `times` requests instead of one.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Answers any number of requests.
    #[must_use]
    pub fn repeat(mut self) -> Self {
        self.repeat = true;
        self
    }

    /// Reports this usage.
    #[must_use]
    pub fn usage(mut self, input: u64, output: u64) -> Self {
        let counts = self.usage.unwrap_or_default();
        self.usage = Some(TokenCounts {
            input,
            output,
            ..counts
        });
        self
    }

    /// Reports these tokens as read from and written to the prompt cache.
    #[must_use]
    pub fn cache_usage(mut self, read: u64, write: u64) -> Self {
        let counts = self.usage.unwrap_or_default();
        self.usage = Some(TokenCounts {
            cache_read: Some(read),
            cache_write: Some(write),
            ..counts
        });
        self
    }

    /// Reports these tokens as spent on thinking.
    #[must_use]
    pub fn reasoning_usage(mut self, reasoning: u64) -> Self {
        let counts = self.usage.unwrap_or_default();
        self.usage = Some(TokenCounts {
            reasoning: Some(reasoning),
            ..counts
        });
        self
    }

    /// Stops for this reason; see [`finish_reason`](Self::finish_reason).
    #[must_use]
    pub fn finish_reason(mut self, reason: impl Into<String>) -> Self {
        self.finish_reason = Some(reason.into());
        self
    }

    /// Adds a header to the HTTP response.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Waits before the first byte.
    #[must_use]
    pub fn delay_ms(mut self, delay: u64) -> Self {
        self.delivery.delay_ms = delay;
        self
    }

    /// Waits before every event of a stream but the first.
    #[must_use]
    pub fn event_delay_ms(mut self, delay: u64) -> Self {
        self.delivery.event_delay_ms = delay;
        self
    }

    /// Breaks the connection after `count` events of a stream.
    #[must_use]
    pub fn cut_after_events(mut self, count: usize) -> Self {
        self.delivery.cut_after_events = Some(count);
        self
    }

    /// Breaks the connection after `count` bytes of the body.
    #[must_use]
    pub fn cut_after_bytes(mut self, count: usize) -> Self {
        self.delivery.cut_after_bytes = Some(count);
        self
    }

    /// Ends a stream in good order but without its terminal event.
    #[must_use]
    pub fn omit_terminal(mut self) -> Self {
        self.delivery.omit_terminal = true;
        self
    }

    /// Keeps the connection open after the whole answer was sent.
    #[must_use]
    pub fn hold_open(mut self) -> Self {
        self.delivery.hold_open = true;
        self
    }

    /// Frames the events of a stream as untidy proxies do.
    #[must_use]
    pub fn untidy(mut self) -> Self {
        self.delivery.untidy = true;
        self
    }

    /// Takes the request and never answers it.
    #[must_use]
    pub fn never_respond(mut self) -> Self {
        self.delivery.never_respond = true;
        self
    }

    /// Streams deltas of `count` characters.
    #[must_use]
    pub fn delta_chars(mut self, count: usize) -> Self {
        self.delivery.delta_chars = count;
        self
    }

    /// Sends the body in writes of `count` bytes.
    #[must_use]
    pub fn write_bytes(mut self, count: usize) -> Self {
        self.delivery.write_bytes = count;
        self
    }

    /// Whether some part calls a tool.
    pub(crate) fn calls_tool(&self) -> bool {
        self.content
            .iter()
            .any(|part| matches!(part, Part::ToolCall { .. }))
    }
}
