//! One request and its reply, within the limits of time and size.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout};

use super::http::{ByteStream, Headers, HttpReply, HttpRequest, Transport};
use super::timeouts::Timeouts;
use super::timer::{self, Timer};
use crate::error::{Error, ErrorKind};
use crate::limits::{MAX_ERROR_REPLY_BYTES, MAX_REPLY_BYTES, MAX_STREAM_BYTES};

/// A reply with its whole body.
#[derive(Debug)]
pub(crate) struct WholeReply {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
}

/// What came of a request for a stream.
pub(crate) enum Opened {
    /// The stream, which fails when its bytes pause for too long.
    Stream(Headers, ByteStream),
    /// Anything else, an error as a rule.
    Reply(WholeReply),
}

/// Sends the request and reads the whole reply.
pub(crate) async fn complete(
    transport: &dyn Transport,
    request: HttpRequest,
    timeouts: Timeouts,
) -> Result<WholeReply, Error> {
    timeout(timeouts.request, async {
        read(transport.post(request).await?).await
    })
    .await
    .map_err(|_| too_slow("the reply isn't complete", timeouts.request))?
}

/// Sends the request and hands the reply over as it arrives, if it is an event stream.
pub(crate) async fn open(
    transport: &dyn Transport,
    request: HttpRequest,
    timeouts: Timeouts,
    is_stream: impl FnOnce(&Headers) -> bool,
) -> Result<Opened, Error> {
    let idle = timeouts.stream_read;
    let mut timer = Timer::new(timeouts.request.min(idle));
    let mut opening = pin!(async {
        let reply = transport.post(request).await?;
        if reply.status == 200 && is_stream(&reply.headers) {
            return Ok(Opened::Stream(reply.headers, reply.body));
        }
        read(reply).await.map(Opened::Reply)
    });
    let limit = timer::after(timeouts.request);
    let opened = poll_fn(|context| match opening.as_mut().poll(context) {
        Poll::Ready(opened) => Poll::Ready(opened),
        Poll::Pending => {
            let late = timer.poll_until(limit, context);
            late.map(|()| Err(too_slow("no reply has begun", timeouts.request)))
        }
    });
    Ok(match opened.await? {
        Opened::Stream(headers, body) => {
            Opened::Stream(headers, Limited::new(body, idle, timer).boxed())
        }
        reply @ Opened::Reply(_) => reply,
    })
}

/// Reads the whole of a reply that has begun.
pub(crate) async fn whole(reply: HttpReply, timeouts: Timeouts) -> Result<WholeReply, Error> {
    timeout(timeouts.request, read(reply))
        .await
        .map_err(|_| too_slow("the reply isn't complete", timeouts.request))?
}

async fn read(reply: HttpReply) -> Result<WholeReply, Error> {
    let HttpReply {
        status,
        headers,
        mut body,
    } = reply;
    let failed = status >= 400;
    let limit = if failed {
        MAX_ERROR_REPLY_BYTES
    } else {
        MAX_REPLY_BYTES
    };
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            // The status says more than how its explanation broke off.
            Err(_) if failed => break,
            Err(error) => return Err(error),
        };
        let room = limit - bytes.len();
        if chunk.len() > room {
            if failed {
                bytes.extend_from_slice(&chunk[..room]);
                break;
            }
            return Err(Error::new(
                ErrorKind::Network,
                format!("the reply is larger than {MAX_REPLY_BYTES} bytes"),
            )
            .with_retryable(false));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(WholeReply {
        status,
        headers,
        body: bytes.freeze(),
    })
}

/// The body, which fails when it is too large or pauses for too long.
pub(crate) fn within_limits(body: ByteStream, idle: Duration) -> ByteStream {
    Limited::new(body, idle, Timer::new(idle)).boxed()
}

/// A body that fails when its bytes pause for too long or are too many.
struct Limited {
    /// Gone after its end.
    body: Option<ByteStream>,
    seen: usize,
    idle: Duration,
    timer: Timer,
    /// How long the latest wait for bytes lasts; `None` while none is waited for.
    limit: Option<Instant>,
}

impl Limited {
    fn new(body: ByteStream, idle: Duration, timer: Timer) -> Self {
        Self {
            body: Some(body),
            seen: 0,
            idle,
            timer,
            limit: None,
        }
    }

    fn came(&mut self, item: Option<Result<Bytes, Error>>) -> Option<Result<Bytes, Error>> {
        self.limit = None;
        let item = item.map(|item| item.and_then(|bytes| self.count(bytes)));
        if !matches!(item, Some(Ok(_))) {
            self.body = None;
        }
        item
    }

    fn count(&mut self, bytes: Bytes) -> Result<Bytes, Error> {
        self.seen += bytes.len();
        if self.seen > MAX_STREAM_BYTES {
            let message = format!("the stream is larger than {MAX_STREAM_BYTES} bytes");
            return Err(Error::new(ErrorKind::Stream, message).with_retryable(false));
        }
        Ok(bytes)
    }

    /// Whether nothing has come for too long.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let idle = self.idle;
        let limit = *self.limit.get_or_insert_with(|| timer::after(idle));
        self.timer.poll_until(limit, context)
    }
}

impl Stream for Limited {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(item) = body.poll_next_unpin(context) {
            return Poll::Ready(self.came(item));
        }
        ready!(self.poll_idle(context));
        let error = too_slow("the stream has sent nothing", self.idle);
        Poll::Ready(self.came(Some(Err(error))))
    }
}

fn too_slow(what: &str, limit: Duration) -> Error {
    let seconds = limit.as_secs_f64();
    Error::new(
        ErrorKind::RequestTimeout,
        format!("{what} after {seconds} s"),
    )
}
