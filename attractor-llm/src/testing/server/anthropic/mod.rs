//! The Messages API of Anthropic, `POST /v1/messages`.

mod error;
mod history;
mod request;
mod response;
mod stream;
mod validate;

use bytes::Bytes;
use serde_json::Value;

use super::prompt_cache::Caching;
use super::protocol::{Protocol, Received, Refusal};
use crate::testing::answer::Answer;
use crate::testing::conversation::Conversation;

const PATH: &str = "/v1/messages";

/// The Messages API.
#[derive(Debug)]
pub(super) struct Anthropic;

impl Protocol for Anthropic {
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

    fn caching(&self) -> Caching {
        Caching::Marked
    }

    fn whole(&self, answer: &Answer) -> Value {
        response::message(answer)
    }

    fn events(&self, answer: &Answer) -> Vec<Bytes> {
        stream::events(answer)
    }

    fn status(&self, code: &str) -> u16 {
        error::status(code)
    }

    fn error(&self, status: u16, code: Option<&str>, message: &str) -> Value {
        error::body(code.unwrap_or_else(|| error::code(status)), message)
    }
}
