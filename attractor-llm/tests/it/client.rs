//! Routing, middleware, cancellation.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use attractor_llm::testing::{Script, ScriptedProvider, Turn};
use attractor_llm::{
    Client, Error, ErrorKind, EventStream, Logging, Message, Middleware, Next, Request, Response,
    StreamEvent, async_trait,
};
use futures::StreamExt as _;

fn provider(name: &str) -> ScriptedProvider {
    ScriptedProvider::new(Script::new().turn(Turn::text(name).repeat())).named(name)
}

fn request(model: &str) -> Request {
    Request::new(model, vec![Message::user("hello")])
}

fn two() -> (Client, [ScriptedProvider; 2]) {
    let providers = [provider("one"), provider("two")];
    let [one, two] = providers.clone();
    let client = Client::builder()
        .provider(one)
        .provider(two)
        .default_provider("one")
        .build()
        .unwrap();
    (client, providers)
}

#[tokio::test]
async fn a_request_goes_to_the_provider_it_names() {
    let cases = [
        (request("m"), "one", "m"),
        (request("m").provider("two"), "two", "m"),
        (request("two/m"), "two", "m"),
        (request("two/m").provider("two"), "two", "m"),
        // A prefix that isn't a provider, or isn't the one named, belongs to the model.
        (request("org/m"), "one", "org/m"),
        (request("two/m").provider("one"), "one", "two/m"),
    ];
    for (request, provider, model) in cases {
        let (client, providers) = two();
        let shown = format!("{:?} {}", request.provider, request.model);
        let response = client.complete(request).await.unwrap();
        assert_eq!(response.text(), provider, "{shown}");
        let received = providers
            .iter()
            .flat_map(ScriptedProvider::requests)
            .next()
            .unwrap();
        assert_eq!(
            (received.provider.as_deref(), received.model.as_str()),
            (Some(provider), model)
        );
    }
}

#[tokio::test]
async fn a_request_that_fits_no_provider_is_a_configuration_error_that_says_what_to_do() {
    let none = Client::builder().build().unwrap();
    let no_default = Client::builder()
        .provider(provider("one"))
        .provider(provider("two"));
    let (client, _) = two();
    let cases = [
        (none, request("m"), "ANTHROPIC_API_KEY"),
        (no_default.build().unwrap(), request("m"), "one, two"),
        (
            client,
            request("m").provider("three"),
            "\"three\" isn't registered",
        ),
    ];
    for (client, request, says) in cases {
        let error = client.complete(request.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(says), "{error}");
        assert!(client.stream(request).await.is_err());
    }
}

#[test]
fn a_client_is_not_built_with_a_name_twice_or_an_unknown_default() {
    let twice = Client::builder()
        .provider(provider("one"))
        .provider(provider("one"));
    let unknown = Client::builder()
        .provider(provider("one"))
        .default_provider("two");
    for builder in [twice, unknown] {
        assert_eq!(
            builder.build().unwrap_err().kind(),
            ErrorKind::Configuration
        );
    }
}

/// Writes down when it is passed, both ways.
#[derive(Debug)]
struct Trace(&'static str, Arc<Mutex<Vec<String>>>);

impl Trace {
    fn note(&self, what: &str) {
        self.1.lock().unwrap().push(format!("{} {what}", self.0));
    }
}

#[async_trait]
impl Middleware for Trace {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        self.note("request");
        let response = next.complete(request).await;
        self.note("response");
        response
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        self.note("request");
        let events = next.stream(request).await?;
        let trace = Self(self.0, Arc::clone(&self.1));
        let note = move |event: &Result<StreamEvent, Error>| {
            if matches!(event, Ok(StreamEvent::Finish { .. })) {
                trace.note("response");
            }
        };
        Ok(events.inspect(note).boxed())
    }
}

fn traced() -> (Client, Arc<Mutex<Vec<String>>>) {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let builder = Client::builder()
        .provider(provider("one"))
        .middleware(Trace("outer", Arc::clone(&notes)))
        .middleware(Logging)
        .middleware(Trace("inner", Arc::clone(&notes)));
    (builder.build().unwrap(), notes)
}

const ONION: [&str; 4] = [
    "outer request",
    "inner request",
    "inner response",
    "outer response",
];

#[tokio::test]
async fn middleware_wraps_a_call_like_an_onion() {
    let (client, notes) = traced();
    client.complete(request("m")).await.unwrap();
    assert_eq!(*notes.lock().unwrap(), ONION);
}

#[tokio::test]
async fn middleware_wraps_a_stream_like_an_onion() {
    let (client, notes) = traced();
    let events: Vec<_> = client.stream(request("m")).await.unwrap().collect().await;
    assert!(events.iter().all(Result::is_ok));
    assert_eq!(*notes.lock().unwrap(), ONION);
}

/// Answers by itself, and sends what it lets through to another provider.
#[derive(Debug)]
struct Reroute;

#[async_trait]
impl Middleware for Reroute {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        assert_eq!(
            (request.provider.as_deref(), request.model.as_str()),
            (Some("one"), "m")
        );
        next.complete(request.provider("two")).await
    }
}

#[tokio::test]
async fn middleware_sees_the_resolved_request_and_may_send_it_elsewhere() {
    let builder = Client::builder()
        .provider(provider("one"))
        .provider(provider("two"))
        .default_provider("one")
        .middleware(Reroute);
    let response = builder
        .build()
        .unwrap()
        .complete(request("one/m"))
        .await
        .unwrap();
    assert_eq!(response.text(), "two");
}
