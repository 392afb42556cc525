//! Amazon Bedrock: how it fails.

use std::sync::Arc;

use attractor_llm::provider::bedrock::{AwsCredentials, BedrockAdapter};
use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    Error, ErrorKind, Message, ProviderAdapter as _, Request, Response, async_trait,
};
use serde_json::json;

use crate::bedrock::{CLAUDE, adapter, reply};
use crate::canned::Canned;

type Case = (u16, &'static str, &'static str, ErrorKind, bool);

const TOO_LONG: &str =
    "The model returned the following errors: prompt is too long: 9 tokens > 8 maximum";

#[rustfmt::skip]
const EXCEPTIONS: &[Case] = &[
    (429, "ThrottlingException", "Too many tokens, please wait", ErrorKind::RateLimit, true),
    (400, "ServiceQuotaExceededException", "later", ErrorKind::RateLimit, true),
    (400, "ValidationException", TOO_LONG, ErrorKind::ContextLength, false),
    (400, "ValidationException:http://internal.amazon.com/", "Input is too long for requested model.", ErrorKind::ContextLength, false),
    (400, "ValidationException", "bad field", ErrorKind::InvalidRequest, false),
    (403, "AccessDeniedException", "no access to the model", ErrorKind::AccessDenied, false),
    (403, "ExpiredTokenException", "expired", ErrorKind::Authentication, false),
    (403, "UnrecognizedClientException", "invalid token", ErrorKind::Authentication, false),
    (404, "ResourceNotFoundException", "no such model", ErrorKind::NotFound, false),
    (408, "ModelTimeoutException", "too slow", ErrorKind::RequestTimeout, false),
    (424, "ModelErrorException", "it failed", ErrorKind::Server, true),
    (429, "ModelNotReadyException", "loading", ErrorKind::Server, true),
    (500, "InternalServerException", "oops", ErrorKind::Server, true),
    (503, "ServiceUnavailableException", "down", ErrorKind::Server, true),
];

#[tokio::test]
async fn each_exception_has_its_kind() {
    for (status, named, message, kind, retryable) in EXCEPTIONS {
        let in_header = Canned::json(*status, &json!({"message": message}));
        let in_header = in_header.header("x-amzn-errortype", named);
        let name = named.split(':').next();
        let in_body =
            json!({"__type": format!("com.amazon.coral#{}", name.unwrap()), "Message": message});
        for canned in [in_header, Canned::json(*status, &in_body)] {
            let request = Request::new(CLAUDE, vec![Message::user("hi")]);
            let error = adapter(Arc::new(canned))
                .complete(request)
                .await
                .unwrap_err();
            let found = (error.kind(), error.is_retryable());
            assert_eq!(found, (*kind, *retryable), "{named}: {error}");
            assert_eq!(error.error_code(), name);
        }
    }
}

#[tokio::test]
async fn an_exception_in_a_stream_is_an_error_with_what_had_arrived() {
    for (named, kind) in [
        ("ThrottlingException", ErrorKind::RateLimit),
        ("ModelStreamErrorException", ErrorKind::Server),
        ("ValidationException", ErrorKind::InvalidRequest),
    ] {
        let script = Script::new().turn(Turn::text("So far").then_stream_error(named, "no more"));
        let server = ScriptedServer::start(script).await.unwrap();
        let builder = BedrockAdapter::builder("us-east-1").api_key("k");
        let adapter = builder.base_url(server.base_url()).build().unwrap();
        let request = Request::new(CLAUDE, vec![Message::user("hi")]);
        let (_, error) = crate::canned::drain(&adapter, request).await;
        let error = error.unwrap();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(
            error.partial_response().map(Response::text).as_deref(),
            Some("So far")
        );
    }
}

#[tokio::test]
async fn what_a_server_says_of_a_signature_does_not_show_the_token() {
    let keys = AwsCredentials::new("AKIDEXAMPLE", "wJalr").session_token("session-token");
    let message = "The canonical string was x-amz-security-token:session-token";
    let canned = Arc::new(Canned::json(403, &json!({"message": message})));
    let builder = BedrockAdapter::builder("us-east-1").aws_credentials(keys);
    let adapter = builder.transport(canned.clone()).build().unwrap();
    let request = Request::new(CLAUDE, vec![Message::user("hi")]);
    let error = adapter.complete(request).await.unwrap_err();
    let requests = canned.requests.lock().unwrap();
    let shown = format!("{error} {error:?} {adapter:?} {requests:?}");
    assert!(
        !shown.contains("session-token") && !shown.contains("wJalr"),
        "{shown}"
    );
    let model = "us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
    let host = "https://bedrock-runtime.us-east-1.amazonaws.com";
    assert_eq!(requests[0].url, format!("{host}/model/{model}/converse"));
}

#[derive(Debug)]
struct Nothing;

#[async_trait]
impl attractor_llm::provider::bedrock::AwsCredentialSource for Nothing {
    async fn credentials(&self) -> Result<AwsCredentials, Error> {
        Err(Error::new(ErrorKind::Authentication, "no AWS credentials"))
    }
}

#[tokio::test]
async fn a_source_that_has_nothing_fails_the_request() {
    let canned = Arc::new(Canned::json(200, &reply(&json!([]))));
    let builder = BedrockAdapter::builder("us-east-1").aws_credentials(Nothing);
    let adapter = builder.transport(canned.clone()).build().unwrap();
    let request = Request::new(CLAUDE, vec![Message::user("hi")]);
    let error = adapter.complete(request).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.provider()),
        (ErrorKind::Authentication, Some("bedrock"))
    );
    assert!(canned.requests.lock().unwrap().is_empty());
}
