//! [`Redaction`]: what must not get into a cassette.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::content::Content;
use super::exchange::{Reply, Sent};
use crate::provider::http::{Headers, HttpHeader, HttpRequest};

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// A secret shorter than this is redacted where it is one but not looked for elsewhere: it may be
/// part of a common word.
const SHORTEST_SOUGHT: usize = 8;

/// Parts of the names of headers and query parameters that carry a credential.
const CREDENTIALS: &[&str] = &["auth", "cookie", "key", "secret", "sig", "token"];

/// Response headers that a client of models acts on; those of rate limits are kept too.
const MEANINGFUL: &[&str] = &[
    "content-type",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-amzn-errortype",
    "x-request-id",
    "x-should-retry",
];

type Hook = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// Says what must not get into a cassette.
///
/// The values of headers that are secrets never do, nor do keys in a URL's query; wherever else such
/// a key turns up in the exchange, in an error that repeats it for example, it is taken out as well.
/// Of a response's headers only those that clients act on are kept.
///
/// A recorder and the player of its file need the same redaction: requests are compared as they are
/// written.
///
/// ```
/// use attractor_llm::cassette::Redaction;
///
/// let redaction = Redaction::default()
///     .secret("correct horse battery staple")
///     .body(|body| {
///         if let Some(user) = body.pointer_mut("/metadata/user_id") {
///             *user = "somebody".into();
///         }
///     });
/// # let _ = redaction;
/// ```
#[derive(Clone, Default)]
pub struct Redaction {
    secrets: Vec<String>,
    headers: Vec<String>,
    hooks: Vec<Hook>,
}

impl Redaction {
    /// Takes this text out of everything, except where it is split over several events of a stream.
    #[must_use]
    pub fn secret(mut self, text: impl Into<String>) -> Self {
        self.secrets.push(text.into());
        self
    }

    /// Takes out the value of this header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>) -> Self {
        self.headers.push(name.into().to_ascii_lowercase());
        self
    }

    /// Changes each JSON body, of requests and responses, and the data of each event. It must do the
    /// same to the same value every time: times and random ids that differ between two runs can be
    /// evened out by it, too.
    #[must_use]
    pub fn body(mut self, hook: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// The request as it is written, and the secrets that its reply must not repeat.
    pub(super) fn request(&self, request: &HttpRequest) -> (Sent, Vec<String>) {
        let mut secrets = self.secrets.clone();
        let mut headers = BTreeMap::new();
        for header in &request.headers {
            let value = match self.is_secret(header) {
                true => REDACTED,
                false => &header.value,
            };
            if is_credential(&header.name) {
                secrets.extend(credentials(&header.value));
            }
            headers.insert(header.name.clone(), value.to_owned());
        }
        secrets.extend(query_credentials(&request.url).map(|(_, value)| value.to_owned()));
        secrets.retain(|secret| !secret.is_empty());
        let sent = Sent {
            method: "POST".to_owned(),
            url: scrub(&redacted_url(&request.url), &secrets),
            headers: headers
                .into_iter()
                .map(|(name, it)| (name, scrub(&it, &secrets)))
                .collect(),
            content: self.content(&request.body, None, &secrets),
        };
        (sent, secrets)
    }

    /// An environment variable as it is written.
    pub(super) fn variable(&self, name: &str, value: &str) -> String {
        if is_credential(name) {
            return REDACTED.to_owned();
        }
        scrub(&redacted_url(value), &self.secrets)
    }

    /// The response as it is written.
    pub(super) fn reply(
        &self,
        status: u16,
        headers: &Headers,
        body: &[u8],
        secrets: &[String],
    ) -> Reply {
        let kept = headers.iter().filter(|(name, _)| self.is_meaningful(name));
        let kept = kept.map(|(name, value)| (name.to_ascii_lowercase(), scrub(value, secrets)));
        let content = self.content(body, headers.get("content-type"), secrets);
        Reply::new(status, kept.collect(), content)
    }

    fn is_secret(&self, header: &HttpHeader) -> bool {
        header.sensitive || is_credential(&header.name) || self.headers.contains(&header.name)
    }

    fn is_meaningful(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let known = MEANINGFUL.contains(&name.as_str()) || name.contains("ratelimit");
        known && !self.headers.contains(&name)
    }

    fn content(&self, body: &[u8], content_type: Option<&str>, secrets: &[String]) -> Content {
        let content = match std::str::from_utf8(body) {
            Ok(text) => Content::new(scrub(text, secrets).as_bytes(), content_type),
            Err(_) => Content::new(body, content_type),
        };
        match content {
            Content::Json(mut value) => {
                self.apply(&mut value);
                Content::Json(value)
            }
            Content::Events(events) if !self.hooks.is_empty() => {
                Content::Events(events.iter().map(|event| self.event(event)).collect())
            }
            other => other,
        }
    }

    fn apply(&self, value: &mut Value) {
        for hook in &self.hooks {
            hook(value);
        }
    }

    /// An event with its data changed by the hooks; one that they don't change stays as it came.
    fn event(&self, event: &str) -> String {
        let lines = event.split_inclusive(['\n', '\r']).map(|line| {
            let data = line.strip_prefix("data:").map(str::trim);
            let Some(Ok(before)) = data.map(serde_json::from_str::<Value>) else {
                return line.to_owned();
            };
            let mut after = before.clone();
            self.apply(&mut after);
            if after == before {
                return line.to_owned();
            }
            let ending = &line[line.trim_end_matches(['\n', '\r']).len()..];
            format!("data: {after}{ending}")
        });
        lines.collect()
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("secrets", &self.secrets.len())
            .field("headers", &self.headers)
            .field("hooks", &self.hooks.len())
            .finish()
    }
}

fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CREDENTIALS.iter().any(|part| name.contains(part))
}

/// What to look for of a header's value: the whole, and what follows a scheme such as `Bearer`.
fn credentials(value: &str) -> Vec<String> {
    let parts = [Some(value), value.split_once(' ').map(|(_, rest)| rest)];
    let parts = parts.into_iter().flatten().map(str::trim);
    let long = parts.filter(|part| part.len() >= SHORTEST_SOUGHT);
    long.map(str::to_owned).collect()
}

fn query_credentials(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, value)| is_credential(name) && value.len() >= SHORTEST_SOUGHT)
}

fn redacted_url(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_credential(name) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    });
    format!("{base}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn scrub(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| {
        if text.contains(secret.as_str()) {
            text.replace(secret.as_str(), REDACTED)
        } else {
            text
        }
    })
}
