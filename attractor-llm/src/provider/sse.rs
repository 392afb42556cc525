//! Server-sent events from bytes that arrive in any pieces.
//!
//! `eventsource-stream` parses the events. In front of it stands a reader that hands it one whole
//! line at a time, because on its own it loses a last event that no blank line ends, fails on a
//! byte order mark, stops at invalid UTF-8 and reads a long line again with every piece of it.

use std::collections::VecDeque;

use bytes::Bytes;
use eventsource_stream::{Event, EventStream};
use futures::{Stream, StreamExt as _, stream};

use super::http::ByteStream;
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_EVENT_BYTES;

/// The payloads of the events in `bytes`, in order.
pub(crate) fn events(bytes: ByteStream) -> impl Stream<Item = Result<String, Error>> + Send {
    EventStream::new(lines(bytes)).map(|event| match event {
        Ok(Event { data, .. }) => Ok(data),
        Err(eventsource_stream::EventStreamError::Transport(error)) => Err(error),
        Err(error) => Err(Error::new(ErrorKind::Stream, format!("bad event: {error}"))),
    })
}

fn lines(bytes: ByteStream) -> impl Stream<Item = Result<String, Error>> + Send {
    stream::unfold(Some((bytes, Lines::default())), |state| async move {
        let (mut bytes, mut lines) = state?;
        loop {
            if let Some(line) = lines.ready.pop_front() {
                return Some((Ok(line), Some((bytes, lines))));
            }
            if lines.ended {
                return None;
            }
            let pushed = match bytes.next().await {
                Some(Ok(chunk)) => lines.push(&chunk),
                Some(Err(error)) => Err(error),
                None => {
                    lines.end();
                    Ok(())
                }
            };
            if let Err(error) = pushed {
                return Some((Err(error), None));
            }
        }
    })
    .boxed()
}

/// Splits bytes into lines that end in a line feed, whatever ended them before.
#[derive(Debug, Default)]
struct Lines {
    partial: Vec<u8>,
    ready: VecDeque<String>,
    event_bytes: usize,
    after_carriage_return: bool,
    started: bool,
    ended: bool,
}

impl Lines {
    fn push(&mut self, chunk: &Bytes) -> Result<(), Error> {
        let mut rest: &[u8] = chunk;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, ending) = rest.split_at(end);
            rest = &ending[1..];
            // The second half of CR LF, perhaps from another chunk.
            let joined = ending[0] == b'\n' && line.is_empty() && self.after_carriage_return;
            self.after_carriage_return = ending[0] == b'\r';
            if !joined {
                self.grow(line)?;
                self.line();
            }
        }
        if !rest.is_empty() {
            self.after_carriage_return = false;
        }
        self.grow(rest)
    }

    /// Ends the last line and the last event.
    fn end(&mut self) {
        if !self.partial.is_empty() {
            self.line();
        }
        self.ready.push_back("\n".to_owned());
        self.ended = true;
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.event_bytes += bytes.len();
        if self.event_bytes > MAX_EVENT_BYTES {
            return Err(Error::new(
                ErrorKind::Stream,
                format!("an event of the stream is larger than {MAX_EVENT_BYTES} bytes"),
            )
            .with_retryable(false));
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    fn line(&mut self) {
        let mut line = self.partial.as_slice();
        if !self.started {
            self.started = true;
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            self.event_bytes = 0;
        }
        self.ready
            .push_back(String::from_utf8_lossy(line).into_owned() + "\n");
        self.partial.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn payloads(chunks: &[&[u8]]) -> Vec<String> {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        events(stream::iter(chunks).boxed())
            .map(Result::unwrap)
            .collect()
            .await
    }

    #[tokio::test]
    async fn every_line_ending_and_a_missing_last_blank_line_are_understood() {
        for text in [
            "data: a\n\ndata: b",
            "data: a\r\n\r\ndata: b\r\n",
            "data: a\r\rdata: b\r",
        ] {
            assert_eq!(payloads(&[text.as_bytes()]).await, ["a", "b"], "{text:?}");
        }
    }

    #[tokio::test]
    async fn the_pieces_that_bytes_come_in_make_no_difference() {
        let text = "\u{feff}: comment\r\nevent: x\r\ndata: gr\u{fc}\u{df} \u{1f600}\r\ndata: two\r\n\r\n: ping\n\ndata:{}\n\n";
        let expected = ["gr\u{fc}\u{df} \u{1f600}\ntwo", "{}"];
        for size in 1..text.len() {
            let chunks: Vec<_> = text.as_bytes().chunks(size).collect();
            assert_eq!(payloads(&chunks).await, expected, "in pieces of {size}");
        }
    }

    #[tokio::test]
    async fn a_line_of_megabytes_is_read_in_linear_time() {
        let line = format!("data: {}\n\n", "x".repeat(3_000_000));
        let chunks: Vec<_> = line.as_bytes().chunks(100).collect();
        assert_eq!(payloads(&chunks).await[0].len(), 3_000_000);
    }

    #[tokio::test]
    async fn invalid_utf8_is_replaced_and_stops_nothing() {
        assert_eq!(
            payloads(&[b"data: a\xffb\n\ndata: c\n\n"]).await,
            ["a\u{fffd}b", "c"]
        );
    }

    #[tokio::test]
    async fn an_event_without_end_is_an_error() {
        let chunk = Bytes::from(vec![b'x'; MAX_EVENT_BYTES / 2 + 1]);
        let chunks = stream::iter([Ok(chunk.clone()), Ok(chunk)]).boxed();
        let last: Vec<_> = events(chunks).collect().await;
        assert_eq!(
            last.last().unwrap().as_ref().unwrap_err().kind(),
            ErrorKind::Stream
        );
    }
}
