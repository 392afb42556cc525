//! The Gemini API of Google, `POST /v1beta/models/{model}:generateContent`.

mod error;
mod history;
mod request;
mod response;
mod stream;
mod validate;

use bytes::Bytes;
use serde_json::Value;

use super::protocol::{Protocol, Received, Refusal};
use crate::testing::answer::Answer;
use crate::testing::conversation::Conversation;

/// The Gemini API.
#[derive(Debug)]
pub(super) struct Gemini;

impl Protocol for Gemini {
    fn paths(&self) -> &'static [&'static str] {
        &[
            "/v1beta/models/{model}:generateContent",
            "/v1beta/models/{model}:streamGenerateContent?alt=sse",
        ]
    }

    fn speaks(&self, path: &str) -> bool {
        request::target(path).is_some()
    }

    fn read(&self, request: &Received<'_>) -> Result<Conversation, Refusal> {
        validate::headers(request.headers)?;
        let (model, stream) = request::target(request.path).unwrap_or_default();
        validate::body(model, request.body)?;
        history::validate(model, request.body)?;
        Ok(request::conversation(model, stream, request.body))
    }

    fn whole(&self, answer: &Answer) -> Value {
        response::reply(answer)
    }

    fn events(&self, answer: &Answer) -> Vec<Bytes> {
        stream::events(answer)
    }

    fn status(&self, code: &str) -> u16 {
        error::status(code)
    }

    fn error(&self, status: u16, code: Option<&str>, message: &str) -> Value {
        error::body(status, code, message)
    }
}
