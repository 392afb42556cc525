//! [`ScriptedProvider`]: a script played in process, without HTTP.

mod conversation;
mod events;
mod failure;
mod response;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::{FutureExt, StreamExt, stream};

use super::answer::Answer;
use super::limits::MAX_RECORDED_REQUESTS;
use super::player::Player;
use super::script::{Delivery, Script};
use crate::error::{Error, ErrorKind};
use crate::provider::{Capabilities, ProviderAdapter};
use crate::types::{EventStream, Request, Response, StreamEvent};

type Item = Result<StreamEvent, Error>;

/// A [`ProviderAdapter`] whose model answers from a [`Script`].
///
/// For tests above the client that don't need HTTP. Counts of events in a
/// [`Delivery`](super::Delivery) are counts of unified events here; bytes don't exist, so a cut
/// after some bytes breaks a stream before its last event. It can do everything unless told
/// otherwise. A clone shares the script and the record of requests.
///
/// ```
/// use attractor_llm::testing::{Script, ScriptedProvider, Turn};
/// use attractor_llm::{Client, Message, Request};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let provider = ScriptedProvider::new(Script::new().turn(Turn::text("Hello.")));
/// let client = Client::builder().provider(provider.clone()).build()?;
/// let response = client.complete(Request::new("any", vec![Message::user("Hi")])).await?;
/// assert_eq!(response.text(), "Hello.");
/// assert_eq!(provider.requests().len(), 1);
/// # Ok::<(), attractor_llm::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScriptedProvider {
    name: String,
    capabilities: Capabilities,
    player: Arc<Player>,
    requests: Arc<Mutex<VecDeque<Request>>>,
}

impl ScriptedProvider {
    /// A provider of the name `scripted`.
    #[must_use]
    pub fn new(script: Script) -> Self {
        Self {
            name: "scripted".to_owned(),
            capabilities: Capabilities::all(),
            player: Arc::new(Player::new(script)),
            requests: Arc::default(),
        }
    }

    /// Sets the name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets what it says it can do; a tool choice it can't make is refused.
    #[must_use]
    pub fn able_to(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// The requests received so far, in order; the oldest are dropped beyond a limit.
    ///
    /// As an adapter would send them: reasoning of another provider or model is left out.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.lock().iter().cloned().collect()
    }

    /// For each request that no turn answered, which request it was and why.
    #[must_use]
    pub fn unmatched(&self) -> Vec<String> {
        self.player.unmatched()
    }

    /// Records the request and chooses its answer, which may be an error.
    fn choose(&self, request: Request, stream: bool) -> Result<Answer, Error> {
        let request = conversation::own_reasoning(request, &self.name);
        let conversation = conversation::conversation(&request, stream);
        let choice = request.tool_choice.clone();
        let mut requests = self.lock();
        requests.push_back(request);
        if requests.len() > MAX_RECORDED_REQUESTS {
            requests.pop_front();
        }
        drop(requests);
        if let Some(choice) = choice.filter(|choice| !self.supports_tool_choice(choice)) {
            let message = format!("the tool choice {choice:?} isn't supported");
            let error = Error::new(ErrorKind::UnsupportedToolChoice, message);
            return Err(error.with_provider(&self.name));
        }
        self.player.answer(&conversation).map_err(|message| {
            Error::new(ErrorKind::InvalidRequest, message).with_provider(&self.name)
        })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ProviderAdapter for ScriptedProvider {
    fn name(&self) -> &str {
        &self.name
    }

    async fn complete(&self, request: Request) -> Result<Response, Error> {
        let answer = self.choose(request, false)?;
        begin(&answer.turn.delivery).await;
        failure::of_whole(&self.name, &answer)?;
        Ok(response::response(&self.name, &answer))
    }

    async fn stream(&self, request: Request) -> Result<EventStream, Error> {
        let answer = self.choose(request, true)?;
        begin(&answer.turn.delivery).await;
        failure::of_start(&self.name, &answer)?;
        let items = events::items(&self.name, &answer);
        Ok(paced(
            items,
            Duration::from_millis(answer.turn.delivery.event_delay_ms),
        ))
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }
}

/// The wait before the answer, which may be for ever.
async fn begin(delivery: &Delivery) {
    if delivery.never_respond {
        return futures::future::pending().await;
    }
    if delivery.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delivery.delay_ms)).await;
    }
}

/// The items with a wait before each but the first.
fn paced(items: Vec<Item>, delay: Duration) -> EventStream {
    let wait = move |index: usize| match index {
        0 => futures::future::ready(()).boxed(),
        _ if delay.is_zero() => futures::future::ready(()).boxed(),
        _ => tokio::time::sleep(delay).boxed(),
    };
    stream::iter(items.into_iter().enumerate())
        .then(move |(index, item)| wait(index).map(move |()| item))
        .boxed()
}
