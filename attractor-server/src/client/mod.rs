//! Asks a server over its API: what the commands for projects, secrets, attractors and runs are made of.
//!
//! [`Remote`] has a function for each thing that a server is asked for, by resource. What it answers with
//! is given as it came, so that a command can print it whole; `attractor_server::domain` has types for what
//! is decided on.

mod access;
mod attractors;
mod error;
mod limits;
mod list;
mod projects;
mod route;
mod runs;
mod secrets;
mod sse;
mod transport;
mod watch;

use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

pub(crate) use self::access::Wanted;
use self::access::{Server, Token};
pub(crate) use self::error::Error;
pub(crate) use self::limits::{CANDIDATES, PREFIX};
use self::route::Route;
pub(crate) use self::runs::{NewRun, Rerun, RunFilter};
pub(crate) use self::transport::Pieces;
use self::transport::{Answer, Call, Failure, Transport};
pub(crate) use self::watch::{Sight, Watch};

/// A server, and what signs in there.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    server: Server,
    token: Token,
    transport: Transport,
}

/// A request that isn't sent yet.
#[derive(Debug)]
struct Request {
    route: Route,
    url: Url,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Request {
    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Remote {
    /// A server, before anything is asked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Failure`](crate::ErrorKind::Failure) if no HTTP client can be made.
    pub(crate) fn new(server: Server, token: Token) -> Result<Self, crate::Error> {
        let transport = Transport::new(server.is_local()).map_err(|why| {
            crate::Error::failure(format!("the HTTP client can't be made: {why}"))
        })?;
        Ok(Self {
            server,
            token,
            transport,
        })
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.server.is_local()
    }

    fn request(&self, route: Route, values: &[&str]) -> Request {
        Request {
            route,
            url: route.at(self.server.url(), values),
            headers: Vec::new(),
            body: None,
        }
    }

    fn call(&self, request: Request) -> Call {
        Call {
            method: request.route.method,
            url: request.url,
            token: self.token.text.clone(),
            headers: request.headers,
            body: request.body,
        }
    }

    fn lost(&self, failure: Failure) -> Error {
        Error::lost(self.server.to_string(), self.token.source.clone(), failure)
    }

    fn malformed(&self, why: impl Into<String>) -> Error {
        Error::malformed(self.server.to_string(), self.token.source.clone(), why)
    }

    fn refused(&self, answer: &Answer) -> Error {
        Error::refused(self.server.to_string(), self.token.source.clone(), answer)
    }

    /// Sends a request and gives the body of the answer, if it's a success.
    async fn send(&self, request: Request) -> Result<Vec<u8>, Error> {
        let answer = self.transport.send(self.call(request)).await;
        let answer = answer.map_err(|failure| self.lost(failure))?;
        match answer.status {
            200..=299 => Ok(answer.body),
            _ => Err(self.refused(&answer)),
        }
    }

    /// Sends a request and reads the JSON that it's answered with.
    async fn ask<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        let body = self.send(request).await?;
        serde_json::from_slice(&body).map_err(|error| self.malformed(error.to_string()))
    }

    /// Sends a request whose answer comes in pieces, and looks whether it's a success.
    async fn open(&self, request: Request) -> Result<Pieces, Error> {
        let opened = self.transport.open(self.call(request)).await;
        let pieces = opened.map_err(|failure| self.lost(failure))?;
        if (200..=299).contains(&pieces.status()) {
            return Ok(pieces);
        }
        let answer = pieces.whole().await;
        Err(self.refused(&answer.map_err(|failure| self.lost(failure))?))
    }

    /// The next piece of an answer.
    ///
    /// # Errors
    ///
    /// If the connection breaks.
    pub(crate) async fn next_piece(
        &self,
        pieces: &mut Pieces,
    ) -> Result<Option<bytes::Bytes>, Error> {
        pieces.next().await.map_err(|failure| self.lost(failure))
    }
}
