//! Amazon Bedrock, by the Converse API.
//!
//! Requests are signed with access keys ([`AwsCredentialSource`]) or carry a Bedrock API key. Options
//! under `provider_options.bedrock`: `auto_cache` (`false` places no cache points), `cache_ttl`
//! (`"1h"` for the longer cache); any other goes into the body as it is: `inferenceConfig`,
//! `additionalModelRequestFields`, `requestMetadata` and `toolConfig` field by field, with the tools
//! beside those that are there.
//!
//! Images, documents and recordings go as bytes or as `s3://` addresses: Bedrock fetches nothing from
//! elsewhere.
//!
//! Source: unified-llm-spec 7.

mod cache;
mod config;
mod credentials;
mod error;
mod frames;
mod media;
mod messages;
mod model;
mod open_block;
mod params;
mod request;
mod response;
mod sign;
mod stream;
mod tools;

use std::time::SystemTime;

use serde_json::Value;

pub use self::config::BedrockBuilder;
pub(crate) use self::config::discover;
pub use self::credentials::{AwsCredentialSource, AwsCredentials};
use self::stream::ConverseStream;
use super::Capabilities;
use super::adapter::{Wire, wire_adapter};
use super::exchange::WholeReply;
use super::http::{ByteStream, Headers};
use super::protocol::{Asked, Begun, Payloads, Protocol, Translated};
use crate::error::Error;
use crate::types::{Request, Response};

/// Speaks Amazon Bedrock's Converse API.
///
/// ```no_run
/// # fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::provider::bedrock::{AwsCredentials, BedrockAdapter};
///
/// let by_key = BedrockAdapter::new("us-east-1", "bedrock-api-key-…")?;
/// let signed = BedrockAdapter::builder("us-east-1")
///     .aws_credentials(AwsCredentials::new("AKIA…", "…"))
///     .build()?;
/// # let _ = (by_key, signed);
/// # Ok(())
/// # }
/// ```
///
/// Source: unified-llm-spec 7.
#[derive(Debug)]
pub struct BedrockAdapter(Wire<Converse>);

impl BedrockAdapter {
    /// An adapter for a region, with a Bedrock API key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the key is empty or the
    /// region isn't one.
    pub fn new(region: impl Into<String>, api_key: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(region).api_key(api_key).build()
    }

    /// An adapter for a region, to be set up.
    #[must_use]
    pub fn builder(region: impl Into<String>) -> BedrockBuilder {
        BedrockBuilder::new(region.into())
    }
}

wire_adapter!(BedrockAdapter);

/// The Converse API.
#[derive(Debug)]
struct Converse;

impl Protocol for Converse {
    type Stream = ConverseStream;

    fn request(
        &self,
        request: &Request,
        provider: &str,
        stream: bool,
    ) -> Result<Translated, Error> {
        request::translate(request, provider, stream)?.into_json()
    }

    fn response(&self, body: Value, asked: &Asked) -> Result<Response, Error> {
        response::translate(body, asked)
    }

    fn stream(&self, begun: Begun) -> ConverseStream {
        ConverseStream::new(begun)
    }

    fn error(&self, provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
        error::from_reply(provider, reply, body, now)
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::all();
        capabilities.reasoning_tokens = false;
        capabilities
    }

    fn response_id(&self, headers: &Headers) -> Option<String> {
        headers.get("x-amzn-requestid").map(str::to_owned)
    }

    fn payloads(&self, _headers: &Headers, bytes: ByteStream) -> Payloads {
        frames::payloads(bytes)
    }
}
