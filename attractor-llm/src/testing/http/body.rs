//! The body of a response: chunks, waits and the cut connection, in order.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

pub(in crate::testing) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// One step of sending a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::testing) enum Step {
    Wait(Duration),
    Send(Bytes),
    /// Break the connection.
    Cut,
    /// Break the connection so that the other side is told, and may lose what it hasn't read.
    Reset,
    /// Send nothing more and leave the connection open.
    Hold,
}

/// A body that is sent whole.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A body that is sent step by step.
pub(in crate::testing) fn stepwise(steps: Vec<Step>) -> Body {
    StreamBody::new(frames(steps)).boxed_unsync()
}

fn frames(steps: Vec<Step>) -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send {
    stream::iter(steps).filter_map(|step| async move {
        match step {
            Step::Wait(duration) => {
                tokio::time::sleep(duration).await;
                None
            }
            Step::Send(bytes) => {
                // Lets the connection flush what came before, so that each chunk is one write.
                tokio::task::yield_now().await;
                Some(Ok(Frame::data(bytes)))
            }
            Step::Hold => std::future::pending().await,
            Step::Cut => Some(Err(broken(io::ErrorKind::ConnectionAborted).await)),
            Step::Reset => Some(Err(broken(io::ErrorKind::ConnectionReset).await)),
        }
    })
}

async fn broken(kind: io::ErrorKind) -> io::Error {
    tokio::task::yield_now().await;
    io::Error::new(kind, "broken on purpose")
}

/// The steps that send a chunk in writes of `size` bytes; 0 sends it in one.
pub(in crate::testing) fn writes(chunk: &Bytes, size: usize) -> Vec<Step> {
    let size = if size == 0 { chunk.len().max(1) } else { size };
    let starts = (0..chunk.len()).step_by(size);
    starts
        .map(|at| Step::Send(chunk.slice(at..chunk.len().min(at + size))))
        .collect()
}
