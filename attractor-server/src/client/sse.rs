//! The events of a stream, from bytes that come in any pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use eventsource_stream::{EventStreamError, Eventsource as _};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream, Stream};

use super::limits::EVENT_BYTES;
use super::transport::{Failure, Pieces};

/// An event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// `message`, unless it says otherwise.
    pub(super) name: String,
    pub(super) data: String,
}

/// Why there is no next event.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The bytes don't come any more.
    Lost(Failure),
    /// They make no sense.
    Malformed(String),
}

/// The events of an answer, in order.
pub(super) fn events(pieces: Pieces) -> BoxStream<'static, Result<Event, Broken>> {
    let bytes = stream::try_unfold(pieces, |mut pieces| async {
        let piece = pieces.next().await?;
        Ok(piece.map(|piece| (piece, pieces)))
    });
    framed(bytes, EVENT_BYTES).boxed()
}

/// Cuts bytes into events, of which none may be too large: what has come since the last is counted.
fn framed(
    bytes: impl Stream<Item = Result<Bytes, Failure>> + Send + 'static,
    limit: usize,
) -> impl Stream<Item = Result<Event, Broken>> + Send {
    let unread = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&unread);
    let metered = bytes.map(move |piece| {
        let piece = piece?;
        let before = counted.fetch_add(piece.len(), Ordering::Relaxed);
        if before > limit {
            return Err(Failure::TooLarge);
        }
        Ok(piece)
    });
    metered.eventsource().map(move |event| {
        unread.store(0, Ordering::Relaxed);
        match event {
            Ok(event) => Ok(Event {
                name: event.event,
                data: event.data,
            }),
            Err(EventStreamError::Transport(failure)) => Err(Broken::Lost(failure)),
            Err(EventStreamError::Utf8(error)) => Err(Broken::Malformed(error.to_string())),
            Err(EventStreamError::Parser(error)) => Err(Broken::Malformed(error.to_string())),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1_000;

    async fn read(pieces: Vec<&'static [u8]>) -> Vec<Result<Event, Broken>> {
        let pieces = pieces
            .into_iter()
            .map(|piece| Ok(Bytes::from_static(piece)));
        framed(stream::iter(pieces), LIMIT).collect().await
    }

    #[tokio::test]
    async fn events_come_out_however_they_are_cut() {
        let text =
            "id: 1\ndata: {\"a\":\"ä\"}\n\n: comment\n\nevent: end\r\ndata: x\r\n\r\n".as_bytes();
        for cut in 1..text.len() {
            let (first, second) = text.split_at(cut);
            let events: Vec<Event> = read(vec![first, second])
                .await
                .into_iter()
                .map(Result::unwrap)
                .collect();
            let shown = events.iter().map(|it| (it.name.as_str(), it.data.as_str()));
            let expected = [("message", "{\"a\":\"ä\"}"), ("end", "x")];
            assert_eq!(shown.collect::<Vec<_>>(), expected, "{cut}");
        }
    }

    #[tokio::test]
    async fn an_event_without_an_end_is_refused() {
        let events = read(vec![&[b'x'; 100]; LIMIT / 100 + 2]).await;
        let last = events.last();
        assert!(
            matches!(last, Some(Err(Broken::Lost(Failure::TooLarge)))),
            "{last:?}"
        );
    }
}
