//! The Converse API of Amazon Bedrock, `POST /model/{id}/converse` and `/converse-stream`.

mod error;
mod history;
mod request;
mod response;
mod stream;
mod validate;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::prompt_cache::Caching;
use super::protocol::{Protocol, Received, Refusal};
use crate::testing::answer::Answer;
use crate::testing::conversation::Conversation;

/// The Converse API.
#[derive(Debug)]
pub(super) struct Bedrock;

impl Protocol for Bedrock {
    fn paths(&self) -> &'static [&'static str] {
        &["/model/{id}/converse", "/model/{id}/converse-stream"]
    }

    fn speaks(&self, path: &str) -> bool {
        request::target(path).is_some()
    }

    fn read(&self, request: &Received<'_>) -> Result<Conversation, Refusal> {
        validate::headers(request.headers)?;
        validate::body(request.body)?;
        history::validate(request.body)?;
        let target = request::target(request.path);
        let (model, stream) = target.ok_or_else(|| Refusal::invalid("no model in the path"))?;
        Ok(request::conversation(model, stream, request.body))
    }

    fn caching(&self) -> Caching {
        // What is cached stands beside the input, as with Anthropic; cache points aren't measured.
        Caching::Marked
    }

    fn whole(&self, answer: &Answer) -> Value {
        response::reply(answer)
    }

    fn events(&self, answer: &Answer) -> Vec<Bytes> {
        stream::events(answer)
    }

    fn headers(&self, answer: &Answer) -> BTreeMap<String, String> {
        BTreeMap::from([("x-amzn-requestid".to_owned(), answer.message_id("request"))])
    }

    fn stream_type(&self) -> &'static str {
        "application/vnd.amazon.eventstream"
    }

    fn untidy(&self, events: &[Bytes]) -> Vec<Bytes> {
        // Nothing may stand between frames, but packets may cut them anywhere.
        vec![events.concat().into()]
    }

    fn status(&self, code: &str) -> u16 {
        error::status(code)
    }

    fn error(&self, status: u16, code: Option<&str>, message: &str) -> Value {
        error::body(code.unwrap_or_else(|| error::code(status)), message)
    }
}
