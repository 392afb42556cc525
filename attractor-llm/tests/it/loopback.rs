//! The client over real HTTP, against the scripted server.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, Client, Error, ErrorKind, FinishReasonKind, Message, Request, Response,
    RetryPolicy, StreamAccumulator, StreamEvent, Timeouts, ToolDefinition, retry,
};
use futures::StreamExt as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// For a wait that is expected to run out.
const SHORT: Duration = Duration::from_millis(150);

async fn serve(turns: impl IntoIterator<Item = Turn>) -> (Client, ScriptedServer) {
    serve_within(turns, Timeouts::default()).await
}

async fn serve_within(
    turns: impl IntoIterator<Item = Turn>,
    timeouts: Timeouts,
) -> (Client, ScriptedServer) {
    let script = turns.into_iter().fold(Script::new(), Script::turn);
    let server = ScriptedServer::start(script).await.unwrap();
    let adapter = AnthropicAdapter::builder("key")
        .base_url(server.base_url())
        .timeouts(timeouts)
        .build()
        .unwrap();
    (Client::builder().provider(adapter).build().unwrap(), server)
}

fn request() -> Request {
    Request::new("claude-opus-5-5", vec![Message::user("hello")])
}

/// The response at the end of a stream, or what the stream fails with.
async fn streamed(client: &Client, request: Request) -> Result<Response, Error> {
    let mut events = client.stream(request).await?;
    let mut accumulator = StreamAccumulator::new();
    while let Some(event) = events.next().await {
        accumulator.process(&event?);
    }
    Ok(accumulator.response().unwrap())
}

fn quick() -> RetryPolicy {
    RetryPolicy::default().base_delay(Duration::from_millis(1))
}

#[tokio::test]
async fn a_turn_is_the_same_in_both_modes() {
    let turn = Turn::thinking("Hm.", "c2ln")
        .and_text("Grüße 👋")
        .and_tool_call("now", json!({}));
    let (client, server) = serve([turn.usage(11, 7).repeat().write_bytes(3)]).await;
    let now = ToolDefinition::new("now", "The time", json!({"type": "object"})).unwrap();
    let request = request().tools(vec![now]);
    let mut complete = client.complete(request.clone()).await.unwrap();
    let mut stream = streamed(&client, request).await.unwrap();
    for response in [&mut complete, &mut stream] {
        assert_eq!(response.text(), "Grüße 👋");
        assert_eq!(response.reasoning().as_deref(), Some("Hm."));
        assert_eq!(response.finish_reason.reason, FinishReasonKind::ToolCalls);
        assert_eq!(response.tool_calls()[0].arguments, json!({}));
        assert_eq!(
            (response.usage.input_tokens, response.usage.output_tokens),
            (11, 7)
        );
    }
    assert!(server.unmatched().is_empty());
}

#[tokio::test]
async fn an_answer_can_be_continued_over_several_rounds() {
    let call = Turn::thinking("Look.", "c2ln").and_tool_call("now", json!({"zone": "UTC"}));
    let (client, server) = serve([call.times(3), Turn::text("Noon.")]).await;
    let now = ToolDefinition::new("now", "The time", json!({"type": "object"})).unwrap();
    let mut request = request().tools(vec![now]).reasoning_effort("high");
    let last = loop {
        let response = streamed(&client, request.clone()).await.unwrap();
        let calls = response.tool_calls();
        request.messages.push(response.message.clone());
        if calls.is_empty() {
            break response;
        }
        let results = calls
            .iter()
            .map(|call| Message::tool_result(&call.id, "12:00", false));
        request.messages.extend(results);
    };
    assert_eq!(last.text(), "Noon.");
    assert_eq!(server.requests().len(), 4);
    assert!(server.unmatched().is_empty(), "{:?}", server.unmatched());
}

#[tokio::test]
async fn a_rate_limit_and_an_overload_are_retried() {
    let limited = Turn::api_error(429, "slow down").header("retry-after-ms", "5");
    let (client, server) =
        serve([limited, Turn::api_error(529, "busy"), Turn::text("at last")]).await;
    let response = retry(&quick(), || client.complete(request()))
        .await
        .unwrap();
    assert_eq!(
        (response.text().as_str(), server.requests().len()),
        ("at last", 3)
    );
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_event_is_retried() {
    let (client, server) = serve([
        Turn::api_error(529, "busy"),
        Turn::empty()
            .then_stream_error("overloaded_error", "busy")
            .cut_after_events(0),
        Turn::text("at last"),
    ])
    .await;
    let mut events = retry(&quick(), || client.stream(request())).await.unwrap();
    assert!(matches!(
        events.next().await,
        Some(Ok(StreamEvent::StreamStart { .. }))
    ));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn errors_over_http_keep_status_body_and_delay() {
    let page = Turn::http_error(502, "<html><body>Bad Gateway</body></html>");
    let limited = Turn::api_error(429, "slow down").header("retry-after", "90");
    let (client, _server) = serve([page, limited, Turn::api_error(401, "no such key")]).await;
    let error = client.complete(request()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Server, "Bad Gateway")
    );
    let error = retry(&quick(), || client.complete(request()))
        .await
        .unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(90)));
    let error = client.complete(request()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Authentication, Some(401))
    );
}

