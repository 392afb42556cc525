//! [`Player`]: answers requests from a cassette.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::{StreamExt as _, stream};

use super::difference::{self, Difference, differences};
use super::exchange::{Cassette, End, Outcome, Reply, Sent};
use super::redaction::Redaction;
use crate::error::{Error, ErrorKind};
use crate::provider::http::{HttpReply, HttpRequest, Transport};

/// Exchanges left over that are named; the rest is counted.
const NAMED: usize = 5;

/// Answers requests from a cassette, with no network and no key.
///
/// Each recorded exchange is used once. A request is answered by the first unused exchange with the
/// same method, path and body, whatever the host and the order of fields, so that calls which ran at
/// the same time may come in another order. A request without such an exchange fails for good, and so
/// does every one after it: the error says which request it was and how it differs from the nearest
/// exchange that is left. Clones play the same cassette; give one to each adapter of a client, and
/// call [`finish`](Self::finish) on another.
///
/// Connections that failed, broke or went silent in the recording do so again.
///
/// ```no_run
/// # fn example() -> Result<(), attractor_llm::Error> {
/// use std::sync::Arc;
///
/// use attractor_llm::AnthropicAdapter;
/// use attractor_llm::cassette::Player;
///
/// let player = Player::open("tests/cassettes/hello.json")?;
/// let anthropic =
///     AnthropicAdapter::builder("no key").transport(Arc::new(player.clone())).build()?;
/// # let _ = anthropic;
/// // …
/// player.finish()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Player {
    name: String,
    cassette: Arc<Cassette>,
    redaction: Redaction,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    used: Vec<bool>,
    requests: usize,
    /// The first request that wasn't in the cassette.
    divergence: Option<String>,
}

impl Player {
    /// A player of the cassette in a file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the file can't be read or isn't a cassette.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let player = Self::new(Cassette::read(path)?);
        Ok(Self {
            name: path.display().to_string(),
            ..player
        })
    }

    /// A player of a cassette.
    #[must_use]
    pub fn new(cassette: Cassette) -> Self {
        let state = State {
            used: vec![false; cassette.exchanges.len()],
            requests: 0,
            divergence: None,
        };
        Self {
            name: "the cassette".to_owned(),
            cassette: Arc::new(cassette),
            redaction: Redaction::default(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Sets the redaction that the cassette was recorded with.
    #[must_use]
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Says whether the replay was the recording: nothing else was asked for, and all of it was.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] with the first request that wasn't in the cassette, else with the
    /// exchanges that weren't used.
    pub fn finish(&self) -> Result<(), Error> {
        let state = self.lock();
        if let Some(divergence) = &state.divergence {
            return Err(configuration(divergence.clone()));
        }
        let left: Vec<String> = self
            .left(&state)
            .map(|(at, sent)| named(at, sent))
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let (name, total) = (&self.name, self.cassette.exchanges.len());
        let first = left
            .iter()
            .take(NAMED)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let more = match left.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let count = left.len();
        Err(configuration(format!(
            "{count} of {total} exchanges of {name} weren't asked for: {first}{more}"
        )))
    }

    /// What the recorded client was made of.
    pub(super) fn environment(&self) -> &BTreeMap<String, String> {
        &self.cassette.environment
    }

    /// What it plays.
    #[cfg(feature = "testing")]
    pub(crate) fn cassette(&self) -> Arc<Cassette> {
        Arc::clone(&self.cassette)
    }

    /// What came of this request; the first unused exchange with it is used.
    pub(crate) fn take(&self, sent: &Sent) -> Result<Outcome, Error> {
        let mut state = self.lock();
        if let Some(divergence) = &state.divergence {
            return Err(configuration(divergence.clone()));
        }
        state.requests += 1;
        let mut nearest: Option<(usize, Vec<Difference>)> = None;
        for (at, recorded) in self.left(&state) {
            let found = differences(recorded, sent);
            if found.is_empty() {
                state.used[at] = true;
                return Ok(self.cassette.exchanges[at].outcome.clone());
            }
            if nearest
                .as_ref()
                .is_none_or(|(_, fewest)| found.len() < fewest.len())
            {
                nearest = Some((at, found));
            }
        }
        let divergence = self.describe(state.requests, sent, nearest);
        state.divergence = Some(divergence.clone());
        Err(configuration(divergence))
    }

    /// The exchanges that haven't been used.
    fn left<'a>(&'a self, state: &State) -> impl Iterator<Item = (usize, &'a Sent)> + use<'a> {
        let unused = state.used.iter().map(|used| !used).collect::<Vec<_>>();
        let exchanges = self.cassette.exchanges.iter().enumerate().zip(unused);
        exchanges
            .filter(|(_, unused)| *unused)
            .map(|((at, exchange), _)| (at, &exchange.request))
    }

    fn describe(
        &self,
        number: usize,
        sent: &Sent,
        nearest: Option<(usize, Vec<Difference>)>,
    ) -> String {
        let (name, total) = (&self.name, self.cassette.exchanges.len());
        let request = format!("request {number} ({} {})", sent.method, sent.target());
        match nearest {
            None => format!("{request} is one too many: all {total} exchanges of {name} are used"),
            Some((at, found)) => format!(
                "{request} isn't in {name}; the nearest is exchange {} of {total}, where {}",
                at + 1,
                difference::describe(&found),
            ),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Player {
    async fn post(&self, request: HttpRequest) -> Result<HttpReply, Error> {
        let (sent, _) = self.redaction.request(&request);
        match self.take(&sent)? {
            Outcome::Reply(reply) => Ok(http_reply(reply)),
            Outcome::Failed(reason) => Err(Error::new(ErrorKind::Network, reason)),
            Outcome::Unanswered => futures::future::pending().await,
        }
    }
}

fn http_reply(reply: Reply) -> HttpReply {
    let pieces = stream::iter(reply.content.pieces()).map(Ok);
    let body = match reply.end {
        End::Closed => pieces.boxed(),
        End::Open => pieces.chain(stream::pending()).boxed(),
        End::Broken(reason) => {
            let error = Error::new(ErrorKind::Network, reason);
            pieces.chain(stream::iter([Err(error)])).boxed()
        }
    };
    HttpReply::new(reply.status, reply.headers.into_iter().collect(), body)
}

fn named(at: usize, sent: &Sent) -> String {
    format!("{} ({} {})", at + 1, sent.method, sent.target())
}

/// What a retry doesn't mend.
fn configuration(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message).with_retryable(false)
}
