//! What every adapter does with its protocol: prepare, send, translate.

use std::time::SystemTime;

use serde_json::Value;

use super::credential::Credential;
use super::endpoint::Endpoint;
use super::exchange::{self, Opened, WholeReply};
use super::http::HttpRequest;
use super::pace::Pace;
use super::protocol::{Asked, Begun, Protocol};
use super::{drive, json, local_files};
use crate::error::{Error, ErrorKind};
use crate::handoff::{Target, hand_off};
use crate::types::{ContentPart, EventStream, Message, Request, Response, Role, Warning};

/// A protocol and where it is spoken.
#[derive(Debug)]
pub(crate) struct Wire<P> {
    pub(crate) endpoint: Endpoint,
    pub(crate) protocol: P,
}

impl<P: Protocol> Wire<P> {
    pub(crate) fn new(endpoint: Endpoint, protocol: P) -> Self {
        Self { endpoint, protocol }
    }

    pub(crate) async fn complete(&self, mut request: Request) -> Result<Response, Error> {
        let prepared = self.prepare(&mut request, false).await?;
        drop(request);
        let Prepared {
            http,
            secret,
            asked,
            warnings,
        } = prepared;
        let reply = exchange::complete(&*self.endpoint.transport, http, self.endpoint.timeouts)
            .await
            .map_err(|error| error.with_provider(&asked.provider))?;
        let mut response = self.translate(&reply, &asked, secret.as_ref())?;
        response.warnings = warnings;
        Ok(response)
    }

    pub(crate) async fn stream(&self, mut request: Request) -> Result<EventStream, Error> {
        let prepared = self.prepare(&mut request, true).await?;
        drop(request);
        let Prepared {
            http,
            secret,
            asked,
            warnings,
        } = prepared;
        let is_stream = |headers: &_| self.protocol.is_stream(headers);
        let endpoint = &self.endpoint;
        let pace = Pace::new(endpoint.timeouts);
        let opening = exchange::open(&*endpoint.transport, http, endpoint.timeouts, is_stream);
        let opened = match pace.deadline() {
            None => opening.await,
            Some(deadline) => deadline.wait(opening).await.flatten(),
        }
        .map_err(|error| error.with_provider(&asked.provider))?;
        match opened {
            Opened::Stream(headers, bytes) => {
                let rate_limit = self.protocol.rate_limit(&headers, SystemTime::now());
                let begun = Begun {
                    #[cfg(feature = "bedrock")]
                    id: self.protocol.response_id(&headers),
                    asked,
                    warnings,
                    rate_limit,
                };
                let payloads = self.protocol.payloads(&headers, bytes);
                drive::events(payloads, self.protocol.stream(begun), pace).await
            }
            Opened::Reply(reply) => {
                self.translate(&reply, &asked, secret.as_ref())?;
                let message = "the reply isn't an event stream";
                Err(Error::new(ErrorKind::Stream, message).with_provider(&asked.provider))
            }
        }
    }

    async fn prepare(&self, request: &mut Request, stream: bool) -> Result<Prepared, Error> {
        let provider = &self.endpoint.name;
        let prepared = async {
            let mut warnings = self.hand_off(request)?;
            local_files::inline(request).await?;
            let mut translated = self.protocol.request(request, provider, stream)?;
            warnings.append(&mut translated.warnings);
            let (http, secret) = self.endpoint.request(translated).await?;
            let asked = Asked {
                provider: provider.clone(),
                model: std::mem::take(&mut request.model),
            };
            Ok(Prepared {
                http,
                secret,
                asked,
                warnings,
            })
        };
        prepared
            .await
            .map_err(|error: Error| error.with_provider(provider))
    }

    /// Makes the conversation ready for this provider and model.
    fn hand_off(&self, request: &mut Request) -> Result<Vec<Warning>, Error> {
        let messages = std::mem::take(&mut request.messages);
        let target = self.protocol.target(request, &self.endpoint.name);
        refuse_unheard(&messages, &target)?;
        let handed = hand_off(messages, &target);
        request.messages = handed.messages;
        Ok(handed.warnings)
    }

    /// The response or the error of a reply that came whole.
    fn translate(
        &self,
        reply: &WholeReply,
        asked: &Asked,
        secret: Option<&Credential>,
    ) -> Result<Response, Error> {
        let now = SystemTime::now();
        if reply.status != 200 {
            let body = json::text(&reply.body);
            let body = secret.map_or_else(|| body.to_string(), |secret| secret.scrub(&body));
            return Err(self.protocol.error(&asked.provider, reply, &body, now));
        }
        let mut response = match self.protocol.plain(&reply.body, asked) {
            Some(response) => response,
            None => self.protocol.response(value(reply, asked)?, asked)?,
        };
        if response.id.is_empty() {
            response.id = self
                .protocol
                .response_id(&reply.headers)
                .unwrap_or_default();
        }
        response.rate_limit = self.protocol.rate_limit(&reply.headers, now);
        Ok(response)
    }
}

fn value(reply: &WholeReply, asked: &Asked) -> Result<Value, Error> {
    json::parse(&json::text(&reply.body)).map_err(|error| {
        Error::new(ErrorKind::Server, format!("the reply isn't JSON: {error}"))
            .with_provider(&asked.provider)
            .with_status_code(reply.status)
    })
}

/// What is said now and can't be heard is the caller's mistake; in what was said before, a note is
/// enough.
fn refuse_unheard(messages: &[Message], target: &Target<'_>) -> Result<(), Error> {
    let now = messages
        .rsplit(|message| message.role == Role::Assistant)
        .next();
    let parts = now.into_iter().flatten().flat_map(|it| &it.content);
    let unheard = parts.into_iter().find(|part| match part {
        ContentPart::Audio(_) => !target.audio,
        ContentPart::Document(_) => !target.documents,
        _ => false,
    });
    match unheard {
        Some(part) => {
            let message = format!("{} takes no {}", target.provider, part.kind());
            Err(Error::new(ErrorKind::InvalidRequest, message))
        }
        None => Ok(()),
    }
}

/// A request ready to be sent.
struct Prepared {
    http: HttpRequest,
    secret: Option<Credential>,
    asked: Asked,
    warnings: Vec<Warning>,
}

/// Makes a public adapter of a newtype over a [`Wire`].
macro_rules! wire_adapter {
    ($adapter:ident) => {
        #[async_trait::async_trait]
        impl $crate::provider::ProviderAdapter for $adapter {
            fn name(&self) -> &str {
                &self.0.endpoint.name
            }

            async fn complete(
                &self,
                request: $crate::types::Request,
            ) -> Result<$crate::types::Response, $crate::error::Error> {
                self.0.complete(request).await
            }

            async fn stream(
                &self,
                request: $crate::types::Request,
            ) -> Result<$crate::types::EventStream, $crate::error::Error> {
                self.0.stream(request).await
            }

            fn capabilities(&self) -> $crate::provider::Capabilities {
                $crate::provider::protocol::Protocol::capabilities(&self.0.protocol)
            }

            fn capabilities_of(&self, model: &str) -> $crate::provider::Capabilities {
                $crate::provider::protocol::Protocol::capabilities_of(&self.0.protocol, model)
            }

            fn base_url(&self) -> Option<&str> {
                Some(&self.0.endpoint.base_url)
            }
        }
    };
}
pub(crate) use wire_adapter;
