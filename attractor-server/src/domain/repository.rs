use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::Error;
use super::limits::REPOSITORY_BYTES;

/// Where a project's files come from.
///
/// As text: `owner/name` is one on GitHub, as is its address there; `https://…` and `ssh://…` are git remotes; `/path` and
/// `file:///path` are on this machine, where the server's configuration must allow them.
///
/// ```
/// use attractor_server::domain::Repository;
///
/// let on_github = Repository::try_from("strongdm/attractor".to_owned())?;
/// assert_eq!(on_github.clone_url(), "https://github.com/strongdm/attractor.git");
/// assert!(Repository::try_from("https://user:secret@example.org/x".to_owned()).is_err());
/// # Ok::<(), attractor_server::domain::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Repository {
    /// `owner/name` on GitHub.
    GitHub {
        /// Who it belongs to.
        owner: String,
        /// What it is called there.
        name: String,
    },
    /// A git remote over HTTPS or SSH. It has neither user name nor password in it, but for the user
    /// that SSH signs in as.
    Remote(Url),
    /// An absolute path on this machine.
    Local(PathBuf),
}

impl Repository {
    /// What `git clone` is given.
    pub fn clone_url(&self) -> String {
        match self {
            Self::GitHub { owner, name } => format!("https://github.com/{owner}/{name}.git"),
            Self::Remote(url) => url.to_string(),
            Self::Local(path) => path.display().to_string(),
        }
    }

    /// `owner/name`, of one on GitHub.
    pub fn full_name(&self) -> Option<String> {
        match self {
            Self::GitHub { owner, name } => Some(format!("{owner}/{name}")),
            _ => None,
        }
    }
}

fn refuse(text: &str, why: &str) -> Error {
    // The text may hold a password.
    let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    Error::invalid("invalid_repository", format!("repository {shown:?} {why}"))
}

/// `owner/name`, by the characters that GitHub allows.
fn github(text: &str) -> Option<Repository> {
    let (owner, name) = text.split_once('/')?;
    let is_part = |part: &str, more: &str| {
        (1..=100).contains(&part.len())
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
            && !part.starts_with(['-', '.'])
    };
    let is_name = is_part(name, "-_.") && !name.ends_with(".git");
    (is_part(owner, "-_") && is_name).then(|| Repository::GitHub {
        owner: owner.to_owned(),
        name: name.to_owned(),
    })
}

/// The address that the browser shows, or that `git clone` is given, of one on GitHub.
fn on_github(url: &Url) -> Option<Repository> {
    let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    let is_whole = url.query().is_none() && url.fragment().is_none() && url.port().is_none();
    let path = url.path().trim_matches('/');
    let host = url.host_str().unwrap_or_default();
    (is_plain && is_whole && host == "github.com")
        .then(|| github(path.strip_suffix(".git").unwrap_or(path)))
        .flatten()
}

impl TryFrom<String> for Repository {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        if text.len() > REPOSITORY_BYTES || text.chars().any(char::is_control) {
            return Err(refuse("", "is too long or contains control characters"));
        }
        if text.starts_with('/') {
            return local(&text, PathBuf::from(&text));
        }
        if let Some(found) = github(&text) {
            return Ok(found);
        }
        let Ok(url) = Url::parse(&text) else {
            return Err(refuse(
                &text,
                "is neither `owner/name`, nor an https or ssh address, nor an absolute path",
            ));
        };
        if let Some(found) = on_github(&url) {
            return Ok(found);
        }
        match url.scheme() {
            "file" => match url.to_file_path() {
                Ok(path) => local(&text, path),
                Err(()) => Err(refuse(&text, "names another machine's file")),
            },
            "https" | "http" | "ssh" => remote(&text, url),
            _ => Err(refuse(&text, "must begin with https:, ssh: or file:")),
        }
    }
}

fn local(text: &str, path: PathBuf) -> Result<Repository, Error> {
    use std::path::Component;
    let is_plain = |part: Component<'_>| matches!(part, Component::RootDir | Component::Normal(_));
    if path.components().all(is_plain) {
        return Ok(Repository::Local(path));
    }
    Err(refuse(text, "must be a path without `..`"))
}

fn remote(text: &str, url: Url) -> Result<Repository, Error> {
    let has_user = !url.username().is_empty() && url.scheme() != "ssh";
    if has_user || url.password().is_some() {
        let why = "has a user name or a password in it: give them as a secret of the project";
        return Err(refuse(text, why));
    }
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() || host.starts_with('-') || url.path().len() < 2 {
        return Err(refuse(text, "needs a host and a path"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(text, "must have neither `?` nor `#` in it"));
    }
    Ok(Repository::Remote(url))
}

impl From<Repository> for String {
    fn from(repository: Repository) -> Self {
        repository.to_string()
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GitHub { owner, name } => write!(f, "{owner}/{name}"),
            other => f.write_str(&other.clone_url()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told_from_the_others() {
        let read = |text: &str| Repository::try_from(text.to_owned()).unwrap();
        for text in [
            "a/b",
            "https://github.com/a/b",
            "https://github.com/a/b.git",
            "https://github.com/a/b/",
        ] {
            assert_eq!(read(text).full_name().as_deref(), Some("a/b"), "{text}");
        }
        assert!(matches!(
            read("https://git.example/a/b.git"),
            Repository::Remote(_)
        ));
        assert!(matches!(
            read("ssh://git@git.example/a/b"),
            Repository::Remote(_)
        ));
        assert_eq!(read("/src/a"), Repository::Local("/src/a".into()));
        assert_eq!(read("file:///src/a"), Repository::Local("/src/a".into()));
    }

    #[test]
    fn what_leads_elsewhere_or_holds_a_secret_is_refused() {
        let long = format!("https://x/{}", "y".repeat(1_000));
        for bad in [
            "",
            "a",
            "a/b/c",
            "-a/b",
            "a/-b",
            "a/..",
            "../a",
            "a/b.git",
            "/a/../b",
            "a/b\n",
            "git@git.example:a/b",
            "ext::sh -c x",
            "https://u:p@git.example/a",
            "https://u@x/a",
            "https://git.example",
            "https://x/a?b",
            "https://x/a#b",
            "file://host/a",
            "ftp://x/a",
            "ssh://-oProxyCommand=x/a",
            &long,
        ] {
            let error = Repository::try_from(bad.to_owned()).unwrap_err();
            assert!(!error.to_string().contains("u:p"), "{error}");
        }
    }
}
