//! Which server is asked, and what signs in there.

use std::fmt;
use std::io::Read as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::limits::TOKEN_BYTES;
use crate::Error;
use crate::server::address_of_server_in;

/// Where a server is, unless it's said otherwise.
pub(crate) const SERVER: &str = "http://127.0.0.1:8080";

/// What was said about which server is asked, and what signs in there.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// An address, and where it was found.
    pub(crate) server: Option<(String, &'static str)>,
    /// Whether the token may be read on its way.
    pub(crate) insecure: bool,
    pub(crate) token_file: Option<PathBuf>,
    /// The token of the environment.
    pub(crate) token: Option<SecretString>,
}

/// A server's address, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    url: Url,
    /// Whether it's on this machine.
    is_local: bool,
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

impl Wanted {
    /// The server and the token: of the file that is named, else of the environment, else, for the server
    /// that runs in the data directory and for no other, the administrator's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) if there is no token, or none for this server.
    pub(crate) fn find(
        self,
        data_dir: impl FnOnce() -> Result<PathBuf, Error>,
    ) -> Result<(Server, Token), Error> {
        let given = self.server;
        let given = given.map(|(text, source)| Server::parse(&text, source, self.insecure));
        let given = given.transpose()?;
        let token = match (&self.token_file, self.token) {
            (Some(path), _) => Some(Token::read(path, TokenSource::File(path.clone()))?),
            (None, Some(text)) => Some(Token::checked(&text, TokenSource::Environment)?),
            (None, None) => None,
        };
        match (given, token) {
            (Some(server), Some(token)) => Ok((server, token)),
            (None, Some(token)) => {
                let running = data_dir().ok().and_then(|place| running_in(&place).ok()?);
                Ok((running.map_or_else(Server::usual, Ok)?, token))
            }
            (Some(server), None) if !server.is_local => {
                Err(Error::misuse(format!("there is no token for {server}"))
                    .hint("name it with --token-file FILE or ATTRACTOR_TOKEN; `attractor token create` makes one on the server's machine"))
            }
            (given, None) => of_data_dir(given, &data_dir()?),
        }
    }
}

/// The server that runs in a directory, if one does.
fn running_in(place: &Path) -> Result<Option<Server>, Error> {
    let address = address_of_server_in(place).map_err(|error| {
        Error::misuse(format!(
            "can't see whether a server runs in {}: {error}",
            place.display()
        ))
    })?;
    address.map(Server::at).transpose()
}

/// The server of a directory, and its administrator's token. Anybody may listen on a port of this machine
/// once the server is gone: the token is for who has the directory locked and listens where it says.
fn of_data_dir(given: Option<Server>, place: &Path) -> Result<(Server, Token), Error> {
    let shown = place.display();
    let Some(running) = running_in(place)? else {
        return Err(Error::misuse(format!("there is no token: no server runs in {shown}"))
            .hint("start `attractor serve`, name its directory with --data-dir DIR, or name a token with --token-file FILE or ATTRACTOR_TOKEN"));
    };
    if let Some(given) = given.filter(|given| !given.is_same(&running)) {
        let message = format!("there is no token for {given}: the one in {shown} is for {running}");
        return Err(Error::misuse(message)
            .hint("leave --server and ATTRACTOR_SERVER out to ask that one, or name a token with --token-file FILE or ATTRACTOR_TOKEN"));
    }
    let path = place.join("admin-token");
    Ok((
        running,
        Token::read(&path, TokenSource::DataDir(path.clone()))?,
    ))
}

impl Server {
    /// A server that listens at an address of this machine.
    fn at(address: SocketAddr) -> Result<Self, Error> {
        let url = format!("http://{address}").parse();
        let url = url.map_err(|error| Error::failure(format!("{address}: {error}")))?;
        Ok(Self {
            url,
            is_local: true,
        })
    }

    /// The one that is asked if nothing says which.
    fn usual() -> Result<Self, Error> {
        Self::parse(SERVER, "the default", false)
    }

