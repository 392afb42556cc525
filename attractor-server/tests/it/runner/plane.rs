//! A control plane that keeps what it's told in memory: the other side of the runner API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde_json::{Value, json};
use tokio::sync::Notify;

pub(crate) const TOKEN: &str = "arr_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// When a runner is to die: at the first request whose path begins so, before or after it had its
/// effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fatal {
    Before(&'static str),
    After(&'static str),
}

/// What the control plane knows.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) specification: Value,
    pub(crate) events: Vec<Value>,
    pub(crate) live: Vec<Value>,
    pub(crate) artifacts: BTreeMap<String, Vec<u8>>,
    /// The pipeline that was found in the repository.
    pub(crate) pipeline: Option<String>,
    pub(crate) bundle_files: BTreeMap<String, Vec<u8>>,
    pub(crate) bundle: Option<Value>,
    pub(crate) questions: Vec<Value>,
    pub(crate) pull_requests: Vec<Value>,
    pub(crate) finish: Option<Value>,
    pub(crate) credentials: u32,
    pub(crate) stop: Option<&'static str>,
    pub(crate) may_push: bool,
    pub(crate) fences: u32,
    /// Whether neither heartbeats nor fences are answered.
    pub(crate) deaf: bool,
    /// Whether the attempt is over: its token is good for nothing.
    pub(crate) over: bool,
    /// Answers with 503 so many times.
    pub(crate) down: u32,
    pub(crate) fatal: Option<Fatal>,
}

/// A control plane on a port of this machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plane {
    known: Arc<Mutex<Known>>,
    changed: Arc<Notify>,
    /// Told when the runner is to be killed; nothing is answered then.
    pub(crate) killed: Arc<Notify>,
}

impl Plane {
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Waits until something is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&Known) -> bool) {
        loop {
            let changed = self.changed.notified();
            if is_so(&self.known()) {
                return;
            }
            changed.await;
        }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known());
        self.changed.notify_waiters();
    }

    /// Serves until the returned future is dropped.
    pub(crate) async fn serve(&self) -> (String, impl Future<Output = ()> + use<>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = self.router();
        (
            url,
            async move { axum::serve(listener, router).await.unwrap() },
        )
    }

    fn router(&self) -> Router {
        let routes = Router::new()
            .route("/claim", post(claim))
            .route("/heartbeat", post(heartbeat))
            .route("/events", post(events))
            .route("/artifacts/{*key}", put(artifact))
            .route("/pipeline", put(pipeline))
            .route("/bundle/{name}", get(bundle_file))
            .route("/bundle", post(bundle))
            .route("/questions", post(ask))
            .route("/questions/{id}", get(question))
            .route("/credential", post(credential))
            .route("/pull-request", post(pull_request))
            .route("/fence", post(fence))
            .route("/finish", post(finish))
            .layer(from_fn_with_state(self.clone(), gate))
            .with_state(self.clone());
        Router::new().nest("/api/runner", routes)
    }
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, Body::from(body.to_string())).into_response()
}

/// Who may ask; when nobody is answered; when the runner dies.
async fn gate(State(plane): State<Plane>, request: Request, next: Next) -> Response {
    let given = request.headers().get("authorization");
    if given.is_none_or(|it| it.as_bytes() != format!("Bearer {TOKEN}").as_bytes()) {
        return answer(
            401,
            &json!({"error": "no such token", "code": "unauthenticated"}),
        );
    }
    let path = request.uri().path().replace("/api/runner", "");
    let fatal = {
        let mut known = plane.known();
        if known.down > 0 {
            known.down -= 1;
            return answer(503, &json!({"error": "gone", "code": "unavailable"}));
        }
        if known.deaf && (path == "/heartbeat" || path == "/fence") {
            return answer(503, &json!({"error": "gone", "code": "unavailable"}));
        }
        if known.over {
            return answer(401, &json!({"error": "over", "code": "unauthenticated"}));
        }
        known.fatal
    };
    if matches!(fatal, Some(Fatal::Before(at)) if path.starts_with(at)) {
        plane.killed.notify_one();
        return std::future::pending().await;
    }
    let response = next.run(request).await;
    plane.changed.notify_waiters();
    if matches!(fatal, Some(Fatal::After(at)) if path.starts_with(at)) {
        plane.killed.notify_one();
        return std::future::pending().await;
    }
    response
}

async fn claim(State(plane): State<Plane>) -> Response {
    let known = plane.known();
    let mut specification = known.specification.clone();
    specification["journalSeq"] = known.events.len().into();
    answer(200, &specification)
}

