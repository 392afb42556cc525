use std::fmt::Debug;

use async_trait::async_trait;

use crate::Error;
use crate::fidelity::Fidelity;
use crate::handler::StageContext;
use crate::state::Outcome;

/// What executes the model part of a codergen stage.
///
/// Source: attractor-spec 4.5.
#[async_trait]
pub trait CodergenBackend: Debug + Send + Sync + 'static {
    /// Gives the prompt to a model (or an agent around one) and returns its answer.
    ///
    /// # Behavior
    ///
    /// - Reports what it does through `request.stage.progress()`; every answer of a model as a
    ///   [`ModelResponse`](crate::StageProgress::ModelResponse), which the run's budget counts.
    /// - Asks `request.stage.budget()` before every call of a model and every tool call, and
    ///   returns the limit as its error if one is reached. One that doesn't is cut off
    ///   when it reports a call that there was nothing left for.
    /// - Under [`Fidelity::Full`], continues the session `request.thread` names if there is one;
    ///   starts a fresh one otherwise, and keeps it under that name.
    /// - Stops when its future is dropped, or when `request.stage.cancel()` is cancelled if it
    ///   holds processes or connections outside of the future.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transient`](crate::ErrorKind::Transient) or
    /// [`Timeout`](crate::ErrorKind::Timeout) where trying again may help (overload, network),
    /// [`ErrorKind::Terminal`](crate::ErrorKind::Terminal) where it can't (bad key, bad request).
    async fn run(&self, request: CodergenRequest<'_>) -> Result<CodergenResult, Error>;
}

const _: Option<&dyn CodergenBackend> = None;

/// What a codergen stage asks of its backend.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CodergenRequest<'a> {
    /// The stage: node, graph, context, directories, progress, cancellation.
    pub stage: &'a StageContext,
    /// The prompt, with variables expanded and the run's history in front where the fidelity
    /// asks for it.
    pub prompt: &'a str,
    /// How much of the run's history the model gets to see.
    pub fidelity: Fidelity,
    /// The session of the stage's thread, where the pipeline asks for `full`: to continue if
    /// `fidelity` is [`Fidelity::Full`] too and there is one, else to open anew under this name.
    /// Nothing for a stage with a session of its own.
    pub thread: Option<String>,
}

impl<'a> CodergenRequest<'a> {
    /// A request in a fresh session.
    pub fn new(stage: &'a StageContext, prompt: &'a str) -> Self {
        Self {
            stage,
            prompt,
            fidelity: Fidelity::default(),
            thread: None,
        }
    }

    /// Sets how much of the run's history the model gets to see.
    #[must_use]
    pub fn with_fidelity(mut self, fidelity: Fidelity) -> Self {
        self.fidelity = fidelity;
        self
    }

    /// Sets the session to continue.
    #[must_use]
    pub fn with_thread(mut self, thread: Option<String>) -> Self {
        self.thread = thread;
        self
    }
}

/// What a backend returns.
///
/// Complete by definition: attractor-spec 4.5 has the answer's text or an outcome.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "attractor-spec 4.5 names exactly these two"
)]
pub enum CodergenResult {
    /// The model's answer; an empty one is a failure.
    Text(String),
    /// An outcome the model reported, with its answer.
    Outcome {
        /// How the stage went.
        outcome: Outcome,
        /// The model's answer.
        response: String,
    },
}
