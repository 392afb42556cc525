//! [`Service`]: records requests and sends what the protocol renders.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future;
use hyper::body::Incoming;
use hyper::{Request, Response};
use serde_json::{Value, json};

use super::body;
use super::prompt_cache::PromptCache;
use super::protocol::{PROTOCOLS, Protocol, Received, Refusal, protocol_for};
use crate::testing::answer::Answer;
use crate::testing::http::{
    Body, Handler, JSON, RecordedRequest, Records, receive, respond, stepwise, whole, with_headers,
};
use crate::testing::limits::MAX_REQUEST_BYTES;
use crate::testing::player::Player;
use crate::testing::script::{HttpError, Script};

/// What all connections share: the script and the record of requests.
#[derive(Debug)]
pub(super) struct Service {
    player: Player,
    records: Records,
    prompt_cache: Option<Mutex<PromptCache>>,
}

impl Service {
    pub(super) fn new(script: Script) -> Self {
        Self {
            prompt_cache: script.prompt_cache.then(Mutex::default),
            player: Player::new(script),
            records: Records::default(),
        }
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.records.to_vec()
    }

    pub(super) fn unmatched(&self) -> Vec<String> {
        self.player.unmatched()
    }

    fn choose(
        &self,
        protocol: &dyn Protocol,
        method: &str,
        received: &Received<'_>,
    ) -> Result<Answer, Refusal> {
        if method != "POST" {
            return Err(Refusal {
                status: 405,
                message: format!("{method} is not allowed here"),
            });
        }
        let conversation = protocol.read(received)?;
        let answer = self
            .player
            .answer(&conversation)
            .map_err(Refusal::invalid)?;
        let Some(cache) = &self.prompt_cache else {
            return Ok(answer);
        };
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(answer.counted(cache.count(protocol.caching(), received.body)))
    }
}

#[async_trait]
impl Handler for Service {
    async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let Some(protocol) = protocol_for(request.uri().path()) else {
            return unknown_path(request.uri().path());
        };
        let Some((parts, body)) = receive(request).await else {
            let message = format!("the request body is cut off or over {MAX_REQUEST_BYTES} bytes");
            return failure(protocol, 413, &message);
        };
        let recorded = self.records.record(&parts, &body);
        let received = Received {
            path: &recorded.path,
            headers: &recorded.headers,
            body: &recorded.body,
        };
        match self.choose(protocol, &recorded.method, &received) {
            Ok(answer) => deliver(protocol, &answer).await,
            Err(refusal) => failure(protocol, refusal.status, &refusal.message),
        }
    }
}

/// Waits as the script says and builds the response.
async fn deliver(protocol: &dyn Protocol, answer: &Answer) -> Response<Body> {
    let delivery = &answer.turn.delivery;
    if delivery.never_respond {
        return future::pending().await;
    }
    if delivery.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delivery.delay_ms)).await;
    }
    let (status, content_type, chunks) = render(protocol, answer);
    let response = respond(status, content_type, stepwise(body::plan(chunks, delivery)));
    let response = with_headers(response, &protocol.headers(answer));
    with_headers(response, &answer.turn.headers)
}

/// The status, content type and chunks of an answer.
fn render(protocol: &dyn Protocol, answer: &Answer) -> (u16, &'static str, Vec<Bytes>) {
    let json = |status, body: Value| (status, JSON, vec![Bytes::from(body.to_string())]);
    match (&answer.turn.error, answer.stream, answer.stream_error()) {
        (Some(error), ..) => http_error(protocol, error),
        (None, true, _) => {
            let mut events = protocol.events(answer);
            if answer.turn.delivery.omit_terminal {
                events.pop();
            }
            if answer.turn.delivery.untidy {
                events = protocol.untidy(&events);
            }
            (200, protocol.stream_type(), events)
        }
        (None, false, Some((code, message))) => {
            let status = protocol.status(code);
            json(status, protocol.error(status, Some(code), message))
        }
        (None, false, None) => json(200, protocol.whole(answer)),
    }
}

fn http_error(protocol: &dyn Protocol, error: &HttpError) -> (u16, &'static str, Vec<Bytes>) {
    let message = error.message.as_deref().unwrap_or("scripted error");
    match &error.body {
        Some(Value::String(text)) => (
            error.status,
            "text/plain; charset=utf-8",
            vec![Bytes::from(text.clone())],
        ),
        Some(body) => (error.status, JSON, vec![Bytes::from(body.to_string())]),
        None => {
            let body = protocol.error(error.status, None, message);
            (error.status, JSON, vec![Bytes::from(body.to_string())])
        }
    }
}

fn failure(protocol: &dyn Protocol, status: u16, message: &str) -> Response<Body> {
    let body = protocol.error(status, None, message).to_string();
    whole(status, JSON, body)
}

fn unknown_path(path: &str) -> Response<Body> {
    let paths: Vec<&str> = PROTOCOLS
        .iter()
        .flat_map(|protocol| protocol.paths())
        .copied()
        .collect();
    let message = format!(
        "{path} is not a path of the scripted server; it speaks {}",
        paths.join(", ")
    );
    let body = json!({"type": "error", "error": {"type": "not_found_error", "message": message}});
    whole(404, JSON, body.to_string())
}
