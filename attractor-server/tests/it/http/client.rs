//! A service on a loopback port, and a client that does what it's told and nothing else.

use std::net::SocketAddr;
use std::path::Path;

use attractor_server::http::{PipelineService, PipelineServiceBuilder, router};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::process::PATIENCE;

pub(crate) const DOT: &str = "text/vnd.graphviz";
pub(crate) const JSON: &str = "application/json";

/// A service with its server; dropping it ends both at once, as the end of a process would.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) service: PipelineService,
    address: SocketAddr,
    _server: JoinSet<()>,
}

impl Host {
    /// A service that keeps its runs below `root` and works there.
    pub(crate) async fn start(root: &Path) -> Host {
        Host::with(root, |builder| builder).await
    }

    pub(crate) async fn with(
        root: &Path,
        set_up: impl FnOnce(PipelineServiceBuilder) -> PipelineServiceBuilder,
    ) -> Host {
        let builder = PipelineService::builder(root.join("runs")).workdir(root);
        let service = set_up(builder).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = router(service.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum_serve(listener, routes).await });
        Host {
            service,
            address,
            _server: server,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request and reads the whole reply.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Reply {
        reply(self.address, request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(request("GET", path, &[], "")).await
    }

    pub(crate) async fn post(&self, path: &str, kind: &str, body: &str) -> Reply {
        let headers = [(CONTENT_TYPE.as_str(), kind)];
        self.send(request("POST", path, &headers, body)).await
    }

    /// Submits a pipeline and returns its path.
    pub(crate) async fn submit(&self, source: &str) -> String {
        let reply = self.post("/pipelines", DOT, source).await.is(201);
        let place = reply.headers["location"].to_str().unwrap().to_owned();
        assert_eq!(
            place,
            format!("/pipelines/{}", reply.json()["id"].as_str().unwrap())
        );
        place
    }

    /// The pipeline's questions once there are so many: each is told a moment before it can be answered.
    pub(crate) async fn questions(&self, place: &str, count: usize) -> Vec<Value> {
        let path = format!("{place}/questions");
        let asked = async {
            loop {
                let mut listed = self.get(&path).await.is(200).json();
                match listed["questions"].take() {
                    Value::Array(questions) if questions.len() >= count => return questions,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        let asked = timeout(PATIENCE, asked).await;
        asked.unwrap_or_else(|_| panic!("{place} never asks {count} questions"))
    }

    /// The pipeline's status once it's executed no more.
    pub(crate) async fn end_of(&self, place: &str) -> Value {
        let id = place.trim_start_matches("/pipelines/").parse().unwrap();
        self.service.wait(&id).await;
        self.get(place).await.is(200).json()
    }

    /// Opens an event stream.
    pub(crate) async fn events(&self, path: &str, headers: &[(&str, &str)]) -> Events {
        Events::open(self.address, path, headers).await
    }
}

async fn axum_serve(listener: TcpListener, routes: axum::Router) {
    axum::serve(listener, routes).await.unwrap();
}

pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "loopback");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap()
}

/// One request on a connection of its own, which is closed when the set is dropped.
pub(crate) async fn exchange(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> (Response<Incoming>, JoinSet<()>) {
    let socket = TcpSocket::new_v4().unwrap();
    // What a client doesn't read stays with the server.
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let stream = socket.connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        // A server may close a connection on which it has answered already.
        let _ = connection.await;
    });
    (sender.send_request(request).await.unwrap(), tasks)
}

/// Sends a request and reads the whole reply; what isn't text in it is replaced.
pub(crate) async fn reply(address: SocketAddr, request: Request<Full<Bytes>>) -> Reply {
    let (response, _connection) = exchange(address, request).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Reply {
        status,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// A reply that has come to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    /// Fails with the body unless the status is this one.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Fails unless it's a problem document of this status and type; returns it.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, kind: &str) -> Value {
        let reply = self.is(status);
        assert_eq!(reply.headers[CONTENT_TYPE], "application/problem+json");
        let problem = reply.json();
        assert_eq!(problem["status"], status);
        let address = problem["type"].as_str().unwrap();
        assert!(
            address.ends_with(&format!("docs/http.md#{kind}")),
            "{address}"
        );
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem
    }
}

/// An event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: Option<u64>,
    /// `message` where the stream gives none.
    pub(crate) event: String,
    pub(crate) data: Value,
}

/// An event stream; dropping it hangs up.
#[derive(Debug)]
pub(crate) struct Events {
    body: Incoming,
    text: String,
    /// Bytes of the text that were read.
    read: usize,
    _connection: JoinSet<()>,
}

impl Events {
    /// Asks for events and sees that they come.
    pub(crate) async fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Events {
        let (response, connection) = exchange(address, request("GET", path, headers, "")).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
        Events {
            body: response.into_body(),
            text: String::new(),
            read: 0,
            _connection: connection,
        }
    }

    /// The next event, comments left out; nothing at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            if let Some(event) = parse(&block) {
                return Some(event);
            }
        }
    }

    /// The next block of lines: an event, or a comment.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            let unread = &self.text[self.read..];
            if let Some((block, _)) = unread.split_once("\n\n") {
                let block = block.to_owned();
                self.read += block.len() + 2;
                return Some(block);
            }
            self.text.drain(..self.read);
            self.read = 0;
            let frame = self.body.frame().await?.unwrap();
            let data = frame.into_data().unwrap();
            self.text += std::str::from_utf8(&data).unwrap();
        }
    }

    /// Reads up to an event of the journal with this name, itself included.
    pub(crate) async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut read = Vec::new();
        loop {
            let event = self
                .next()
                .await
                .unwrap_or_else(|| panic!("no {name} in {read:?}"));
            let found = event.data["event"] == name;
            read.push(event);
            if found {
                return read;
            }
        }
    }

    /// Reads to the end.
    pub(crate) async fn rest(mut self) -> Vec<Event> {
        let mut read = Vec::new();
        while let Some(event) = self.next().await {
            read.push(event);
        }
        read
    }
}

fn parse(block: &str) -> Option<Event> {
    let mut event = Event {
        id: None,
        event: "message".to_owned(),
        data: Value::Null,
    };
    let mut is_event = false;
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => event.id = Some(id.parse().unwrap()),
            Some(("event", name)) => event.event = name.to_owned(),
            Some(("data", data)) => {
                event.data = serde_json::from_str(data).unwrap();
                is_event = true;
            }
            _ => {}
        }
    }
    is_event.then_some(event)
}

pub(crate) fn root() -> TempDir {
    tempfile::tempdir().unwrap()
}
