//! [`Service`]: which exchange answers a request, and how it is sent.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Response};
use serde_json::json;

use super::fault::Fault;
use super::framing;
use crate::cassette::{Cassette, Content, Outcome, Player, Reply, Sent};
use crate::testing::http::{
    Body, EVENT_STREAM, Handler, JSON, RecordedRequest, Records, Step, receive, respond, stepwise,
    whole, with_headers,
};
use crate::testing::limits::MAX_REQUEST_BYTES;

/// What all connections share: the cassette, how far it was played, and the record of requests.
#[derive(Debug)]
pub(super) struct Service {
    cassette: Arc<Cassette>,
    pub(super) player: Player,
    records: Records,
}

/// What the first parts of a path ask for: `/~FAULT`, and `/INDEX` for a certain exchange.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    fault: Fault,
    exchange: Option<usize>,
}

impl Service {
    pub(super) fn new(cassette: Cassette) -> Self {
        let player = Player::new(cassette);
        Self {
            cassette: player.cassette(),
            player,
            records: Records::default(),
        }
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.records.to_vec()
    }

    fn outcome(&self, asked: &Asked, sent: &Sent) -> Result<Outcome, String> {
        match asked.exchange {
            None => self.player.take(sent).map_err(|error| error.to_string()),
            Some(index) => match self.cassette.exchanges.get(index) {
                Some(exchange) => Ok(exchange.outcome.clone()),
                None => Err(format!("there is no exchange {index}")),
            },
        }
    }
}

#[async_trait]
impl Handler for Service {
    async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let Some((parts, body)) = receive(request).await else {
            let message = format!("the request body is cut off or over {MAX_REQUEST_BYTES} bytes");
            return refusal(413, &message);
        };
        self.records.record(&parts, &body);
        let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        let (asked, target) = match asked(target) {
            Ok(asked) => asked,
            Err(message) => return refusal(400, &message),
        };
        let sent = sent(&parts, target, &body);
        match self.outcome(&asked, &sent) {
            Ok(Outcome::Reply(reply)) => deliver(&reply, asked.fault),
            Ok(Outcome::Failed(_)) => respond(200, JSON, stepwise(vec![Step::Reset])),
            Ok(Outcome::Unanswered) => future::pending().await,
            Err(message) => refusal(400, &message),
        }
    }
}

fn sent(parts: &Parts, target: &str, body: &[u8]) -> Sent {
    let mut sent = Sent::post(format!("http://replay{target}"), Content::new(body, None));
    sent.method = parts.method.to_string();
    sent
}

/// Takes what is asked for off the front of a path.
fn asked(target: &str) -> Result<(Asked, &str), String> {
    let Some(rest) = target.strip_prefix("/~") else {
        return Ok((Asked::default(), target));
    };
    let (fault, rest) = first_part(rest);
    let fault = fault.parse()?;
    let (number, after) = first_part(rest.strip_prefix('/').unwrap_or(rest));
    let (exchange, rest) = match number.parse() {
        Ok(index) => (Some(index), after),
        Err(_) => (None, rest),
    };
    Ok((Asked { fault, exchange }, rest))
}

fn first_part(path: &str) -> (&str, &str) {
    path.split_at(path.find(['/', '?']).unwrap_or(path.len()))
}

fn deliver(reply: &Reply, fault: Fault) -> Response<Body> {
    let content_type = match reply.content {
        Content::Events(_) => EVENT_STREAM,
        _ => JSON,
    };
    let steps = framing::steps(&reply.content, fault);
    let response = respond(reply.status, content_type, stepwise(steps));
    // What HTTP itself needs is ours to say: the body may be shorter than the recorded one.
    let kept = reply.headers.iter().filter(|(name, _)| {
        let framing = [
            "connection",
            "content-encoding",
            "content-length",
            "transfer-encoding",
        ];
        framing.iter().all(|it| !name.eq_ignore_ascii_case(it))
    });
    with_headers(response, kept)
}

fn refusal(status: u16, message: &str) -> Response<Body> {
    let error = json!({"type": "replay_error", "message": message});
    whole(
        status,
        JSON,
        json!({"type": "error", "error": error}).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_begin_with_a_fault_and_an_exchange() {
        let fault = Fault::none().crlf().split(1);
        let asks = |fault, exchange| Asked { fault, exchange };
        let cases = [
            ("/v1/x?y=1", asks(Fault::none(), None), "/v1/x?y=1"),
            ("/~crlf+split=1/v1/x", asks(fault, None), "/v1/x"),
            (
                "/~whole/12/v1/x?y",
                asks(Fault::none(), Some(12)),
                "/v1/x?y",
            ),
            ("/~whole/12?y", asks(Fault::none(), Some(12)), "?y"),
        ];
        for (target, expected, rest) in cases {
            assert_eq!(asked(target), Ok((expected, rest)), "{target}");
        }
        assert!(asked("/~odd/v1/x").is_err());
    }
}
