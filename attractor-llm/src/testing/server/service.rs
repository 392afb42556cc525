//! [`Service`]: accepts connections, records requests, sends what the protocol renders.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::body::{self, Body};
use super::protocol::{PROTOCOLS, Protocol, Received, Refusal, protocol_for};
use super::record::{RecordedRequest, Records};
use crate::testing::answer::Answer;
use crate::testing::limits::{MAX_CONNECTIONS, MAX_REQUEST_BYTES};
use crate::testing::player::Player;
use crate::testing::script::{HttpError, Script};

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// What all connections share: the script and the record of requests.
#[derive(Debug)]
pub(super) struct Service {
    player: Player,
    records: Mutex<Records>,
}

/// Serves until the sender of `stopped` is gone, then breaks the connections and waits for them.
pub(super) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    future::select(pin!(accept(&listener, &service, &mut connections)), stopped).await;
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    service: &Arc<Service>,
    connections: &mut JoinSet<()>,
) -> Infallible {
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        // A connection that failed before it was accepted is the client's to notice.
        if let Ok((socket, _)) = listener.accept().await {
            connections.spawn(connection(socket, Arc::clone(service)));
        }
    }
}

async fn connection(socket: TcpStream, service: Arc<Service>) {
    // Without it a small event may wait for the acknowledgement of the one before.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "scripted server: set_nodelay");
    }
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.handle(request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(socket), answer)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "scripted server: connection ended");
    }
}

impl Service {
    pub(super) fn new(script: Script) -> Self {
        Self {
            player: Player::new(script),
            records: Mutex::default(),
        }
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().to_vec()
    }

    pub(super) fn unmatched(&self) -> Vec<String> {
        self.player.unmatched()
    }

    async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Some(protocol) = protocol_for(parts.uri.path()) else {
            return unknown_path(parts.uri.path());
        };
        let Ok(bytes) = Limited::new(body, MAX_REQUEST_BYTES).collect().await else {
            let message = format!("the request body is cut off or over {MAX_REQUEST_BYTES} bytes");
            return failure(protocol, 413, &message);
        };
        let recorded = self.record(&parts, &bytes.to_bytes());
        let received = Received {
            headers: &recorded.headers,
            body: &recorded.body,
        };
        match self.choose(protocol, &recorded.method, &received) {
            Ok(answer) => deliver(protocol, &answer).await,
            Err(refusal) => failure(protocol, refusal.status, &refusal.message),
        }
    }

    fn record(&self, parts: &Parts, bytes: &Bytes) -> RecordedRequest {
        let text = || Value::String(String::from_utf8_lossy(bytes).into_owned());
        let request = RecordedRequest {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            headers: header_map(&parts.headers),
            body: serde_json::from_slice(bytes).unwrap_or_else(|_| text()),
        };
        self.lock().push(bytes.len(), request.clone());
        request
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
        self.player.answer(&conversation).map_err(Refusal::invalid)
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn header_map(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
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
    let response = respond(
        status,
        content_type,
        body::stepwise(body::plan(chunks, delivery)),
    );
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
                events = body::untidy(&events);
            }
            (200, EVENT_STREAM, events)
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
    respond(status, JSON, body::full(body))
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
    respond(404, JSON, body::full(body.to_string()))
}

fn respond(status: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    // A status that HTTP can't carry is a mistake in the script.
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        CONTENT_TYPE,
        hyper::header::HeaderValue::from_static(content_type),
    );
    response
}

fn with_headers(
    mut response: Response<Body>,
    headers: &BTreeMap<String, String>,
) -> Response<Body> {
    for (name, value) in headers {
        let name = hyper::header::HeaderName::try_from(name.as_str());
        let value = hyper::header::HeaderValue::try_from(value.as_str());
        match (name, value) {
            (Ok(name), Ok(value)) => {
                response.headers_mut().insert(name, value);
            }
            (name, value) => tracing::warn!(?name, ?value, "header of the script left out"),
        }
    }
    response
}
