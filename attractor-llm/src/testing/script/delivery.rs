//! [`Delivery`]: how an answer travels, faults included.

use serde::{Deserialize, Serialize};

/// How an answer is delivered; the default is at once and whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Delivery {
    /// Wait before the first byte of the answer.
    #[serde(skip_serializing_if = "is_default")]
    pub delay_ms: u64,
    /// Wait before every event of a stream but the first.
    #[serde(skip_serializing_if = "is_default")]
    pub event_delay_ms: u64,
    /// Break the connection after this many events of a stream.
    #[serde(skip_serializing_if = "is_default")]
    pub cut_after_events: Option<usize>,
    /// Break the connection after this many bytes of the body.
    #[serde(skip_serializing_if = "is_default")]
    pub cut_after_bytes: Option<usize>,
    /// End a stream in good order but without its terminal event.
    #[serde(skip_serializing_if = "is_default")]
    pub omit_terminal: bool,
    /// Keep the connection open after the whole answer was sent, as some proxies do.
    #[serde(skip_serializing_if = "is_default")]
    pub hold_open: bool,
    /// Frame the events of a stream as untidy proxies do: a byte order mark, CRLF line ends,
    /// comments between events and no blank line after the last.
    #[serde(skip_serializing_if = "is_default")]
    pub untidy: bool,
    /// Take the request and never answer it.
    #[serde(skip_serializing_if = "is_default")]
    pub never_respond: bool,
    /// Characters in each delta of a stream; 0 is the default of 12.
    #[serde(skip_serializing_if = "is_default")]
    pub delta_chars: usize,
    /// Send the body in writes of this many bytes, which splits characters and line ends; 0 sends
    /// each event in one write.
    #[serde(skip_serializing_if = "is_default")]
    pub write_bytes: usize,
}

impl Delivery {
    pub(crate) fn is_default(&self) -> bool {
        is_default(self)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
