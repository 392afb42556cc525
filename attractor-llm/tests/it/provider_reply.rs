//! What adapters of third parties read replies with.

use attractor_llm::provider::http::{Headers, HttpReply};
use attractor_llm::{Error, ErrorKind, Message, Response, Role, StreamEvent};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

fn reply(status: u16, kind: &str, body: &str) -> HttpReply {
    let headers: Headers = [("content-type", kind), ("retry-after", "7")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let bytes = body.to_owned().into_bytes();
    HttpReply::new(status, headers, stream::iter([Ok(bytes.into())]).boxed())
}

const SSE: &str = "text/event-stream";

/// `{"t": "…"}` is text, `{"end": true}` the end, `{"error": …}` a failure, anything else nothing.
fn translate(event: Value) -> Result<Vec<StreamEvent>, Error> {
    if event.get("error").is_some() {
        return Err(Error::new(ErrorKind::Server, "failed"));
    }
    let text = event["t"].as_str().map(|delta| StreamEvent::TextDelta {
        text_id: "0".to_owned(),
        delta: delta.to_owned(),
    });
    let message = Message::new(Role::Assistant, vec![]);
    let response = Response::new("acme", "m", message, attractor_llm::FinishReasonKind::Stop);
    let end = event.get("end").map(|_| StreamEvent::Finish {
        finish_reason: response.finish_reason.clone(),
        usage: response.usage.clone(),
        response: Box::new(response),
    });
    Ok(text.into_iter().chain(end).collect())
}

/// The number of good events, and the error.
async fn streamed(body: &str) -> (usize, Option<Error>) {
    let events = reply(200, SSE, body).stream("acme", translate).await;
    let items: Vec<_> = match events {
        Ok(events) => events.collect().await,
        Err(error) => return (0, Some(error)),
    };
    let good = items.iter().filter(|item| item.is_ok()).count();
    (good, items.into_iter().find_map(Result::err))
}

#[tokio::test]
async fn a_body_is_json_or_an_error_by_its_status() {
    let body = reply(200, "application/json", r#"{"a": 1}"#)
        .json("acme")
        .await;
    assert_eq!(body.unwrap(), json!({"a": 1}));
    let cases = [
        (
            401,
            r#"{"error": {"message": "no key"}}"#,
            ErrorKind::Authentication,
        ),
        (
            429,
            r#"{"error": {"message": "slow down"}}"#,
            ErrorKind::RateLimit,
        ),
        (502, "<html>Bad Gateway</html>", ErrorKind::Server),
        (200, "<html>Log in</html>", ErrorKind::Server),
    ];
    for (status, body, kind) in cases {
        let error = reply(status, "text/html", body)
            .json("acme")
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.provider()),
            (kind, Some("acme")),
            "{body}"
        );
        let waits = error.retry_after().is_some();
        assert_eq!(waits, status != 200, "{body}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_terminal_event_or_with_one_error() {
    let (good, error) =
        streamed("data: {\"t\":\"a\"}\n\ndata: {}\n\ndata: {\"end\":1}\n\ndata: {\"t\":\"b\"}\n\n")
            .await;
    assert!(good == 2 && error.is_none(), "{error:?}");
    let broken = [
        "data: {\"t\":\"a\"}\n\n",
        "data: {\"t\":\"a\"}\n\ndata: nonsense\n\ndata: {\"end\":1}\n\n",
    ];
    for body in broken {
        let (good, error) = streamed(body).await;
        let error = error.unwrap();
        assert_eq!(
            (good, error.kind(), error.provider()),
            (1, ErrorKind::Stream, Some("acme"))
        );
        assert_eq!(
            error.partial_response().map(Response::text).as_deref(),
            Some("a")
        );
    }
}

#[tokio::test]
async fn what_fails_before_the_first_event_is_returned() {
    let (good, error) = streamed("data: {\"error\":1}\n\n").await;
    assert_eq!((good, error.unwrap().kind()), (0, ErrorKind::Server));
    let cases = [
        (
            200,
            "application/json",
            r#"{"error": {"type": "overloaded_error", "message": "Overloaded"}}"#,
            ErrorKind::Server,
        ),
        (
            200,
            "application/json",
            r#"{"answer": 1}"#,
            ErrorKind::Stream,
        ),
        (404, SSE, "", ErrorKind::NotFound),
    ];
    for (status, kind, body, expected) in cases {
        let Err(error) = reply(status, kind, body).stream("acme", translate).await else {
            panic!("{body} is a stream");
        };
        assert_eq!(error.kind(), expected, "{body}");
    }
}
