//! Another model when one fails.

mod attempts;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt as _, stream};

use self::attempts::Attempts;
pub use self::attempts::FailedAttempts;
use super::{Middleware, Next};
use crate::error::{Error, ErrorKind};
use crate::types::{EventStream, Request, Response, StreamEvent, Warning};

/// Asks other models, in order, when the one that was asked for fails.
///
/// Falls through on what another model may do better: see [`falls_through`](Self::falls_through)
/// for the default. A stream falls through until its first event after `StreamStart` was delivered;
/// what fails later is the stream's error. An answer of another model has a warning of the code
/// `fallback` for each failure before it. When all fail, the last error is given, and its
/// [`source`](std::error::Error::source) is a [`FailedAttempts`] with those before it.
///
/// Parameters under a provider's own name stay with the request: each provider takes its own. The
/// middleware added after this one sees every attempt.
///
/// ```
/// use attractor_llm::testing::{Script, ScriptedProvider, Turn};
/// use attractor_llm::{Client, Fallback, Message, Request};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let busy = ScriptedProvider::new(Script::new().turn(Turn::api_error(529, "busy"))).named("busy");
/// let spare = ScriptedProvider::new(Script::new().turn(Turn::text("Hello."))).named("spare");
/// let client = Client::builder()
///     .provider(busy)
///     .provider(spare)
///     .middleware(Fallback::to(["spare/small-model"]))
///     .build()?;
/// let answer = client.complete(Request::new("busy/large-model", vec![Message::user("Hi")])).await?;
/// assert_eq!(answer.text(), "Hello.");
/// assert_eq!(answer.warnings[0].code.as_deref(), Some("fallback"));
/// # Ok::<(), attractor_llm::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Fallback {
    models: Vec<String>,
    falls_through: Arc<dyn Fn(&Error) -> bool + Send + Sync>,
}

impl Fallback {
    /// After the model that a request asks for, these, each as `provider/model`.
    pub fn to<M: Into<String>>(models: impl IntoIterator<Item = M>) -> Self {
        Self {
            models: models.into_iter().map(Into::into).collect(),
            falls_through: Arc::new(another_may_do_better),
        }
    }

    /// Sets which errors lead to the next model.
    ///
    /// Unless set, all but these: a request that is invalid, can't be served as configured or asks for
    /// a tool choice that isn't there; a cancellation; a safety filter; an answer that was no object
    /// or held an invalid call.
    #[must_use]
    pub fn falls_through(
        mut self,
        decide: impl Fn(&Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.falls_through = Arc::new(decide);
        self
    }

    /// The request for the model that was asked for, or for one of the others.
    fn request(&self, asked: &Request, other: usize, next: Next<'_>) -> Result<Request, Error> {
        let mut request = asked.clone();
        if let Some(model) = other.checked_sub(1).and_then(|at| self.models.get(at)) {
            request.provider = None;
            request.model.clone_from(model);
        }
        next.resolve(request)
    }
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback")
            .field("models", &self.models)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Middleware for Fallback {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        let mut attempts = Attempts::default();
        for model in 0..=self.models.len() {
            let request = match self.request(&request, model, next) {
                Ok(request) => request,
                Err(error) => return Err(attempts.end_with(error)),
            };
            let name = name(&request);
            match next.complete(request).await {
                Ok(mut response) => {
                    response.warnings.extend(attempts.warnings(&name));
                    return Ok(response);
                }
                Err(error) if (self.falls_through)(&error) => attempts.failed(name, error),
                Err(error) => return Err(attempts.end_with(error)),
            }
        }
        Err(attempts.end())
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        let mut attempts = Attempts::default();
        for model in 0..=self.models.len() {
            let request = match self.request(&request, model, next) {
                Ok(request) => request,
                Err(error) => return Err(attempts.end_with(error)),
            };
            let name = name(&request);
            match begun(next.stream(request).await).await {
                Ok(events) => return Ok(warned(events, attempts.warnings(&name))),
                Err(error) if (self.falls_through)(&error) => attempts.failed(name, error),
                Err(error) => return Err(attempts.end_with(error)),
            }
        }
        Err(attempts.end())
    }
}

fn another_may_do_better(error: &Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::InvalidRequest
            | ErrorKind::Configuration
            | ErrorKind::UnsupportedToolChoice
            | ErrorKind::Abort
            | ErrorKind::ContentFilter
            | ErrorKind::NoObjectGenerated
            | ErrorKind::InvalidToolCall
    )
}

fn name(request: &Request) -> String {
    let provider = request.provider.as_deref().unwrap_or_default();
    format!("{provider}/{}", request.model)
}

/// Waits for an event beside `StreamStart`, so that a failure before it is an `Err`.
async fn begun(events: Result<EventStream, Error>) -> Result<EventStream, Error> {
    let mut events = events?;
    let mut first = Vec::new();
    while let Some(event) = events.next().await {
        let event = event?;
        let is_start = matches!(event, StreamEvent::StreamStart { .. });
        first.push(Ok(event));
        if !is_start {
            break;
        }
    }
    Ok(stream::iter(first).chain(events).boxed())
}

/// Adds warnings to the beginning and to the whole answer.
fn warned(events: EventStream, added: Vec<Warning>) -> EventStream {
    if added.is_empty() {
        return events;
    }
    let add = move |event| match event {
        Ok(StreamEvent::StreamStart {
            id,
            model,
            provider,
            mut warnings,
        }) => {
            warnings.extend(added.iter().cloned());
            Ok(StreamEvent::StreamStart {
                id,
                model,
                provider,
                warnings,
            })
        }
        Ok(StreamEvent::Finish {
            finish_reason,
            usage,
            mut response,
        }) => {
            response.warnings.extend(added.iter().cloned());
            Ok(StreamEvent::Finish {
                finish_reason,
                usage,
                response,
            })
        }
        other => other,
    };
    events.map(add).boxed()
}
