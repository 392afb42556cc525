use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::{Host, Url};
use utoipa::ToSchema;

use super::Error;

/// What the server may reach when it's told where a repository is: public hosts, and beyond them only
/// what its configuration names.
///
/// Whoever may create a project must not thereby be able to reach what only this machine can: its own
/// services, its network, a cloud's metadata, its files.
///
/// Source: contract, 12.13.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReachPolicy {
    /// Hosts that may be reached though they aren't public, and without encryption: `git.internal`,
    /// `127.0.0.1`.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Directories of this machine below which repositories may lie.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub roots: Vec<PathBuf>,
}

impl ReachPolicy {
    /// Nothing but public hosts.
    pub fn public() -> Self {
        Self::default()
    }

    /// Whether the configuration names the host.
    pub fn names(&self, host: &str) -> bool {
        let bare = |text: &str| {
            text.trim_matches(['[', ']'])
                .trim_end_matches('.')
                .to_ascii_lowercase()
        };
        let host = bare(host);
        self.hosts.iter().any(|named| bare(named) == host)
    }

    /// Whether an address may be reached as far as can be told without looking its host up; `Some` is
    /// the name that has to be looked up then, with the port.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) with the code `unreachable_host`.
    pub fn check_url<'a>(&self, url: &'a Url) -> Result<Option<(&'a str, u16)>, Error> {
        let host = url.host_str().unwrap_or_default();
        if self.names(host) {
            return Ok(None);
        }
        if url.scheme() == "http" {
            let message = format!(
                "repository host {host:?} would be spoken to without encryption: use https"
            );
            return Err(Error::invalid("unreachable_host", message));
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(host, address.into()).map(|()| None),
            Some(Host::Ipv6(address)) => self.check_address(host, address.into()).map(|()| None),
            _ => Ok(Some((host, url.port_or_known_default().unwrap_or(22)))),
        }
    }

    /// Whether an address that a host has may be reached.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) with the code `unreachable_host`; the message
    /// doesn't tell the address, since it would tell what the server's network is like.
    pub fn check_address(&self, host: &str, address: IpAddr) -> Result<(), Error> {
        if is_public(address) || self.names(host) {
            return Ok(());
        }
        let message = format!(
            "repository host {host:?} isn't a public one: the server's configuration has to name it"
        );
        Err(Error::invalid("unreachable_host", message))
    }
}

/// Whether an address is one that anybody on the Internet can reach: none of this machine, of a
/// private or link-local network, of a cloud's metadata, or kept for other uses.
///
/// ```
/// use attractor_server::domain::is_public;
///
/// assert!(is_public("140.82.121.3".parse()?));
/// assert!(!is_public("169.254.169.254".parse()?));
/// assert!(!is_public("::ffff:127.0.0.1".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
///
/// Source: the registries of special-purpose addresses (RFC 6890 and its successors).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224.., _, _)
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let last_v4 = || {
        let [.., a, b, c, d] = address.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        // An IPv4 address in another form is judged as that: mapped, and translated (64:ff9b::/96).
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => is_public_v4(last_v4()),
        // 6to4 leads to the IPv4 address behind its prefix.
        [0x2002, a, b, ..] => {
            let ([a, b], [c, d]) = (a.to_be_bytes(), b.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Teredo, benchmarks, ORCHID (2001::/23) and documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Of the rest only global unicast is given out.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_anybody_can_reach_is_public() {
        for public in [
            "1.1.1.1",
            "140.82.121.3",
            "172.32.0.1",
            "2606:50c0:8000::153",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "0.0.0.0",
            "10.1.2.3",
            "100.100.100.200",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    #[test]
    fn a_host_is_looked_up_unless_the_configuration_names_it() {
        let policy = ReachPolicy {
            hosts: vec![
                "Git.Internal".to_owned(),
                "10.0.0.7".to_owned(),
                "[::1]".to_owned(),
            ],
            roots: Vec::new(),
        };
        let check = |text: &str| {
            let url = Url::parse(text).unwrap();
            policy
                .check_url(&url)
                .map(|it| it.map(|(host, port)| (host.to_owned(), port)))
        };
        assert_eq!(
            check("https://git.example/a").unwrap(),
            Some(("git.example".to_owned(), 443))
        );
        assert_eq!(
            check("ssh://git@git.example/a").unwrap(),
            Some(("git.example".to_owned(), 22))
        );
        assert_eq!(check("https://1.1.1.1:8443/a").unwrap(), None);
        for named in [
            "https://git.internal/a",
            "http://10.0.0.7/a",
            "https://[::1]/a",
            "ssh://git.internal./a",
        ] {
            assert_eq!(check(named).unwrap(), None, "{named}");
        }
        for bad in [
            "http://git.example/a",
            "https://127.0.0.1/a",
            "https://0x7f.1/a",
            "https://2130706433/a",
            "https://[::ffff:127.0.0.1]/a",
            "https://169.254.169.254/latest",
            "https://10.0.0.8/a",
        ] {
            assert_eq!(check(bad).unwrap_err().code(), "unreachable_host", "{bad}");
        }
    }
}
