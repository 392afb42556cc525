//! Where a page may be: the hosts that are allowed, and URLs on them; pure.

use std::net::Ipv6Addr;

use url::{Host, Url};

use crate::error::{Error, ErrorKind};

/// Hosts that are allowed: `docs.rs`, `*.rust-lang.org`, `localhost:8080`.
#[derive(Debug, Clone, Default)]
pub(super) struct AllowedHosts(Vec<AllowedHost>);

#[derive(Debug, Clone)]
struct AllowedHost {
    name: String,
    with_subdomains: bool,
    /// Where not the scheme's own.
    port: Option<u16>,
    /// Whether its addresses needn't be public.
    is_private: bool,
}

impl AllowedHosts {
    pub(super) fn add(&mut self, pattern: &str, is_private: bool) {
        let pattern = pattern.trim().to_ascii_lowercase();
        let (rest, with_subdomains) = match pattern.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (pattern.as_str(), false),
        };
        let port = rest.rsplit_once(':').and_then(|(name, port)| {
            let port = port.parse().ok()?;
            (!name.contains(':') || name.ends_with(']')).then_some((name, port))
        });
        let (name, port) = match port {
            Some((name, port)) => (name, Some(port)),
            None => (rest, None),
        };
        self.0.push(AllowedHost {
            name: normal(name.trim_end_matches('.')),
            with_subdomains,
            port,
            is_private,
        });
    }

    /// The URL of a page, if it may be fetched.
    pub(super) fn check(&self, url: &str) -> Result<Url, Error> {
        let url = Url::parse(url.trim())
            .map_err(|error| Error::invalid_input(format!("{url:?} is no URL: {error}")))?;
        self.check_url(url)
    }

    /// Whether the host of this page may have addresses that aren't public.
    pub(super) fn is_private(&self, url: &Url) -> bool {
        let mut private = self.0.iter().filter(|host| host.is_private);
        private.any(|host| host.allows(url))
    }

    /// The page that another one has moved to, if it may be fetched.
    pub(super) fn check_redirect(&self, from: &Url, to: &str) -> Result<Url, Error> {
        let url = from.join(to).map_err(|error| {
            Error::invalid_input(format!(
                "{from} has moved to {to:?}, which is no URL: {error}"
            ))
        })?;
        if from.scheme() == "https" && url.scheme() != "https" {
            let text = format!("{from} has moved to {url}, which isn't encrypted");
            return Err(Error::new(ErrorKind::PermissionDenied, text));
        }
        self.check_url(url)
            .map_err(|error| Error::new(error.kind(), format!("{from} has moved: {error}")))
    }

    fn check_url(&self, mut url: Url) -> Result<Url, Error> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::invalid_input(format!(
                "{url} isn't a page: only http and https are fetched"
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::invalid_input("a URL with a password isn't fetched"));
        }
        url.set_fragment(None);
        if self.0.iter().any(|allowed| allowed.allows(&url)) {
            return Ok(url);
        }
        Err(Error::new(
            ErrorKind::PermissionDenied,
            format!(
                "{url} isn't on a host that may be fetched from; allowed: {}",
                self.names()
            ),
        ))
    }

    /// The hosts in words, for the model.
    pub(super) fn names(&self) -> String {
        let name = |host: &AllowedHost| {
            let star = if host.with_subdomains { "*." } else { "" };
            let port = host
                .port
                .map_or_else(String::new, |port| format!(":{port}"));
            format!("{star}{}{port}", host.name)
        };
        match self.0.as_slice() {
            [] => "none".to_owned(),
            hosts => hosts.iter().map(name).collect::<Vec<_>>().join(", "),
        }
    }
}

/// A host as URLs have it: names in ASCII, addresses in their shortest form.
fn normal(name: &str) -> String {
    if let Ok(address) = name.parse::<Ipv6Addr>() {
        return Host::<String>::Ipv6(address).to_string();
    }
    match Host::parse(name) {
        Ok(host) => host.to_string(),
        // It matches no URL then.
        Err(_) => name.to_owned(),
    }
}

impl AllowedHost {
    fn allows(&self, url: &Url) -> bool {
        let host = match url.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.').to_ascii_lowercase(),
            Some(address) => address.to_string(),
            None => return false,
        };
        let named = if self.with_subdomains {
            let end = host.strip_suffix(&self.name);
            end.is_some_and(|start| start.ends_with('.') && start.len() > 1)
        } else {
            host == self.name
        };
        named && url.port() == self.port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> AllowedHosts {
        let mut hosts = AllowedHosts::default();
        let patterns = [
            "docs.rs",
            "*.Rust-Lang.org",
            "localhost:8080",
            "[0::1]:9000",
            "::2",
            "Bücher.example",
        ];
        for pattern in patterns {
            hosts.add(pattern, pattern.starts_with("localhost"));
        }
        hosts
    }

    #[test]
    fn only_pages_of_allowed_hosts_are_fetched() {
        let allowed = [
            "https://docs.rs/serde",
            "http://DOCS.RS./x#part",
            "https://doc.rust-lang.org/std",
            "http://localhost:8080/",
            "http://[::1]:9000/",
            "http://[::2]/",
            "https://bücher.example/",
        ];
        let refused = [
            "https://rust-lang.org/",
            "https://evilrust-lang.org/",
            "https://docs.rs.evil.org/",
            "https://docs.rs:8443/",
            "https://docs.rs@evil.org/",
            "https://user@docs.rs/",
            "http://localhost/",
            "file:///etc/passwd",
            "ftp://docs.rs/",
            "not a url",
        ];
        for url in allowed {
            assert!(hosts().check(url).is_ok(), "{url}");
        }
        for url in refused {
            assert!(hosts().check(url).is_err(), "{url}");
        }
        assert_eq!(AllowedHosts::default().names(), "none");
        assert_eq!(
            hosts().names(),
            "docs.rs, *.rust-lang.org, localhost:8080, [::1]:9000, [::2], xn--bcher-kva.example"
        );
    }

    #[test]
    fn only_a_host_that_is_named_so_is_private() {
        let private = |url: &str| hosts().is_private(&hosts().check(url).unwrap());
        assert!(private("http://localhost:8080/"));
        assert!(!private("https://docs.rs/") && !private("http://[::1]:9000/"));
    }

    #[test]
    fn a_redirect_is_held_to_the_same_hosts_and_stays_encrypted() {
        let from = hosts().check("https://docs.rs/a/b").unwrap();
        let to = hosts().check_redirect(&from, "../c").unwrap();
        assert_eq!(to.as_str(), "https://docs.rs/c");
        for to in ["http://docs.rs/c", "https://evil.org/", "//evil.org/"] {
            assert!(hosts().check_redirect(&from, to).is_err(), "{to}");
        }
    }
}
