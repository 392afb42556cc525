//! The steps of a streamed call as one stream of events.
//!
//! Source: unified-llm-spec 4.4 and 5.9.

use std::collections::VecDeque;
use std::pin::Pin;

use futures::{Stream, StreamExt as _, stream};
use tokio::time::Instant;

use super::GenerateResult;
use super::guard::Guard;
use super::options::Options;
use super::tool_loop::{Progress, ToolLoop};
use crate::error::{Error, ErrorKind};
use crate::types::{EventStream, Request, Response, StreamEvent};

pub(super) type Emissions = Pin<Box<dyn Stream<Item = Result<Emission, Error>> + Send>>;

/// What the stream gives: events, then the result.
pub(super) enum Emission {
    Event(StreamEvent),
    Result(Box<GenerateResult>),
}

/// Opens the first step's stream, so that a failure before its first event is an `Err` here.
pub(super) async fn begin(options: Options) -> Result<Emissions, Error> {
    let (tool_loop, guard) = ToolLoop::begin(options)?;
    let mut steps = Steps {
        tool_loop,
        phase: Phase::Ask,
        ready: VecDeque::new(),
    };
    guard.run(steps.ask(&guard)).await?;
    let emissions = stream::unfold(Some((steps, guard)), |running| async move {
        let (mut steps, guard) = running?;
        match guard.run(steps.next(&guard)).await {
            Ok(Some(emission)) => Some((Ok(emission), Some((steps, guard)))),
            Ok(None) => None,
            Err(error) => Some((Err(steps.tool_loop.failed(error)), None)),
        }
    });
    Ok(emissions.fuse().boxed())
}

struct Steps {
    tool_loop: ToolLoop,
    phase: Phase,
    /// Events of the step that come before its next ones.
    ready: VecDeque<StreamEvent>,
}

enum Phase {
    Ask,
    Listen(Step),
    Finish(Request, Box<Response>),
    Report(Box<GenerateResult>),
    Over,
}

struct Step {
    request: Request,
    events: EventStream,
    deadline: Option<Instant>,
}

impl Steps {
    async fn ask(&mut self, guard: &Guard) -> Result<(), Error> {
        let request = self.tool_loop.request();
        let (events, deadline) = self.tool_loop.stream(guard, &request).await?;
        self.phase = Phase::Listen(Step {
            request,
            events,
            deadline,
        });
        Ok(())
    }

    async fn next(&mut self, guard: &Guard) -> Result<Option<Emission>, Error> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(Emission::Event(event)));
            }
            match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Ask => self.ask(guard).await?,
                Phase::Listen(step) => self.listen(guard, step).await?,
                Phase::Finish(request, response) => {
                    return self.finish(&request, *response).await.map(Some);
                }
                Phase::Report(result) => return Ok(Some(Emission::Result(result))),
                Phase::Over => return Ok(None),
            }
        }
    }

    /// Takes the step's next event; what the whole stream has only once is left out.
    async fn listen(&mut self, guard: &Guard, mut step: Step) -> Result<(), Error> {
        let next = async { step.events.next().await.transpose() };
        match guard.step(step.deadline, next).await? {
            Some(StreamEvent::Finish { response, .. }) => {
                self.phase = Phase::Finish(step.request, response);
                return Ok(());
            }
            Some(StreamEvent::StreamStart { .. }) if !self.tool_loop.is_first_step() => {}
            Some(event) => match &mut self.tool_loop.extraction {
                Some(extraction) => self.ready.extend(extraction.events(event)),
                None => self.ready.push_back(event),
            },
            None => {
                let message = "the stream ended without its terminal event";
                return Err(Error::new(ErrorKind::Stream, message));
            }
        }
        self.phase = Phase::Listen(step);
        Ok(())
    }

    /// Executes the step's tools; the event that ends the step, or the stream.
    async fn finish(&mut self, request: &Request, response: Response) -> Result<Emission, Error> {
        let (mut finish_reason, usage) = (response.finish_reason.clone(), response.usage.clone());
        let event = match self.tool_loop.finish_step(request, response).await? {
            Progress::Again(tool_results) => {
                self.phase = Phase::Ask;
                StreamEvent::StepFinish {
                    finish_reason,
                    usage,
                    tool_results,
                }
            }
            Progress::Done(result) => {
                let response = Box::new(result.response.clone());
                finish_reason.clone_from(&response.finish_reason);
                self.phase = Phase::Report(result);
                StreamEvent::Finish {
                    finish_reason,
                    usage,
                    response,
                }
            }
        };
        Ok(Emission::Event(event))
    }
}
