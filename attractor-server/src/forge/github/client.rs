use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::sleep;
use url::Url;

use super::retry::{Verdict, back_off, judge};
use crate::domain::{Clock, Error, ErrorKind};
use crate::forge::limits::{ATTEMPTS, MESSAGE_CHARACTERS};
use crate::forge::transport::{Answer, Call, Transport};

/// Sends requests to GitHub's API until they are answered.
#[derive(Clone, Debug)]
pub(super) struct Client {
    api: Url,
    transport: Transport,
    clock: Arc<dyn Clock>,
    backoff: Duration,
}

impl Client {
    pub(super) fn new(api: Url, clock: Arc<dyn Clock>, backoff: Duration) -> Result<Self, Error> {
        let transport = Transport::new(&api)?;
        Ok(Self {
            api,
            transport,
            clock,
            backoff,
        })
    }

    /// Reads what is at a path.
    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        token: Option<&SecretString>,
    ) -> Result<Answer, Error> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let call = Call {
            url,
            token: token.cloned(),
            body: None,
        };
        self.call(&call, true).await
    }

    /// Posts something. If it isn't `repeatable`, a failure of the server may come after the effect.
    pub(super) async fn post(
        &self,
        path: &[&str],
        body: Value,
        token: Option<&SecretString>,
        repeatable: bool,
    ) -> Result<Answer, Error> {
        let call = Call {
            url: self.url(path)?,
            token: token.cloned(),
            body: Some(body),
        };
        self.call(&call, repeatable).await
    }

    /// Each part of the path is one, whatever is in it.
    fn url(&self, path: &[&str]) -> Result<Url, Error> {
        let mut url = self.api.clone();
        match url.path_segments_mut() {
            Ok(mut parts) => parts.pop_if_empty().extend(path),
            Err(()) => return Err(Error::internal("the forge's address has no path")),
        };
        Ok(url)
    }

    async fn call(&self, call: &Call, repeatable: bool) -> Result<Answer, Error> {
        for attempt in 1.. {
            let wait = match self.transport.send(call).await {
                Ok(answer) => {
                    match judge(&answer, attempt, repeatable, self.clock.now(), self.backoff) {
                        Verdict::Answered => return Ok(answer),
                        Verdict::Exhausted(wait) => return Err(exhausted(wait)),
                        Verdict::Again(wait) => wait,
                    }
                }
                Err(error) if !repeatable || attempt >= ATTEMPTS => return Err(error),
                Err(_) => back_off(attempt, self.backoff),
            };
            sleep(wait).await;
        }
        Err(Error::internal("the forge was asked for ever"))
    }
}

fn exhausted(wait: Duration) -> Error {
    let seconds = wait.as_secs();
    let message = format!("GitHub takes no more requests for {seconds} seconds");
    Error::new(ErrorKind::Upstream, "forge_rate_limited", message)
        .with_details(json!({ "retryAfterSeconds": seconds }))
}

/// What GitHub says about a request that it refuses.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: String,
    errors: Vec<Value>,
}

/// The error for an answer that isn't what was asked for: what GitHub says, without the token.
pub(super) fn refused(what: &str, answer: &Answer, token: Option<&SecretString>) -> Error {
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let details = refusal.errors.iter().filter_map(|error| {
        let message = error.get("message").unwrap_or(error);
        message.as_str()
    });
    let said: Vec<&str> = std::iter::once(refusal.message.as_str())
        .chain(details)
        .filter(|text| !text.is_empty())
        .collect();
    let mut said = said.join(": ");
    if let Some(token) = token {
        said = said.replace(token.expose_secret(), "[secret]");
    }
    let said: String = said
        .chars()
        .filter(|c| !c.is_control())
        .take(MESSAGE_CHARACTERS)
        .collect();
    let status = answer.status;
    let message = match said.as_str() {
        "" => format!("GitHub doesn't {what}: status {status}"),
        said => format!("GitHub doesn't {what}: status {status}, {said:?}"),
    };
    let code = match status {
        401 => "forge_unauthenticated",
        403 => "forge_forbidden",
        _ => "forge_refused",
    };
    Error::new(ErrorKind::Upstream, code, message)
}

/// Reads the JSON of an answer.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        let message = "GitHub's answer isn't what its documentation says";
        Error::new(ErrorKind::Upstream, "forge_answer_unreadable", message).caused_by(error)
    })
}
