use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::access::TokenSource;
use super::limits::{PATIENCE, REQUEST_TIME};
use super::transport::{Answer, Failure};

/// Why a server didn't do what it was asked for.
#[derive(Debug)]
pub(crate) struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    /// The server's address.
    server: String,
    token: TokenSource,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    /// No answer came, or not a whole one.
    Lost(Failure),
    /// The answer is no.
    Refused(Refusal),
    /// The answer makes no sense.
    Malformed(String),
}

/// A server's no.
#[derive(Debug)]
struct Refusal {
    status: u16,
    /// The word for programs.
    code: String,
    /// The sentence for people.
    message: String,
    details: Value,
    /// Seconds.
    retry_after: Option<u64>,
}

impl Error {
    fn new(server: String, token: TokenSource, reason: Reason) -> Self {
        Self(Box::new(Parts {
            server,
            token,
            reason,
        }))
    }

    pub(super) fn lost(server: String, token: TokenSource, failure: Failure) -> Self {
        Self::new(server, token, Reason::Lost(failure))
    }

    pub(super) fn malformed(server: String, token: TokenSource, why: impl Into<String>) -> Self {
        Self::new(server, token, Reason::Malformed(why.into()))
    }

    /// What an answer says that is no success.
    pub(super) fn refused(server: String, token: TokenSource, answer: &Answer) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let refusal = Refusal {
            status: answer.status,
            code: text("code").unwrap_or_else(|| "unknown".to_owned()),
            message: text("error")
                .unwrap_or_else(|| format!("the server answers with the status {}", answer.status)),
            details: body["details"].clone(),
            retry_after: answer.retry_after,
        };
        Self::new(server, token, Reason::Refused(refusal))
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_passing(&self) -> bool {
        match &self.0.reason {
            Reason::Lost(failure) => !matches!(failure, Failure::TooLarge),
            Reason::Refused(refusal) => matches!(refusal.status, 429 | 500..),
            Reason::Malformed(_) => false,
        }
    }

    /// How long to wait before the same request is sent again: as long as the server wants, and at least
    /// this.
    pub(super) fn longer_than(&self, wait: Duration) -> Duration {
        let asked = match &self.0.reason {
            Reason::Refused(refusal) => refusal.retry_after,
            _ => None,
        };
        let asked = asked.map(Duration::from_secs);
        asked.map_or(wait, |asked| asked.min(PATIENCE).max(wait))
    }

    /// The status of HTTP, if the server has answered.
    pub(crate) fn status(&self) -> Option<u16> {
        match &self.0.reason {
            Reason::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }

    /// The word for programs, if the server has answered.
    pub(crate) fn code(&self) -> Option<&str> {
        match &self.0.reason {
            Reason::Refused(refusal) => Some(&refusal.code),
            _ => None,
        }
    }

    /// What the server said besides.
    pub(crate) fn details(&self) -> &Value {
        match &self.0.reason {
            Reason::Refused(refusal) => &refusal.details,
            _ => &Value::Null,
        }
    }

    /// What to do about it.
    fn hint(&self) -> Option<String> {
        let refusal = match &self.0.reason {
            Reason::Lost(Failure::NoConnection(_)) => {
                return Some("is `attractor serve` running? --server URL or ATTRACTOR_SERVER says where else a server is".to_owned());
            }
            Reason::Lost(Failure::TooLarge) => return None,
            Reason::Lost(_) => return Some("try again; the server's log may say more".to_owned()),
            Reason::Malformed(_) => {
                return Some(format!("is {} a server of attractor's?", self.0.server));
            }
            Reason::Refused(refusal) => refusal,
        };
        Some(match refusal.status {
            301..=308 => "name the address that it leads to with --server URL".to_owned(),
            401 => format!(
                "the token is from {}; `attractor token create` makes another on the server's machine, and --token-file FILE or ATTRACTOR_TOKEN names it",
                self.0.token
            ),
            403 => format!(
                "the token from {} has a role that doesn't suffice; `attractor token create --role operator` makes another",
                self.0.token
            ),
            404 if refusal.code == "unknown" => {
                format!("is {} a server of attractor's?", self.0.server)
            }
            404 => {
                "it may have been deleted, or be of a project that the token doesn't see".to_owned()
            }
            409 => return self.way_out(refusal),
            421 => "name the server by the address that it prints when it starts".to_owned(),
            429 => match refusal.retry_after {
                Some(seconds) => format!("try again in {seconds} seconds"),
                None => "try again later".to_owned(),
            },
            500 | 502 | 503 => "try again; the server's log says more".to_owned(),
            _ => return None,
        })
    }

    /// What to do about a state that doesn't allow something.
    fn way_out(&self, refusal: &Refusal) -> Option<String> {
        let of = |name: &str| refusal.details[name].as_str();
        Some(match (refusal.code.as_str(), of("runId")) {
            ("run_active", Some(run)) => format!(
                "look at it with `attractor runs show {run}`, end it with `attractor runs cancel {run}`, or wait for it"
            ),
            ("version_conflict", _) => {
                "see what is different with `attractor attractor diff`, then push with the version that you've seen".to_owned()
            }
            ("attractor_in_use", _) => {
                "`attractor attractor deactivate` keeps new runs of it from being started".to_owned()
            }
            ("attractor_inactive", _) => "`attractor attractor activate` lets it be run".to_owned(),
            ("run_status", _) => "`attractor runs show` says where the run is".to_owned(),
            ("no_content", _) => "`attractor attractor push` keeps a text on the server".to_owned(),
            _ => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = &self.0.server;
        match &self.0.reason {
            Reason::Lost(Failure::NoConnection(why)) => {
                write!(f, "nothing answers at {server}: {why}")
            }
            Reason::Lost(Failure::TimedOut) => {
                write!(
                    f,
                    "{server} didn't answer within {} seconds",
                    REQUEST_TIME.as_secs()
                )
            }
            Reason::Lost(Failure::Broken(why)) => {
                write!(f, "the connection to {server} broke: {why}")
            }
            Reason::Lost(Failure::TooLarge) => {
                write!(f, "{server} answers with more than can be read")
            }
            Reason::Refused(refusal) => {
                f.write_str(&crate::progress::format::harmless(&refusal.message))
            }
            Reason::Malformed(why) => write!(
                f,
                "{server} answers with something else than expected: {why}"
            ),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        let kind = match (&error.0.reason, error.status()) {
            // As it was typed or set up it can't be done.
            (Reason::Lost(Failure::NoConnection(_)), _) | (_, Some(300..=428 | 430..=499)) => {
                crate::ErrorKind::Misuse
            }
            _ => crate::ErrorKind::Failure,
        };
        let mut shown = crate::Error::new(kind, error.to_string());
        if let Some(hint) = error.hint() {
            shown = shown.hint(hint);
        }
        if let (Some(status), Some(code)) = (error.status(), error.code()) {
            let answer = json!({ "status": status, "code": code, "details": error.details() });
            shown = shown.answered(answer);
        }
        shown.caused_by(error)
    }
}
