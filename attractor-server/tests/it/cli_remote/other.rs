use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use super::desk::Desk;
use crate::harness::{Bench, Finished};

/// Somebody else's server, or one of another version: what it was asked, and what it was told.
struct Other {
    address: String,
    asked: UnboundedReceiver<Option<String>>,
    _server: JoinSet<()>,
}

impl Other {
    /// Listens at an address of this machine and answers each method and path.
    async fn at(address: &str, answer: fn(&str, &str) -> Response) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (ask, asked) = unbounded_channel();
        let routes = Router::new().fallback(async move |request: Request| {
            let token = request.headers().get("authorization");
            let token = token.map(|it| it.to_str().unwrap().to_owned());
            ask.send(token).unwrap();
            answer(request.method().as_str(), request.uri().path())
        });
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            address,
            asked,
            _server: server,
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `attractor` with these arguments and a token, asking this server.
    async fn types(&self, bench: &Bench, arguments: &[&str]) -> Finished {
        let mut command = bench.attractor(arguments);
        command
            .env("ATTRACTOR_SERVER", self.url())
            .env("ATTRACTOR_TOKEN", "att_given");
        Finished::while_others_work(command).await
    }
}

fn answer(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

fn is_busy(_method: &str, _path: &str) -> Response {
    let mut response = answer(
        429,
        &json!({"error": "too many requests", "code": "rate_limited"}),
    );
    response.headers_mut().insert("retry-after", 7.into());
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let (bench, other) = (Bench::new(), Other::at("127.0.0.1:0", is_busy).await);
    let told = other.types(&bench, &["project", "list"]).await.exits(1);
    told.says(&["too many requests", "try again in 7 seconds"]);
    let told = other.types(&bench, &["project", "list", "--json"]).await;
    let error: Value = serde_json::from_str(&told.exits(1).stdout).unwrap();
    assert_eq!(error["server"]["code"], "rate_limited");
}

/// Knows a rule that this version doesn't know, and another kind of finding.
fn is_newer(method: &str, path: &str) -> Response {
    match (method, path.rsplit_once('/').unwrap().1) {
        ("GET", "projects") => {
            let project = json!({"id": "cjld2cjxh0000qzrmn831i7rn", "name": "Site"});
            answer(200, &json!({ "projects": [project] }))
        }
        ("GET", _) => answer(200, &json!({"attractors": []})),
        _ => {
            let found = json!([
                {"rule": "fair_names", "severity": "error", "message": "it's called \u{1b}[2Junfair",
                 "span": {"start": 10, "end": 11}, "line": 1, "more": true},
                {"rule": "mood", "severity": "gloomy", "message": "?"},
            ]);
            let validation = json!({"valid": false, "errorCount": 1, "diagnostics": found});
            answer(
                400,
                &json!({"error": "the pipeline has an error", "code": "invalid_pipeline",
                "details": {"validation": validation}}),
            )
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_server_finds_in_a_pipeline_is_shown_at_its_place() {
    let (bench, other) = (Bench::new(), Other::at("127.0.0.1:0", is_newer).await);
    let pipeline = "digraph x { start [shape=Mdiamond]; exit [shape=Msquare]; start -> exit }";
    bench.write("x.dot", pipeline);
    let push = ["attractor", "push", "x.dot"];
    let refused = other.types(&bench, &push).await.exits(1);
    let refused = refused.says(&[
        "fair_names",
        "it's called unfair",
        "x.dot:1:11",
        "the pipeline has an error",
    ]);
    assert!(!refused.stderr.contains('\u{1b}'), "{}", refused.stderr);
    let push = ["attractor", "push", "x.dot", "--json"];
    let refused = other.types(&bench, &push).await.exits(1);
    let error: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(error["diagnostics"][1]["rule"], "mood");
}

fn is_curious(_method: &str, _path: &str) -> Response {
    answer(200, &json!({"projects": []}))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_directory_is_told_to_its_server_only() {
    let mut desk = Desk::start().await;
    let mut other = Other::at("127.0.0.1:0", is_curious).await;
    let refused = desk.types(&["project", "list", "--server", &other.url()]);
    refused
        .exits(2)
        .says(&["there is no token for", &other.url(), &desk.url()]);
    // Without an address it's the one that runs.
    let mut command = desk.command(&["project", "list"]);
    command.env_remove("ATTRACTOR_SERVER");
    let listed = Finished::of(command.output().unwrap()).exits(0);
    assert!(listed.stdout.contains("Plant"), "{}", listed.stdout);
    // Somebody takes the port once the server is dead.
    desk.plant.server.kill();
    let mut heir = Other::at(&desk.plant.server.address.to_string(), is_curious).await;
    let refused = desk.types(&["project", "list"]).exits(2);
    refused.says(&["no server runs in", "start `attractor serve`"]);
    assert!(other.asked.try_recv().is_err() && heir.asked.try_recv().is_err());
    // A token that somebody has chosen to send is sent.
    desk.types_with("att_given", &["project", "list"]).exits(0);
    assert_eq!(
        heir.asked.recv().await.unwrap().unwrap(),
        "Bearer att_given"
    );
}
