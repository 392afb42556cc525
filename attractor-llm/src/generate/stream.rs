//! Answers as they come.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt as _};

use super::stream_steps::{self, Emission, Emissions};
use super::{GenerateResult, Generation};
use crate::accumulator::StreamAccumulator;
use crate::error::{Error, ErrorKind};
use crate::types::{Response, StreamEvent};

/// As [`generate`](crate::generate()), with the events of the answer as they come.
///
/// Awaiting connects, with retries; what fails later is the stream's last item. Tools are executed
/// between two steps, and a [`StreamEvent::StepFinish`] tells their results.
///
/// ```no_run
/// # async fn example() -> Result<(), attractor_llm::Error> {
/// use futures::StreamExt as _;
///
/// let mut answer = attractor_llm::stream("claude-opus-5-5").prompt("A haiku on rust.").await?;
/// let mut text = answer.text_stream();
/// while let Some(delta) = text.next().await {
///     print!("{}", delta?);
/// }
/// println!("\n{} tokens", answer.response().await?.usage.output_tokens);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`generate`](crate::generate()).
///
/// Source: unified-llm-spec 4.4.
pub fn stream(model: impl Into<String>) -> Generation<TextStream> {
    Generation::new(model, TextStream(()))
}

/// Awaiting gives a [`StreamResult`].
#[derive(Debug)]
pub struct TextStream(());

impl IntoFuture for Generation<TextStream> {
    type Output = Result<StreamResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let emissions = stream_steps::begin(self.options).await?;
            Ok(StreamResult::new(emissions))
        })
    }
}

/// The events of a call with all its steps, and what they add up to.
///
/// A stream of [`StreamEvent`]s: one `StreamStart`, one `Finish` or one `Err` at its end, and a
/// `StepFinish` between two steps. Dropping it cancels the call.
///
/// Source: unified-llm-spec 4.4.
pub struct StreamResult {
    emissions: Emissions,
    accumulator: StreamAccumulator,
    result: Option<Box<GenerateResult>>,
}

impl StreamResult {
    pub(super) fn new(emissions: Emissions) -> Self {
        Self {
            emissions,
            accumulator: StreamAccumulator::new(),
            result: None,
        }
    }

    /// The text of all steps, piece by piece.
    pub fn text_stream(&mut self) -> StreamedText<'_> {
        StreamedText(self)
    }

    /// What has arrived of the current step.
    #[must_use]
    pub fn partial_response(&self) -> Response {
        self.accumulator.partial()
    }

    /// The final response; reads what is left of the stream.
    ///
    /// # Errors
    ///
    /// What the stream ends with.
    pub async fn response(&mut self) -> Result<Response, Error> {
        self.drain().await.map(|result| result.response.clone())
    }

    /// The result with all steps; reads what is left of the stream.
    ///
    /// # Errors
    ///
    /// What the stream ends with.
    pub async fn result(mut self) -> Result<GenerateResult, Error> {
        self.drain().await.cloned()
    }

    async fn drain(&mut self) -> Result<&GenerateResult, Error> {
        while let Some(event) = self.next().await {
            event?;
        }
        match &self.result {
            Some(result) => Ok(result),
            None => Err(
                Error::new(ErrorKind::Stream, "the stream has failed before")
                    .with_partial_response(self.partial_response()),
            ),
        }
    }
}

impl Stream for StreamResult {
    type Item = Result<StreamEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.emissions.poll_next_unpin(context)) {
            Some(Ok(Emission::Event(event))) => {
                self.accumulator.process(&event);
                Some(Ok(event))
            }
            Some(Ok(Emission::Result(result))) => {
                self.result = Some(result);
                None
            }
            Some(Err(error)) if error.partial_response().is_none() => {
                Some(Err(error.with_partial_response(self.partial_response())))
            }
            Some(Err(error)) => Some(Err(error)),
            None => None,
        })
    }
}

impl fmt::Debug for StreamResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamResult")
            .field("partial_response", &self.partial_response())
            .finish_non_exhaustive()
    }
}

/// The text of a [`StreamResult`], piece by piece.
#[derive(Debug)]
pub struct StreamedText<'a>(&'a mut StreamResult);

impl Stream for StreamedText<'_> {
    type Item = Result<String, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.0.poll_next_unpin(context)) {
                Some(Ok(StreamEvent::TextDelta { delta, .. })) => {
                    return Poll::Ready(Some(Ok(delta)));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
