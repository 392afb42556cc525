//! One request: built, sent, repeated where that may help, streamed.

use std::sync::{Arc, Mutex, PoisonError};

use attractor_llm::{
    Error as LlmError, ErrorKind as LlmErrorKind, EventStream, Message, Request, Response,
    StreamEvent, ToolChoice, catalog, retry,
};
use futures::StreamExt as _;

use super::Session;
use crate::{error::Error, event::EventKind};

impl Session {
    /// The model's answer, or nothing if the session was aborted meanwhile.
    pub(super) async fn call_model(&mut self) -> Result<Option<Response>, Error> {
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            biased;
            () = shared.abort.cancelled() => Ok(None),
            response = self.ask() => response.map(Some),
        }
    }

    async fn ask(&mut self) -> Result<Response, Error> {
        self.change_model().await?;
        self.watch_context();
        // What isn't in the session's file was never said.
        self.history.save()?;
        self.emit(EventKind::ModelRequest {
            provider: self.profile.id().to_owned(),
            model: self.profile.model().to_owned(),
        });
        Ok(answer(self).await?)
    }

    fn request(&self) -> Request {
        let prompt = self.prompts.current();
        let system = prompt.map(|prompt| &*prompt.system).unwrap_or_default();
        let tools = prompt
            .map(|prompt| prompt.tools.to_vec())
            .unwrap_or_default();
        let mut request = Request::new(
            self.profile.model(),
            self.history.messages(Message::system(system)),
        )
        .provider(self.profile.id())
        .provider_options(self.profile.provider_options());
        if !tools.is_empty() {
            request = request.tools(tools).tool_choice(ToolChoice::Auto);
        }
        match self.shared.reasoning_effort() {
            Some(effort) => request.reasoning_effort(effort),
            None => request,
        }
    }

    /// Adds what an answer cost; nothing when its price isn't known, which is said once if there
    /// is a budget to keep.
    pub(super) fn charge(&mut self, response: &Response) -> Option<u64> {
        let named = format!("{}/{}", self.profile.id(), self.profile.model());
        let cost = catalog::cost(&named, &response.usage)
            .or_else(|| catalog::cost(self.profile.model(), &response.usage));
        let cost = cost.map(catalog::Cost::micro_usd);
        self.config.budget.charge(&response.usage, cost);
        if cost.is_none() && self.cost_is_known && self.config.budget.limits_cost() {
            self.cost_is_known = false;
            self.warn(&format!(
                "the price of {named} is not known: its cost can't be limited"
            ));
        }
        cost
    }
}

async fn answer(session: &Session) -> Result<Response, LlmError> {
    let shared = &session.shared;
    let failure: Mutex<Option<String>> = Mutex::default();
    let take_failure = || {
        failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    };
    let (events, stream) = retry(&session.config.retry, || {
        if let Some(message) = take_failure() {
            let message = format!("the model call failed and is tried again: {message}");
            shared.bus.emit(EventKind::Warning { message });
        }
        let opened = open(session);
        let failure = &failure;
        async move {
            opened.await.inspect_err(|error| {
                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            })
        }
    })
    .await?;
    shared.bus.emit(EventKind::AssistantTextStart);
    let mut is_streamed = false;
    let mut events = futures::stream::iter(events.into_iter().map(Ok)).chain(stream);
    while let Some(event) = events.next().await {
        match event? {
            StreamEvent::TextDelta { delta, .. } => {
                is_streamed = true;
                shared.bus.emit(EventKind::AssistantTextDelta { delta });
            }
            StreamEvent::Finish { response, .. } => {
                let delta = response.text();
                if !is_streamed && !delta.is_empty() {
                    shared.bus.emit(EventKind::AssistantTextDelta { delta });
                }
                return Ok(*response);
            }
            _ => {}
        }
    }
    Err(ended_early())
}

/// A stream with its events up to the first that says something: until then nothing was delivered
/// and the request can be repeated.
async fn open(session: &Session) -> Result<(Vec<StreamEvent>, EventStream), LlmError> {
    let (client, request) = (&session.client, session.request());
    if !session.profile.supports_streaming() {
        let response = client.complete(request).await?;
        let nothing = futures::stream::empty().boxed();
        return Ok((vec![StreamEvent::finish(response)], nothing));
    }
    let mut stream = client.stream(request).await?;
    let mut events = Vec::new();
    loop {
        let event = stream.next().await.ok_or_else(ended_early)??;
        let is_content = !matches!(
            event,
            StreamEvent::StreamStart { .. } | StreamEvent::ProviderEvent { .. }
        );
        if !matches!(event, StreamEvent::ProviderEvent { .. }) {
            events.push(event);
        }
        if is_content {
            return Ok((events, stream));
        }
    }
}

fn ended_early() -> LlmError {
    LlmError::new(
        LlmErrorKind::Stream,
        "the stream ended before the answer was complete",
    )
}
