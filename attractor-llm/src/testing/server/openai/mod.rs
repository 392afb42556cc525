//! The Responses API of OpenAI, `POST /v1/responses`.

pub(super) mod error;
mod history;
mod request;
mod response;
mod stream;
pub(super) mod validate;

use bytes::Bytes;
use serde_json::Value;

use super::protocol::{Protocol, Received, Refusal};
use crate::testing::answer::Answer;
use crate::testing::conversation::Conversation;

const PATH: &str = "/v1/responses";

/// The Responses API.
#[derive(Debug)]
pub(super) struct OpenAi;

impl Protocol for OpenAi {
    fn paths(&self) -> &'static [&'static str] {
        &[PATH]
    }

    fn speaks(&self, path: &str) -> bool {
        path == PATH
    }

    fn read(&self, request: &Received<'_>) -> Result<Conversation, Refusal> {
        validate::headers(request.headers)?;
        validate::body(request.body)?;
        history::validate(request.body)?;
        Ok(request::conversation(request.body))
    }

    fn whole(&self, answer: &Answer) -> Value {
        response::response(answer)
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
