//! How a server is set up: what its flags, its environment and its file say, as values that can't be
//! wrong.

mod key;
mod layers;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

pub(crate) use self::layers::Layers;
use crate::domain::{Error, ReachPolicy};

/// How a server is set up.
///
/// ```
/// use attractor_server::config::Config;
///
/// let config = Config::new("127.0.0.1:8080".parse()?, "/var/lib/attractor");
/// assert!(config.check().is_ok());
/// let open = Config::new("0.0.0.0:8080".parse()?, "/var/lib/attractor");
/// assert!(open.check().is_err());
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where it keeps what it knows: database, objects, keys, the runners' directories.
    pub data_dir: PathBuf,
    /// The address that its users see, if that is another: behind a proxy, with TLS.
    pub public_url: Option<Url>,
    /// Whether it may listen where others can reach it without TLS.
    pub insecure_bind: bool,
    /// Directories below which local repositories may be.
    pub repository_roots: Vec<PathBuf>,
    /// Hosts of private networks that repositories may be on.
    pub repository_hosts: Vec<String>,
    /// Runs that are executed at a time.
    pub max_runs: u32,
    /// Runs of one project that are executed at a time, unless the project says.
    pub max_project_runs: u32,
    /// How long runs are kept that have ended; for ever, if it isn't said.
    pub keep_runs: Option<Duration>,
    /// The image that runs are executed in, if they are in a cluster.
    pub runner_image: Option<String>,
    /// What the GitHub App is called in addresses.
    pub github_app_slug: Option<String>,
    /// Where GitHub's pages are.
    pub github_web_url: String,
    /// Event streams that may be open at a time.
    pub max_streams: usize,
    /// How often an event stream shows that it's alive.
    pub heartbeat: Duration,
}

/// Runs at a time, unless it's said otherwise: each is some processes and a model's connections.
const MAX_RUNS: u32 = 20;

/// Runs of one project at a time, unless it's said otherwise (contract 5.2).
const MAX_PROJECT_RUNS: u32 = 5;

/// The contract's (2).
const HEARTBEAT: Duration = Duration::from_secs(25);

/// Where GitHub is, unless it's said otherwise.
const GITHUB: &str = "https://github.com";

/// Event streams, unless it's said otherwise: each is a socket and a small buffer.
const MAX_STREAMS: usize = 2_000;

impl Config {
    /// A server with the defaults.
    pub fn new(listen: SocketAddr, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            data_dir: data_dir.into(),
            public_url: None,
            insecure_bind: false,
            repository_roots: Vec::new(),
            repository_hosts: Vec::new(),
            max_runs: MAX_RUNS,
            max_project_runs: MAX_PROJECT_RUNS,
            keep_runs: None,
            runner_image: None,
            github_app_slug: None,
            github_web_url: GITHUB.to_owned(),
            max_streams: MAX_STREAMS,
            heartbeat: HEARTBEAT,
        }
    }

    /// Whether a server may be set up so.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) if others could reach it and nothing
    /// protects what they send, or the public address isn't that of a site.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(url) = &self.public_url {
            let is_site = matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some()
                && url.path() == "/"
                && url.query().is_none();
            if !is_site {
                let message = format!(
                    "the public URL {url} must be https://HOST or http://HOST, without a path"
                );
                return Err(Error::invalid("invalid_public_url", message));
            }
        }
        if !self.is_local() && !self.is_https() && !self.insecure_bind {
            let message = format!(
                "listening on {} lets others on the network reach the server, and read every token on its way: \
                 put a proxy with TLS in front and give its address with --public-url https://…, or say --insecure-bind",
                self.listen
            );
            return Err(Error::invalid("insecure_bind", message));
        }
        Ok(())
    }

    /// Whether only this machine can reach it.
    pub(crate) fn is_local(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// Where processes on this machine reach it.
    pub(crate) fn local_address(&self) -> SocketAddr {
        let mut address = self.listen;
        if address.ip().is_unspecified() {
            let loopback = if address.is_ipv4() {
                IpAddr::V4(Ipv4Addr::LOCALHOST)
            } else {
                IpAddr::V6(Ipv6Addr::LOCALHOST)
            };
            address.set_ip(loopback);
        }
        address
    }

    /// What of the network and the disk repositories may be on.
    pub(crate) fn reach(&self) -> ReachPolicy {
        ReachPolicy {
            hosts: self.repository_hosts.clone(),
            roots: self.repository_roots.clone(),
        }
    }

    /// Whether its users reach it over TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "https")
    }

    pub(crate) fn port(&self) -> u16 {
        self.listen.port()
    }

    /// The host, with its port if that is an unusual one, that its users see.
    pub(crate) fn public_host(&self) -> Option<String> {
        let url = self.public_url.as_ref()?;
        let host = url.host_str()?;
        Some(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        })
    }

    /// The address that its users see, without a slash at the end.
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str, public: Option<&str>) -> Config {
        let mut config = Config::new(listen.parse().unwrap(), "/x");
        config.public_url = public.map(|it| it.parse().unwrap());
        config
    }

    #[test]
    fn nobody_listens_to_the_network_without_tls_by_mistake() {
        assert!(config("127.0.0.1:1", None).check().is_ok());
        assert!(config("[::1]:1", None).check().is_ok());
        assert!(config("0.0.0.0:1", None).check().is_err());
        assert!(config("[::]:1", None).check().is_err());
        assert!(
            config("0.0.0.0:1", Some("http://x.example"))
                .check()
                .is_err()
        );
        assert!(
            config("0.0.0.0:1", Some("https://x.example"))
                .check()
                .is_ok()
        );
        let mut open = config("0.0.0.0:1", None);
        open.insecure_bind = true;
        assert!(open.check().is_ok());
    }

    #[test]
    fn a_public_url_is_a_site() {
        for bad in [
            "ftp://x.example",
            "https://x.example/a",
            "https://x.example/?q",
        ] {
            assert!(config("127.0.0.1:1", Some(bad)).check().is_err(), "{bad}");
        }
        let config = config("127.0.0.1:1", Some("https://x.example:8443"));
        assert_eq!(config.public_host().unwrap(), "x.example:8443");
        assert_eq!(config.base_url(), "https://x.example:8443");
    }
}
