//! [`Recorder`]: writes what passes it to a cassette.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::exchange::{Cassette, End, Exchange, Outcome, Sent};
use super::redaction::Redaction;
use super::tape::Tape;
use crate::error::Error;
use crate::provider::http::{
    ByteStream, Headers, HttpReply, HttpRequest, HttpTransport, Transport,
};

/// Sends requests as an adapter would and writes every exchange to a cassette.
///
/// The file is replaced as a whole after each exchange, so that it is sound at any moment: a process
/// that is killed loses the exchanges that were under way. Clones write to the same file; give one
/// to each adapter of a client.
///
/// What nobody waited for is recorded too: a request that was cancelled, a stream that was left
/// before its end.
///
/// ```no_run
/// # fn example() -> Result<(), attractor_llm::Error> {
/// use std::sync::Arc;
///
/// use attractor_llm::AnthropicAdapter;
/// use attractor_llm::cassette::Recorder;
///
/// let recorder = Recorder::create("tests/cassettes/hello.json")?;
/// let anthropic =
///     AnthropicAdapter::builder("sk-ant-…").transport(Arc::new(recorder.clone())).build()?;
/// # let _ = anthropic;
/// // …
/// recorder.finish()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    tape: Arc<Tape>,
    redaction: Redaction,
    transport: Arc<dyn Transport>,
}

impl Recorder {
    /// A recorder that begins a new file, in place of one that is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when it can't be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::begin(path.as_ref(), &Cassette::default())
    }

    /// A recorder that adds to the file, if there is one: for a run that is continued.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when it can't be written or
    /// isn't a cassette.
    pub fn append(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let cassette = if path.exists() {
            Cassette::read(path)?
        } else {
            Cassette::default()
        };
        Self::begin(path, &cassette)
    }

    fn begin(path: &Path, cassette: &Cassette) -> Result<Self, Error> {
        Ok(Self {
            tape: Arc::new(Tape::begin(path.to_owned(), cassette)?),
            redaction: Redaction::default(),
            transport: Arc::new(HttpTransport::default()),
        })
    }

    /// Sets what must not be written.
    #[must_use]
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Sets what exchanges the requests, in place of connections of its own.
    #[must_use]
    pub fn over(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = transport;
        self
    }

    pub(super) fn redaction_in_use(&self) -> &Redaction {
        &self.redaction
    }

    pub(super) fn set_environment(&self, variables: BTreeMap<String, String>) -> Result<(), Error> {
        self.tape.set_environment(variables)
    }

    /// Says whether every exchange so far is in the file. A failure to write is also that of every
    /// request after it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) with the reason.
    pub fn finish(&self) -> Result<(), Error> {
        self.tape.check()
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn post(&self, request: HttpRequest) -> Result<HttpReply, Error> {
        let (sent, secrets) = self.redaction.request(&request);
        let mut entry = Entry {
            place: self.tape.reserve()?,
            tape: Arc::clone(&self.tape),
            redaction: self.redaction.clone(),
            sent: Some(sent),
            secrets,
            reply: None,
        };
        match self.transport.post(request).await {
            Ok(HttpReply {
                status,
                headers,
                body,
                ..
            }) => {
                entry.reply = Some((status, headers.clone(), Vec::new()));
                let body = Copied { body, entry }.boxed();
                Ok(HttpReply::new(status, headers, body))
            }
            Err(error) => {
                entry.write(Outcome::Failed(error.message().to_owned()));
                Err(error)
            }
        }
    }
}

/// An exchange under way; written once it is known how it ends, if only because it is dropped.
#[derive(Debug)]
struct Entry {
    place: usize,
    tape: Arc<Tape>,
    redaction: Redaction,
    /// Gone once the exchange is written.
    sent: Option<Sent>,
    secrets: Vec<String>,
    reply: Option<(u16, Headers, Vec<u8>)>,
}

impl Entry {
    fn end(&mut self, end: End) {
        let outcome = match self.reply.take() {
            None => Outcome::Unanswered,
            Some((status, headers, body)) => {
                let mut reply = self.redaction.reply(status, &headers, &body, &self.secrets);
                reply.end = end;
                Outcome::Reply(reply)
            }
        };
        self.write(outcome);
    }

    fn write(&mut self, outcome: Outcome) {
        if let Some(sent) = self.sent.take() {
            self.tape.fill(self.place, &Exchange::new(sent, outcome));
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.sent.is_some() {
            self.end(End::Open);
        }
    }
}

/// A body that is copied into the entry while it is read.
struct Copied {
    body: ByteStream,
    entry: Entry,
}

impl Stream for Copied {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.body.as_mut().poll_next(context);
        match &polled {
            Poll::Ready(Some(Ok(bytes))) => {
                if let Some((_, _, body)) = &mut self.entry.reply {
                    body.extend_from_slice(bytes);
                }
            }
            Poll::Ready(Some(Err(error))) => {
                let reason = error.message().to_owned();
                self.entry.end(End::Broken(reason));
            }
            Poll::Ready(None) => self.entry.end(End::Closed),
            Poll::Pending => {}
        }
        polled
    }
}
