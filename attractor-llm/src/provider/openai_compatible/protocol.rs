//! The protocol as functions from values to values.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::compat::{CallIds, Compat, Service};
use super::stream::ChatStream;
use super::{completion, error, request, response};
use crate::error::{Error, ErrorKind};
use crate::handoff::{Target, ToolCallIds};
use crate::provider::exchange::WholeReply;
use crate::provider::http::Headers;
use crate::provider::latest::Latest;
use crate::provider::protocol::{Asked, Begun, Protocol, Translated};
use crate::provider::{Capabilities, headers};
use crate::types::{RateLimitInfo, Request, Response};

/// Chat Completions, as one service speaks it.
#[derive(Debug)]
pub(super) struct ChatCompletions {
    pub(super) service: Option<Service>,
    /// In place of what the table says.
    pub(super) compat: Option<Compat>,
    pub(super) adjust: Option<Adjust>,
    /// The version of Azure's API that names deployments in the address.
    pub(super) api_version: Option<String>,
    /// What the service takes for the model that was asked last.
    pub(super) latest: Latest<Arc<Compat>>,
}

/// A caller's change of what the table says.
pub(super) struct Adjust(pub(super) Box<dyn Fn(&mut Compat) + Send + Sync>);

impl fmt::Debug for Adjust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adjust").finish_non_exhaustive()
    }
}

impl ChatCompletions {
    /// What the service takes for a model; the options of a request have the last word.
    fn compat(
        &self,
        model: &str,
        options: Option<&Map<String, Value>>,
    ) -> Result<Arc<Compat>, Error> {
        let find = || Ok::<_, Error>(Arc::new(self.compat_of(model)));
        let compat = self.latest.get_or_try(model, find)?;
        match options.and_then(|options| options.get("compat")) {
            None | Some(Value::Null) => Ok(compat),
            Some(changes) => changed(&compat, changes).map(Arc::new).map_err(|error| {
                let message = format!("the option compat isn't one: {error}");
                Error::new(ErrorKind::InvalidRequest, message)
            }),
        }
    }

    fn compat_of(&self, model: &str) -> Compat {
        let mut compat = match (&self.compat, self.service) {
            (Some(compat), _) => compat.clone(),
            (None, Some(service)) => service.compat(model),
            (None, None) => Compat::default(),
        };
        if let Some(Adjust(adjust)) = &self.adjust {
            adjust(&mut compat);
        }
        compat
    }

    fn path(&self, model: &str) -> String {
        let path = "/chat/completions";
        match &self.api_version {
            Some(version) => {
                let model = escaped(model);
                format!("/deployments/{model}{path}?api-version={version}")
            }
            None => path.to_owned(),
        }
    }
}

/// The value with some of its fields changed.
fn changed(compat: &Compat, changes: &Value) -> Result<Compat, serde_json::Error> {
    let mut all = serde_json::to_value(compat)?;
    if let (Value::Object(all), Value::Object(changes)) = (&mut all, changes) {
        all.extend(changes.clone());
    }
    serde_json::from_value(all)
}

/// A name as a segment of a path.
fn escaped(name: &str) -> String {
    let mut path = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                path.push(char::from(byte));
            }
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}

impl Protocol for ChatCompletions {
    type Stream = ChatStream;

    fn request(
        &self,
        request: &Request,
        provider: &str,
        stream: bool,
    ) -> Result<Translated, Error> {
        let compat = self.compat(&request.model, request.options_for(provider))?;
        let sent = request::translate(request, provider, stream, &compat)?;
        let translated = Translated {
            path: self.path(&request.model),
            headers: Vec::new(),
            body: sent.body,
            warnings: sent.warnings,
        };
        translated.into_json()
    }

    fn response(&self, body: Value, asked: &Asked) -> Result<Response, Error> {
        response::translate(body, asked)
    }

    fn plain(&self, body: &Bytes, asked: &Asked) -> Option<Response> {
        completion::translate(body, asked)
    }

    fn stream(&self, begun: Begun) -> ChatStream {
        let compat = self.compat(&begun.asked.model, None);
        ChatStream::new(begun, compat.is_ok_and(|compat| compat.finish_reason))
    }

    fn error(&self, provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
        error::from_reply(provider, reply, body, now)
    }

    fn target<'a>(&self, request: &'a Request, provider: &'a str) -> Target<'a> {
        let options = request.options_for(provider);
        let compat = self.compat(&request.model, options).unwrap_or_default();
        let ids = match compat.tool_call_ids {
            CallIds::Any => ToolCallIds::default(),
            CallIds::NineAlphanumeric => ToolCallIds::alphanumeric(9),
        };
        let target = Target::new(provider, &request.model).tool_call_ids(ids);
        let images = target.images && compat.images;
        target.images(images).audio(compat.audio)
    }

    /// Models decide what they can do, and a model isn't known here: what a service refuses for one
    /// of them fails with the service's own words.
    fn capabilities(&self) -> Capabilities {
        Capabilities::all()
    }

    fn rate_limit(&self, reply: &Headers, now: SystemTime) -> Option<RateLimitInfo> {
        headers::rate_limit_left(reply, "x-ratelimit", now)
    }
}