#[tokio::test]
async fn a_cut_connection_is_a_stream_error_with_what_had_arrived() {
    let long = Turn::text("a longer answer in several pieces").delta_chars(5);
    for turn in [long.clone().cut_after_events(4), long.omit_terminal()] {
        let (client, _server) = serve([turn]).await;
        let error = streamed(&client, request()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stream, "{error:?}");
        assert!(error.is_retryable());
        assert!(
            error
                .partial_response()
                .unwrap()
                .text()
                .starts_with("a lon")
        );
    }
}

#[tokio::test]
async fn a_reply_cut_in_the_middle_is_a_network_error() {
    let (client, _server) = serve([Turn::text("hello").cut_after_bytes(20)]).await;
    assert_eq!(
        client.complete(request()).await.unwrap_err().kind(),
        ErrorKind::Network
    );
}

#[tokio::test]
async fn a_server_that_never_answers_times_out() {
    let within = Timeouts::default().request(SHORT);
    let (client, _server) = serve_within([Turn::silence().repeat()], within).await;
    for error in [
        client.complete(request()).await.unwrap_err(),
        client.stream(request()).await.err().unwrap(),
    ] {
        assert_eq!(error.kind(), ErrorKind::RequestTimeout, "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_pauses_for_too_long_times_out() {
    let within = Timeouts::default().stream_read(SHORT);
    let turn = Turn::text("one two three").event_delay_ms(60_000);
    let (client, _server) = serve_within([turn], within).await;
    let error = streamed(&client, request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    assert!(error.partial_response().is_some());
}

/// Waits until the server has received so many requests.
async fn received(server: &ScriptedServer, count: usize) {
    while server.requests().len() < count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn dropping_a_call_or_a_stream_ends_it_at_once() {
    let (client, server) = serve([Turn::silence().repeat()]).await;
    tokio::select! {
        result = client.complete(request()) => panic!("{result:?}"),
        () = received(&server, 1) => {}
    }
    tokio::select! {
        result = client.stream(request()) => panic!("{:?}", result.is_ok()),
        () = received(&server, 2) => {}
    }
    server.shutdown().await;
}

#[tokio::test]
async fn https_needs_nothing_installed_in_the_process() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("https://{}", listener.local_addr().unwrap());
    let adapter = AnthropicAdapter::builder("key")
        .base_url(base_url)
        .build()
        .unwrap();
    let client = Client::builder().provider(adapter).build().unwrap();
    let serve = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut hello = [0; 3];
        connection.read_exact(&mut hello).await.unwrap();
        connection
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        hello
    };
    let (result, hello) = tokio::join!(client.complete(request()), serve);
    assert_eq!(hello, [22, 3, 1], "no TLS handshake");
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Network);
}

#[tokio::test]
async fn an_address_nobody_listens_at_is_a_network_error() {
    let (client, server) = serve([]).await;
    server.shutdown().await;
    let error = client.complete(request()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.provider()),
        (ErrorKind::Network, Some("anthropic"))
    );
    assert!(error.to_string().contains("connection failed"), "{error}");
}

/// How many requests come on the first connection; each is answered with the events.
async fn requests_of_a_connection(listener: TcpListener, events: String) -> usize {
    let (mut connection, _) = listener.accept().await.unwrap();
    connection.set_nodelay(true).unwrap();
    let length = events.len();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked";
    let reply = format!("{head}\r\n\r\n{length:x}\r\n{events}\r\n");
    let mut buffer = vec![0; 64 * 1024];
    let mut requests = 0;
    while connection.read(&mut buffer).await.unwrap() > 0 {
        requests += 1;
        connection.write_all(reply.as_bytes()).await.unwrap();
        // The end of the body comes by itself.
        connection.write_all(b"0\r\n\r\n").await.unwrap();
    }
    requests
}

#[tokio::test]
async fn a_stream_leaves_its_connection_to_the_next_request_even_if_only_its_events_are_read() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let events = concat!(
        "data: {\"type\":\"message_start\",\"message\":{\"content\":[]}}\n\n",
        "data: {\"type\":\"message_stop\"}\n\n",
    );
    let served = requests_of_a_connection(listener, events.to_owned());
    let asking = async {
        let adapter = AnthropicAdapter::builder("key").base_url(base_url);
        let client = Client::builder().provider(adapter.build().unwrap());
        let client = client.build().unwrap();
        for _ in 0..3 {
            let mut events = client.stream(request()).await.unwrap();
            while !matches!(events.next().await, Some(Ok(StreamEvent::Finish { .. }))) {}
        }
    };
    let both = futures::future::join(served, asking);
    let (requests, ()) = tokio::time::timeout(Duration::from_secs(10), both)
        .await
        .unwrap();
    assert_eq!(requests, 3);
}
