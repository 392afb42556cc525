//! Chat Completions, `POST /v1/chat/completions`, as OpenAI and OpenRouter speak it.
//!
//! Thinking comes and goes as OpenRouter does it: as text in `reasoning` and piece by piece in
//! `reasoning_details`.

mod history;
mod request;
mod response;
mod stream;
mod validate;

use bytes::Bytes;
use serde_json::Value;

use super::openai::error;
use super::protocol::{Protocol, Received, Refusal};
use crate::testing::answer::Answer;
use crate::testing::conversation::Conversation;

const PATH: &str = "/v1/chat/completions";

/// Chat Completions.
#[derive(Debug)]
pub(super) struct Chat;

impl Protocol for Chat {
    fn paths(&self) -> &'static [&'static str] {
        &[PATH]
    }

    fn speaks(&self, path: &str) -> bool {
        path == PATH
    }

    fn read(&self, request: &Received<'_>) -> Result<Conversation, Refusal> {
        validate::body(request.body)?;
        history::validate(request.body)?;
        Ok(request::conversation(request.body))
    }

    fn whole(&self, answer: &Answer) -> Value {
        response::completion(answer)
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
