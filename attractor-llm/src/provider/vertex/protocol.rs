//! Two protocols at one address: which of them a model speaks, and what Vertex AI changes in it.

use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::handoff::{Target, ToolCallIds};
use crate::provider::Capabilities;
use crate::provider::anthropic::Messages;
use crate::provider::drive::Translator;
use crate::provider::exchange::WholeReply;
use crate::provider::gemini::GenerateContent;
use crate::provider::http::{ByteStream, Headers};
use crate::provider::protocol::{Asked, Begun, Payloads, Protocol, Translated};
use crate::types::{Request, Response};

/// The version of Anthropic's protocol, which stands in the body here.
const ANTHROPIC_VERSION: &str = "vertex-2023-10-16";

/// The models of one project in one location.
#[derive(Debug)]
pub(super) struct Vertex {
    /// What stands before the publisher of a model.
    parent: String,
}

const GEMINI: GenerateContent = GenerateContent { is_vertex: true };

impl Vertex {
    pub(super) fn new(project: &str, location: &str) -> Self {
        Self {
            parent: format!("/projects/{project}/locations/{location}"),
        }
    }
}

impl Protocol for Vertex {
    type Stream = Box<dyn Translator>;

    fn request(
        &self,
        request: &Request,
        provider: &str,
        stream: bool,
    ) -> Result<Translated, Error> {
        if is_claude(&request.model) {
            let translated = Messages.translate(request, provider, stream)?;
            return self
                .raw_predict(translated, &request.model, stream)
                .into_json();
        }
        let mut translated = GEMINI.request(request, provider, stream)?;
        let publisher = match translated.path.starts_with("/models/") {
            true => "/publishers/google",
            // A tuned model at an endpoint of the project.
            false => "",
        };
        translated.path = format!("{}{publisher}{}", self.parent, translated.path);
        Ok(translated)
    }

    fn response(&self, body: Value, asked: &Asked) -> Result<Response, Error> {
        if is_claude(&asked.model) {
            Messages.response(body, asked)
        } else {
            GEMINI.response(body, asked)
        }
    }

    fn stream(&self, begun: Begun) -> Box<dyn Translator> {
        if is_claude(&begun.asked.model) {
            Box::new(Messages.stream(begun))
        } else {
            Box::new(GEMINI.stream(begun))
        }
    }

    fn error(&self, provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
        GEMINI.error(provider, reply, body, now)
    }

    fn capabilities(&self) -> Capabilities {
        GEMINI.capabilities()
    }

    fn capabilities_of(&self, model: &str) -> Capabilities {
        if is_claude(model) {
            Messages.capabilities_of(model)
        } else {
            GEMINI.capabilities_of(model)
        }
    }

    fn tool_call_ids(&self, model: &str) -> ToolCallIds {
        if is_claude(model) {
            Messages.tool_call_ids(model)
        } else {
            GEMINI.tool_call_ids(model)
        }
    }

    fn target<'a>(&self, request: &'a Request, provider: &'a str) -> Target<'a> {
        if is_claude(&request.model) {
            Messages.target(request, provider)
        } else {
            GEMINI.target(request, provider)
        }
    }

    fn is_stream(&self, headers: &Headers) -> bool {
        GEMINI.is_stream(headers)
    }

    fn payloads(&self, headers: &Headers, bytes: ByteStream) -> Payloads {
        GEMINI.payloads(headers, bytes)
    }
}

impl Vertex {
    /// The model is in the address, the version in the body.
    fn raw_predict(
        &self,
        mut translated: Translated<Map<String, Value>>,
        model: &str,
        stream: bool,
    ) -> Translated<Map<String, Value>> {
        let body = &mut translated.body;
        body.remove("model");
        body.insert("anthropic_version".to_owned(), ANTHROPIC_VERSION.into());
        translated
            .headers
            .retain(|header| header.name != "anthropic-version");
        let method = if stream {
            "streamRawPredict"
        } else {
            "rawPredict"
        };
        let model = model.rsplit('/').next().unwrap_or(model);
        translated.path = format!(
            "{}/publishers/anthropic/models/{model}:{method}",
            self.parent
        );
        translated
    }
}

fn is_claude(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    name.starts_with("claude")
}
