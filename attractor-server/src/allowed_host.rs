//! The hosts that agents may fetch pages from: none unless the user names them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use attractor_agent::WebFetchTool;
use serde::{Deserialize, Serialize};

/// A host as the user names it: `docs.rs`, `*.python.org`, `localhost:8000`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct AllowedHost {
    text: String,
    /// Whether it is this machine or an address, whose being private is meant.
    is_own: bool,
}

impl FromStr for AllowedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = |why: &str| Err(format!("`{text}` isn't a host: {why}, as in docs.rs"));
        if text.contains("://") || text.contains(['/', '?', '#', '@']) {
            return wrong("leave out all of the URL but the host");
        }
        let (name, port) = split(text);
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return wrong("its port isn't a number");
        }
        let address = name.trim_start_matches('[').trim_end_matches(']');
        let is_address = address.parse::<IpAddr>().is_ok();
        let name = name.strip_prefix("*.").unwrap_or(name);
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !is_address && (!name.contains(char::is_alphanumeric) || !name.chars().all(fits)) {
            return wrong("each one has to be named");
        }
        let is_own = is_address || name == "localhost" || name.ends_with(".localhost");
        let text = text.to_owned();
        Ok(AllowedHost { text, is_own })
    }
}

/// The name, and what stands behind a colon that isn't part of an address.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, Some(port)),
        _ => (text, None),
    }
}

impl TryFrom<String> for AllowedHost {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<AllowedHost> for String {
    fn from(host: AllowedHost) -> String {
        host.text
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The tool that fetches from these hosts; no tool where there are none.
pub(crate) fn fetch_tool(hosts: &[AllowedHost]) -> Option<WebFetchTool> {
    if hosts.is_empty() {
        return None;
    }
    let allow = |tool: WebFetchTool, host: &AllowedHost| match host.is_own {
        true => tool.allow_private_host(&host.text),
        false => tool.allow_host(&host.text),
    };
    Some(hosts.iter().fold(WebFetchTool::new(), allow))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(text: &str) -> bool {
        text.parse::<AllowedHost>().unwrap().is_own
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for text in ["docs.rs", "*.python.org", "intranet:8443", "bücher.example"] {
            assert!(!own(text), "{text}");
        }
        let of_this_machine = ["localhost", "localhost:8000", "app.localhost"];
        for text in of_this_machine
            .into_iter()
            .chain(["127.0.0.1:80", "[::1]:8000", "[::1]"])
        {
            assert!(own(text), "{text}");
        }
        let wrong = [
            "",
            "*",
            "*.",
            "https://docs.rs",
            "docs.rs/serde",
            "a b",
            "docs.rs:x",
            "*x.org",
        ];
        for text in wrong {
            assert!(text.parse::<AllowedHost>().is_err(), "{text}");
        }
    }
}
