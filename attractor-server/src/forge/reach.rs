use std::net::IpAddr;
use std::path::{Path, PathBuf};

use tokio::time::timeout;

use super::limits::{ADDRESSES, LOOK_UP_TIME};
use crate::domain::{Error, ReachPolicy, Repository};

/// A repository that may be reached, and how git has to be called so that it reaches nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reached {
    /// On a host that was looked up.
    Host {
        /// Settings for `git -c`, name and value: redirects aren't followed, and the host has the
        /// addresses that were judged, so that a name which is given another address meanwhile leads
        /// nowhere.
        git_config: Vec<(String, String)>,
    },
    /// A directory of this machine, with all links followed: what is to be cloned.
    Directory(PathBuf),
}

impl Repository {
    /// Whether the server's configuration lets it be reached: looks names up and follows links.
    ///
    /// To be asked when a project is connected, and again right before its repository is cloned.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) with the code `unreachable_host` for a
    /// host of this machine or of a private network, `unknown_host` for one that has no address,
    /// `unreachable_path` for a path that isn't below a root of the configuration, or isn't there.
    pub async fn check_reachable(&self, policy: &ReachPolicy) -> Result<Reached, Error> {
        match self {
            Self::GitHub { .. } => Ok(Reached::Host {
                git_config: Vec::new(),
            }),
            Self::Local(path) => directory(path, &policy.roots).await.map(Reached::Directory),
            Self::Remote(url) => {
                let mut git_config = vec![setting("http.followRedirects", "false")];
                if let Some((host, port)) = policy.check_url(url)? {
                    let addresses = look_up(host, port).await?;
                    for address in &addresses {
                        policy.check_address(host, *address)?;
                    }
                    git_config.push(setting("http.curloptResolve", &pin(host, port, &addresses)));
                }
                Ok(Reached::Host { git_config })
            }
        }
    }
}

fn setting(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// `host:port:address,address`, as curl reads it.
fn pin(host: &str, port: u16, addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses
        .iter()
        .take(ADDRESSES)
        .map(|address| match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        })
        .collect();
    format!("{host}:{port}:{}", shown.join(","))
}

/// All addresses that a name has now.
async fn look_up(host: &str, port: u16) -> Result<Vec<IpAddr>, Error> {
    let unknown = || {
        let message = format!("repository host {host:?} can't be found: check its name");
        Error::invalid("unknown_host", message)
    };
    let found = timeout(LOOK_UP_TIME, tokio::net::lookup_host((host, port)))
        .await
        .map_err(|_elapsed| unknown())?
        .map_err(|error| unknown().caused_by(error))?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.dedup();
    if addresses.is_empty() {
        return Err(unknown());
    }
    Ok(addresses)
}

/// The directory behind all links, if it lies below a root.
async fn directory(path: &Path, roots: &[PathBuf]) -> Result<PathBuf, Error> {
    // The same for what isn't there and what may not be seen: it tells nothing about the disk.
    let refuse = || {
        let message = format!(
            "repository {path:?} isn't a directory below those that the server's configuration allows"
        );
        Error::invalid("unreachable_path", message)
    };
    let real = tokio::fs::canonicalize(path).await.map_err(|_| refuse())?;
    let is_directory = tokio::fs::metadata(&real).await.is_ok_and(|it| it.is_dir());
    for root in roots {
        // A root that isn't there allows nothing.
        let Ok(root) = tokio::fs::canonicalize(root).await else {
            continue;
        };
        if is_directory && real.starts_with(&root) {
            return Ok(real);
        }
    }
    Err(refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(text: &str) -> Repository {
        Repository::try_from(text.to_owned()).unwrap()
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_path_is_judged_by_where_it_leads() {
        let disk = tempfile::tempdir().unwrap();
        let (root, outside) = (disk.path().join("root"), disk.path().join("outside"));
        std::fs::create_dir_all(root.join("inside")).unwrap();
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::write(root.join("file"), "").unwrap();
        std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
        std::os::unix::fs::symlink(root.join("inside"), outside.join("back")).unwrap();
        let policy = ReachPolicy {
            hosts: Vec::new(),
            roots: vec![disk.path().join("missing"), root.clone()],
        };
        let inside = std::fs::canonicalize(root.join("inside")).unwrap();
        for good in [root.join("inside"), outside.join("back")] {
            let reached = Repository::Local(good).check_reachable(&policy).await;
            assert_eq!(reached.unwrap(), Reached::Directory(inside.clone()));
        }
        for bad in [
            outside,
            root.join("link"),
            root.join("file"),
            root.join("missing"),
        ] {
            let error = Repository::Local(bad)
                .check_reachable(&policy)
                .await
                .unwrap_err();
            assert_eq!(error.code(), "unreachable_path");
        }
        let error = Repository::Local(inside)
            .check_reachable(&ReachPolicy::public())
            .await;
        assert!(error.is_err(), "without roots no path may be reached");
    }

    #[tokio::test]
    async fn a_name_is_judged_by_its_addresses() {
        let local = repository("https://localhost:9/a");
        let error = local
            .check_reachable(&ReachPolicy::public())
            .await
            .unwrap_err();
        assert_eq!(error.code(), "unreachable_host");
        let number = repository("ssh://git@2130706433/a");
        assert!(
            number
                .check_reachable(&ReachPolicy::public())
                .await
                .is_err()
        );

        let policy = ReachPolicy {
            hosts: vec!["localhost".to_owned()],
            roots: Vec::new(),
        };
        assert!(local.check_reachable(&policy).await.is_ok());
        let on_github = repository("a/b")
            .check_reachable(&ReachPolicy::public())
            .await;
        assert!(on_github.is_ok(), "GitHub isn't looked up");
    }

    #[test]
    fn a_pin_is_what_curl_reads() {
        let addresses = ["1.1.1.1".parse().unwrap(), "2606::1".parse().unwrap()];
        assert_eq!(
            pin("a.example", 443, &addresses),
            "a.example:443:1.1.1.1,[2606::1]"
        );
    }
}
