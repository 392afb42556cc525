//! Which server is asked, and what signs in there.

use std::fmt;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::limits::TOKEN_BYTES;
use crate::Error;

/// Where a server is, unless it's said otherwise.
pub(crate) const SERVER: &str = "http://127.0.0.1:8080";

/// A server's address, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    url: Url,
    /// What the address was taken from, for errors.
    source: &'static str,
}

/// What signs in, and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(super) text: SecretString,
    pub(super) source: TokenSource,
}

/// Where a token was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenSource {
    /// `--token-file`.
    File(PathBuf),
    /// `ATTRACTOR_TOKEN`.
    Environment,
    /// The directory of a server on this machine.
    DataDir(PathBuf),
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::DataDir(path) => write!(f, "{}", path.display()),
            Self::Environment => f.write_str("ATTRACTOR_TOKEN"),
        }
    }
}

impl Server {
    /// Reads a server's address.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) if it's none, has a name and a password in it, or
    /// would let others read the token, unless `insecure` says that they may.
    pub(crate) fn parse(text: &str, source: &'static str, insecure: bool) -> Result<Self, Error> {
        let refuse = |why: &str| {
            Error::misuse(format!("{source}: {why}")).hint(format!("an address is like {SERVER}"))
        };
        // What stands in it may be a password: it isn't repeated.
        let url: Url = text
            .trim()
            .parse()
            .map_err(|error| refuse(&format!("the server's address can't be read: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refuse(
                "the server's address must begin with http:// or https://",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse(
                "the server's address has a name or a password in it",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("the server's address ends with its path"));
        }
        let server = Self { url, source };
        if server.url.scheme() == "http" && !server.is_local() && !insecure {
            let message = format!(
                "{} would get the token over plain HTTP, where others can read it",
                server.url
            );
            return Err(Error::misuse(message)
                .hint("use https://, or --insecure if nobody else is on the way"));
        }
        Ok(server)
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether it's on this machine.
    pub(crate) fn is_local(&self) -> bool {
        match self.url.host() {
            Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl Token {
    /// The token: of the file that is named, else of the environment, else, for a server on this
    /// machine and for no other, the administrator's of its data directory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) if there is none.
    pub(crate) fn find(
        server: &Server,
        file: Option<&Path>,
        environment: Option<SecretString>,
        data_dir: impl FnOnce() -> Result<PathBuf, Error>,
    ) -> Result<Self, Error> {
        if let Some(path) = file {
            return Self::read(path, TokenSource::File(path.to_owned()));
        }
        if let Some(text) = environment {
            return Self::checked(&text, TokenSource::Environment);
        }
        if !server.is_local() {
            return Err(Error::misuse(format!("there is no token for {server}"))
                .hint("name it with --token-file FILE or ATTRACTOR_TOKEN; `attractor token create` makes one on the server's machine"));
        }
        let path = data_dir()?.join("admin-token");
        if !path.exists() {
            return Err(Error::misuse(format!("there is no token: {} isn't there", path.display()))
                .hint("start `attractor serve`, which makes it, or name another with --token-file FILE or ATTRACTOR_TOKEN"));
        }
        Self::read(&path, TokenSource::DataDir(path.clone()))
    }

    fn read(path: &Path, source: TokenSource) -> Result<Self, Error> {
        let unreadable = |error: std::io::Error| {
            Error::misuse(format!(
                "can't read the token in {}: {error}",
                path.display()
            ))
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut text = String::new();
        file.take(TOKEN_BYTES)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        Self::checked(&text.into(), source)
    }

    /// A token is one word of visible characters; the error doesn't repeat what is something else.
    fn checked(text: &SecretString, source: TokenSource) -> Result<Self, Error> {
        let word = text.expose_secret().trim();
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Error::misuse(format!("{source} has no token in it"))
                .hint("a token is one word that begins with att_"));
        }
        Ok(Self {
            text: SecretString::from(word),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Server, Error> {
        Server::parse(text, "--server", false)
    }

    #[test]
    fn a_token_goes_over_tls_or_stays_on_this_machine() {
        for local in [
            SERVER,
            "http://localhost:1",
            "http://127.8.8.8",
            "http://[::1]:8080/",
            "https://127.0.0.1",
        ] {
            assert!(parse(local).unwrap().is_local(), "{local}");
        }
        assert!(!parse("https://factory.example/x").unwrap().is_local());
        for remote in [
            "http://factory.example",
            "http://10.0.0.1:8080",
            "http://0.0.0.0:8080",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://[::ffff:8.8.8.8]",
        ] {
            assert!(parse(remote).is_err(), "{remote}");
            assert!(Server::parse(remote, "--server", true).is_ok(), "{remote}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused_and_no_password_repeated() {
        for bad in [
            "",
            "localhost:8080",
            "ftp://localhost",
            "http://",
            "http://me:hunter2@localhost",
            "http://hunter2@localhost",
            "http://localhost?token=hunter2",
            "http://localhost/#hunter2",
        ] {
            let error = parse(bad).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn the_local_servers_token_is_for_the_local_server_only() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("admin-token"), "att_local\n").unwrap();
        let place = || Ok(directory.path().to_owned());
        let local = parse(SERVER).unwrap();
        let found = Token::find(&local, None, None, place).unwrap();
        assert_eq!(found.text.expose_secret(), "att_local");
        let remote = parse("https://factory.example").unwrap();
        assert!(Token::find(&remote, None, None, place).is_err());
        let given = Token::find(&remote, None, Some("att_given".into()), place).unwrap();
        assert_eq!(given.text.expose_secret(), "att_given");
        assert_eq!(given.source, TokenSource::Environment);
        for bad in ["", " \n", "two words", "att_\u{7}"] {
            let error = Token::find(&local, None, Some(bad.into()), place).unwrap_err();
            assert!(error.to_string().contains("ATTRACTOR_TOKEN"), "{error}");
        }
    }
}