async fn heartbeat(State(plane): State<Plane>) -> Response {
    let stop = plane.known().stop;
    answer(
        200,
        &json!({"stop": stop, "leaseExpiresAt": "2026-03-17T12:00:00.125Z"}),
    )
}

async fn events(State(plane): State<Plane>, body: Bytes) -> Response {
    let batch: Value = serde_json::from_slice(&body).unwrap();
    let mut known = plane.known();
    let after = usize::try_from(batch["after"].as_u64().unwrap()).unwrap();
    let stored = known.events.len();
    if after > stored {
        let details = json!({"journalSeq": stored});
        return answer(
            409,
            &json!({"error": "gap", "code": "journal_gap", "details": details}),
        );
    }
    for (number, event) in (after + 1..).zip(batch["events"].as_array().unwrap()) {
        assert_eq!(event["payload"]["payload"]["seq"], number);
        if number > known.events.len() {
            known.events.push(event.clone());
        }
    }
    let live = batch["live"].as_array().into_iter().flatten();
    known.live.extend(live.cloned());
    let seq = known.events.len();
    answer(200, &json!({"journalSeq": seq, "lastSeq": seq + 2}))
}

async fn artifact(
    State(plane): State<Plane>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert!(headers.contains_key("x-content-sha256") && headers.contains_key("content-type"));
    plane.known().artifacts.insert(key.clone(), body.to_vec());
    answer(201, &json!({"key": key}))
}

async fn pipeline(State(plane): State<Plane>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["x-content-sha256"].len(), 64);
    plane.known().pipeline = Some(String::from_utf8(body.to_vec()).unwrap());
    StatusCode::NO_CONTENT
}

async fn bundle_file(State(plane): State<Plane>, Path(name): Path<String>) -> Response {
    match plane.known().bundle_files.get(&name) {
        Some(bytes) => bytes.clone().into_response(),
        None => answer(404, &json!({"error": "no such file", "code": "not_found"})),
    }
}

async fn bundle(State(plane): State<Plane>, body: Bytes) -> Response {
    let mut known = plane.known();
    known.bundle = Some(serde_json::from_slice(&body).unwrap());
    answer(
        200,
        &json!({"id": "cbundle", "runId": "crun", "schemaVersion": "v1", "manifestPath": "m",
            "createdAt": "2026-03-17T12:00:00.125Z"}),
    )
}

async fn ask(State(plane): State<Plane>, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let mut known = plane.known();
    let found = known.questions.iter().find(|it| it["key"] == asked["key"]);
    if let Some(found) = found {
        return answer(200, found);
    }
    let mut question = asked;
    let id = format!("q{}", known.questions.len() + 1);
    question["id"] = id.into();
    question["runId"] = "crun".into();
    question["status"] = "PENDING".into();
    question["answer"] = Value::Null;
    question["answeredBy"] = Value::Null;
    question["answeredAt"] = Value::Null;
    question["createdAt"] = "2026-03-17T12:00:00.125Z".into();
    known.questions.push(question.clone());
    answer(201, &question)
}

async fn question(
    State(plane): State<Plane>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    assert!(query.contains_key("waitMs"));
    let find = |known: &Known| {
        let found = known.questions.iter().find(|it| it["id"] == id.as_str());
        found.unwrap().clone()
    };
    plane
        .until(|known| find(known)["status"] != "PENDING")
        .await;
    answer(200, &find(&plane.known()))
}

async fn credential(State(plane): State<Plane>) -> Response {
    plane.known().credentials += 1;
    answer(
        200,
        &json!({"username": "x-access-token", "password": "ghs_forgetoken"}),
    )
}

async fn pull_request(State(plane): State<Plane>, body: Bytes) -> Response {
    let wanted = serde_json::from_slice(&body).unwrap();
    plane.known().pull_requests.push(wanted);
    answer(
        200,
        &json!({"prUrl": "https://forge.example/pull/7", "number": 7}),
    )
}

async fn fence(State(plane): State<Plane>) -> Response {
    let mut known = plane.known();
    known.fences += 1;
    match known.may_push {
        true => StatusCode::NO_CONTENT.into_response(),
        false => answer(409, &json!({"error": "over", "code": "stale_attempt"})),
    }
}

async fn finish(State(plane): State<Plane>, body: Bytes) -> Response {
    plane.known().finish = Some(serde_json::from_slice(&body).unwrap());
    answer(200, &json!({"id": "crun"}))
}