    /// Whether a server that listens on this machine is what is meant; `localhost` is any of its loopback
    /// addresses.
    fn is_same(&self, running: &Self) -> bool {
        let host = match (self.url.host(), running.url.host()) {
            (Some(Host::Domain("localhost")), Some(Host::Ipv4(host))) => host.is_loopback(),
            (Some(Host::Domain("localhost")), Some(Host::Ipv6(host))) => host.is_loopback(),
            (one, other) => one == other,
        };
        let place = |url: &Url| {
            (
                url.scheme().to_owned(),
                url.port_or_known_default(),
                url.path().to_owned(),
            )
        };
        host && place(&self.url) == place(&running.url)
    }

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
        let is_local = is_local(&url);
        let server = Self { url, is_local };
        if server.url.scheme() == "http" && !is_local && !insecure {
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
        self.is_local
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl Token {
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
    use crate::server::{DataDir, Presence};

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
            assert!(parse(local).unwrap().is_local, "{local}");
        }
        assert!(!parse("https://factory.example/x").unwrap().is_local);
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

    /// What is found with a server in a directory, or without one.
    fn find(wanted: Wanted, running: Option<&str>) -> Result<(String, TokenSource, String), Error> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("admin-token"), "att_local\n").unwrap();
        let server = running.map(|address| {
            let data = DataDir::lock(directory.path()).unwrap();
            Presence::tell(&data, address.parse().unwrap()).unwrap()
        });
        let found = wanted.find(|| Ok(directory.path().to_owned()));
        drop(server);
        let (server, token) = found?;
        let text = token.text.expose_secret().to_owned();
        Ok((server.to_string(), token.source, text))
    }

    fn wanted(server: Option<&str>, token: Option<&str>) -> Wanted {
        Wanted {
            server: server.map(|text| (text.to_owned(), "--server")),
            token: token.map(SecretString::from),
            ..Wanted::default()
        }
    }

    #[test]
    fn the_token_of_a_directory_is_for_the_server_that_runs_there_and_for_no_other() {
        let running = Some("127.0.0.1:9000");
        for same in [
            None,
            Some("http://127.0.0.1:9000/"),
            Some("http://localhost:9000"),
        ] {
            let (server, source, token) = find(wanted(same, None), running).unwrap();
            assert_eq!(
                (server.as_str(), token.as_str()),
                ("http://127.0.0.1:9000", "att_local")
            );
            assert!(matches!(source, TokenSource::DataDir(_)), "{source}");
        }
        for other in [
            SERVER,
            "http://[::1]:9000",
            "http://127.0.0.2:9000",
            "https://localhost:9000",
            "http://localhost",
            "https://factory.example",
        ] {
            let error = find(wanted(Some(other), None), running).unwrap_err();
            assert!(
                error.to_string().contains("there is no token for"),
                "{error}"
            );
        }
        for server in [None, Some(SERVER)] {
            let error = find(wanted(server, None), None).unwrap_err();
            assert!(error.to_string().contains("no server runs in"), "{error}");
        }
    }

    #[test]
    fn a_token_that_is_given_is_for_the_server_that_is_named_or_runs() {
        let find = |server, running| {
            let (server, source, token) = find(wanted(server, Some("att_given")), running).unwrap();
            assert_eq!(
                (source, token.as_str()),
                (TokenSource::Environment, "att_given")
            );
            server
        };
        let far = "https://factory.example";
        assert_eq!(find(Some(far), Some("127.0.0.1:9000")), far);
        assert_eq!(find(None, Some("127.0.0.1:9000")), "http://127.0.0.1:9000");
        assert_eq!(find(None, None), SERVER);
    }

    #[test]
    fn what_is_no_token_is_not_repeated() {
        for bad in ["", " \n", "two words", "att_\u{7}"] {
            let error = find(wanted(None, Some(bad)), None).unwrap_err();
            assert!(error.to_string().contains("ATTRACTOR_TOKEN"), "{error}");
        }
    }
}
