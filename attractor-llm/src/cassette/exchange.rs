//! What a cassette holds: its file's format, as types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::content::Content;

const FORMAT: &str = "attractor-llm cassette";
const VERSION: u32 = 1;

/// Exchanges in the order in which their requests were sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "File", into = "File")]
#[non_exhaustive]
pub struct Cassette {
    /// The environment variables that the recorded client was made of, without keys; empty when the
    /// recorder was given to adapters one by one.
    pub environment: BTreeMap<String, String>,
    /// The exchanges.
    pub exchanges: Vec<Exchange>,
}

impl Cassette {
    /// A cassette with these exchanges.
    #[must_use]
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        Self {
            environment: BTreeMap::new(),
            exchanges,
        }
    }
}

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Entry", into = "Entry")]
#[non_exhaustive]
pub struct Exchange {
    /// What was sent.
    pub request: Sent,
    /// What came back.
    pub outcome: Outcome,
}

impl Exchange {
    /// An exchange.
    #[must_use]
    pub fn new(request: Sent, outcome: Outcome) -> Self {
        Self { request, outcome }
    }
}

/// A request without its secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sent {
    /// The method.
    pub method: String,
    /// Where it was sent to.
    pub url: String,
    /// The headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(flatten)]
    pub content: Content,
}

impl Sent {
    /// A POST without headers.
    #[must_use]
    pub fn post(url: impl Into<String>, content: Content) -> Self {
        Self {
            method: "POST".to_owned(),
            url: url.into(),
            headers: BTreeMap::new(),
            content,
        }
    }

    /// The path and the query: what a replay goes by, since the host may be another one.
    #[must_use]
    pub fn target(&self) -> &str {
        let after_scheme = self.url.find("://").map_or(0, |at| at + 3);
        let rest = &self.url[after_scheme..];
        rest.find('/').map_or("/", |at| &rest[at..])
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// A response, of whatever status.
    Reply(Reply),
    /// None: the connection failed.
    Failed(String),
    /// None before the caller gave up.
    Unanswered,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers that mean something to a client of models.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(flatten)]
    pub content: Content,
    /// How the body ended.
    #[serde(default, skip_serializing_if = "End::is_closed")]
    pub end: End,
}

impl Reply {
    /// A response whose body ended well.
    #[must_use]
    pub fn new(status: u16, headers: BTreeMap<String, String>, content: Content) -> Self {
        Self {
            status,
            headers,
            content,
            end: End::Closed,
        }
    }
}

/// How a response's body ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum End {
    /// As it should.
    #[default]
    Closed,
    /// It hadn't when its reader stopped: at the last event, at a time-out or when cancelled. A
    /// replay keeps the connection open, so that whoever reads on waits as in the recording.
    Open,
    /// The connection broke, for this reason.
    Broken(String),
}

impl End {
    fn is_closed(&self) -> bool {
        *self == Self::Closed
    }
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    environment: BTreeMap<String, String>,
    exchanges: Vec<Exchange>,
}

impl From<Cassette> for File {
    fn from(cassette: Cassette) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            environment: cassette.environment,
            exchanges: cassette.exchanges,
        }
    }
}

impl TryFrom<File> for Cassette {
    type Error = String;

    fn try_from(file: File) -> Result<Self, String> {
        let File {
            format,
            version,
            environment,
            exchanges,
        } = file;
        if format != FORMAT {
            return Err(format!("its format is {format:?} and not {FORMAT:?}"));
        }
        if version != VERSION {
            return Err(format!(
                "its version is {version}; this is for version {VERSION}"
            ));
        }
        let replies = exchanges.iter().map(|exchange| &exchange.outcome);
        for (number, outcome) in (1..).zip(replies) {
            if let Outcome::Reply(reply) = outcome
                && !reply.content.is_sound()
            {
                return Err(format!("the base64 of exchange {number} isn't any"));
            }
        }
        Ok(Self {
            environment,
            exchanges,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Entry {
    request: Sent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<Reply>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl From<Exchange> for Entry {
    fn from(exchange: Exchange) -> Self {
        let (response, failure) = match exchange.outcome {
            Outcome::Reply(reply) => (Some(reply), None),
            Outcome::Failed(failure) => (None, Some(failure)),
            Outcome::Unanswered => (None, None),
        };
        Self {
            request: exchange.request,
            response,
            failure,
        }
    }
}

impl From<Entry> for Exchange {
    fn from(entry: Entry) -> Self {
        let outcome = match (entry.response, entry.failure) {
            (Some(reply), _) => Outcome::Reply(reply),
            (None, Some(failure)) => Outcome::Failed(failure),
            (None, None) => Outcome::Unanswered,
        };
        Self::new(entry.request, outcome)
    }
}
