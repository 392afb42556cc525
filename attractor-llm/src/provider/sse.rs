//! Server-sent events from bytes that arrive in any pieces.
//!
//! One pass over the bytes, each copied once, into the payload that it belongs to. Why it isn't a
//! crate that does this: `docs/adr/0012-own-framing-of-streams.md`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures::{Stream, StreamExt as _};
use memchr::memchr2;

use super::http::ByteStream;
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_EVENT_BYTES;

/// The payloads of the events in `bytes`, in order.
pub(crate) fn events(bytes: ByteStream) -> impl Stream<Item = Result<String, Error>> + Send {
    Events {
        bytes: Some(bytes),
        chunk: Bytes::new(),
        framing: Framing::default(),
    }
}

struct Events {
    /// Gone after its end.
    bytes: Option<ByteStream>,
    /// What is still to be read of what has come.
    chunk: Bytes,
    framing: Framing,
}

impl Stream for Events {
    type Item = Result<String, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match this.framing.next(&mut this.chunk) {
                Ok(None) => {}
                Ok(Some(payload)) => return Poll::Ready(Some(Ok(payload))),
                Err(error) => return Poll::Ready(this.fail(error)),
            }
            let Some(bytes) = &mut this.bytes else {
                return Poll::Ready(None);
            };
            match ready!(bytes.poll_next_unpin(context)) {
                Some(Ok(chunk)) => this.chunk = chunk,
                Some(Err(error)) => return Poll::Ready(this.fail(error)),
                None => {
                    this.bytes = None;
                    return Poll::Ready(this.framing.end().map(Ok));
                }
            }
        }
    }
}

impl Events {
    fn fail(&mut self, error: Error) -> Option<Result<String, Error>> {
        self.bytes = None;
        self.chunk = Bytes::new();
        Some(Err(error))
    }
}

/// Where in its event a stream is.
#[derive(Debug, Default)]
struct Framing {
    /// The beginning of a line whose end hasn't come.
    line: Vec<u8>,
    /// The values of the event's `data` fields, each with a line feed.
    data: String,
    event_bytes: usize,
    after_carriage_return: bool,
    started: bool,
}

impl Framing {
    /// Reads on in `chunk`, up to the end of an event.
    fn next(&mut self, chunk: &mut Bytes) -> Result<Option<String>, Error> {
        while !chunk.is_empty() {
            if std::mem::take(&mut self.after_carriage_return) && chunk[0] == b'\n' {
                // The second half of CR LF, perhaps from another chunk.
                chunk.advance(1);
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', chunk) else {
                self.grow(chunk.len())?;
                self.line.extend_from_slice(chunk);
                break;
            };
            self.grow(end)?;
            self.after_carriage_return = chunk[end] == b'\r';
            let payload = self.end_line(&chunk[..end]);
            chunk.advance(end + 1);
            if payload.is_some() {
                return Ok(payload);
            }
        }
        // Even an empty rest would keep the connection's buffer from being used again.
        *chunk = Bytes::new();
        Ok(None)
    }

    /// The event that no blank line has ended.
    fn end(&mut self) -> Option<String> {
        self.end_line(b"").or_else(|| self.dispatch())
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        self.event_bytes += bytes;
        if self.event_bytes <= MAX_EVENT_BYTES {
            return Ok(());
        }
        let message = format!("an event of the stream is larger than {MAX_EVENT_BYTES} bytes");
        Err(Error::new(ErrorKind::Stream, message).with_retryable(false))
    }

    /// Takes the last bytes of a line; the payload of the event that it ends.
    fn end_line(&mut self, rest: &[u8]) -> Option<String> {
        if self.line.is_empty() {
            return self.take_line(rest);
        }
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(rest);
        self.take_line(&line)
    }

    fn take_line(&mut self, mut line: &[u8]) -> Option<String> {
        if !self.started {
            self.started = true;
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        // Which kind of event it is stands in the payload too, at every provider.
        if let Some(value) = line.strip_prefix(b"data") {
            match value {
                [] => self.data.push('\n'),
                [b':', b' ', value @ ..] | [b':', value @ ..] => self.push(value),
                _ => {}
            }
        }
        None
    }

    fn push(&mut self, value: &[u8]) {
        self.data.reserve_exact(value.len() + 1);
        match std::str::from_utf8(value) {
            Ok(value) => self.data.push_str(value),
            Err(_) => self.data.push_str(&String::from_utf8_lossy(value)),
        }
        self.data.push('\n');
    }

    fn dispatch(&mut self) -> Option<String> {
        self.event_bytes = 0;
        let mut data = std::mem::take(&mut self.data);
        // An event without data is none.
        data.pop().map(|_| data)
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, stream};
    use proptest::prelude::*;

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

    /// Lines of well-formed streams, as they are and as they are unusual.
    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "data: [a-z{}\":ü ]{0,12}",
            1 => "data:[a-z:]{0,4}",
            1 => "(data|event: [a-z]{1,5}|id: 7|retry: 100|other: x)",
            1 => ":[ a-z]{0,6}",
            3 => Just(String::new()),
        ]
    }

    proptest! {
        #[test]
        fn well_formed_streams_read_as_by_another_parser(
            lines in prop::collection::vec(line(), 0..24),
            ending in prop::sample::select(vec!["\n", "\r\n"]),
            size in 1_usize..40,
        ) {
            let text = lines.join(ending) + ending + ending;
            let chunks: Vec<_> = text.as_bytes().chunks(size).collect();
            let oracle = stream::iter(chunks.clone()).map(Ok::<_, std::convert::Infallible>);
            let expected = eventsource_stream::EventStream::new(oracle)
                .map(|event| event.unwrap().data)
                .collect::<Vec<_>>()
                .now_or_never();
            prop_assert_eq!(payloads(&chunks).now_or_never(), expected);
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
