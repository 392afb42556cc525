//! What a field of a body may hold.

use std::path::Path;

use serde::{Deserialize, Deserializer};
use url::Host;

use super::extract::invalid_field;
use super::limits::{NAME_CHARACTERS, PROJECT_NAME, TEXT_CHARACTERS};
use crate::app::App;
use crate::domain::{BranchName, Error, Repository};

/// A text of so many characters, none of them a control character.
pub(super) fn text(field: &str, text: &str, (min, max): (usize, usize)) -> Result<(), Error> {
    let length = text.chars().count();
    if !(min..=max).contains(&length) || text.trim().is_empty() {
        return Err(invalid_field(
            field,
            &format!("it must have {min} to {max} characters"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid_field(
            field,
            "it may not have control characters in it",
        ));
    }
    Ok(())
}

/// A project's name.
pub(super) fn project_name(field: &str, name: &str) -> Result<(), Error> {
    text(field, name, PROJECT_NAME)
}

/// Any other name.
pub(super) fn name(field: &str, name: &str) -> Result<(), Error> {
    text(field, name, (1, NAME_CHARACTERS))
}

/// A text of several lines.
pub(super) fn prose(field: &str, text: &str) -> Result<(), Error> {
    if text.chars().count() > TEXT_CHARACTERS {
        let why = format!("it may have at most {TEXT_CHARACTERS} characters");
        return Err(invalid_field(field, &why));
    }
    Ok(())
}

/// A path of a file in a repository, which can't lead out of it.
pub(super) fn repo_path(field: &str, path: &str) -> Result<(), Error> {
    text(field, path, (1, 400))?;
    let is_bad = |part: &str| matches!(part, "" | "." | ".." | ".git");
    if path.contains('\\') || path.split('/').any(is_bad) {
        let why = "it must be a relative path with `/`, without `.`, `..` and `.git`";
        return Err(invalid_field(field, why));
    }
    Ok(())
}

/// A branch's name.
pub(super) fn branch(field: &str, name: &str) -> Result<BranchName, Error> {
    BranchName::try_from(name.to_owned()).map_err(|error| invalid_field(field, &error.to_string()))
}

/// A repository that this server may clone.
pub(super) fn repository(app: &App, field: &str, text: &str) -> Result<Repository, Error> {
    let repository = Repository::try_from(text.to_owned())
        .map_err(|error| invalid_field(field, &error.to_string()))?;
    match &repository {
        Repository::Local(path) => local(app, field, path)?,
        Repository::Remote(url) if url.host().is_some_and(|host| is_own(&host)) => {
            let why = "an address of the server itself can't be cloned: give the path";
            return Err(invalid_field(field, why));
        }
        _ => {}
    }
    Ok(repository)
}

/// Whether a host can only be this machine, or what answers for the machine itself in a cloud.
fn is_own(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost"
                || name.ends_with(".localhost")
                || name == "metadata.google.internal"
        }
        Host::Ipv4(it) => it.is_loopback() || it.is_link_local() || it.is_unspecified(),
        Host::Ipv6(it) => match it.to_ipv4_mapped() {
            Some(it) => it.is_loopback() || it.is_link_local() || it.is_unspecified(),
            None => it.is_loopback() || it.is_unspecified() || it.is_unicast_link_local(),
        },
    }
}

/// A path on this machine has to be below one of the directories that were set up for that, also
/// behind its symbolic links.
fn local(app: &App, field: &str, path: &Path) -> Result<(), Error> {
    let roots = &app.config().repository_roots;
    let real = path.canonicalize().ok().filter(|it| it.is_dir());
    let is_below = |real: &Path| {
        let mut roots = roots.iter().filter_map(|root| root.canonicalize().ok());
        roots.any(|root| real.starts_with(root))
    };
    // Which paths there are elsewhere on the machine isn't said.
    if real.is_some_and(|real| is_below(&real)) {
        return Ok(());
    }
    let why = match roots.as_slice() {
        [] => "this server takes no local repositories: start it with --repository-root DIR",
        _ => "it must be a directory below one that the server was given with --repository-root",
    };
    Err(invalid_field(field, why))
}

/// A field that may be absent, `null` or have a value.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_its_repository() {
        for good in ["factory/self-bootstrap.dot", "a", "a b.dot", "..a/b"] {
            assert!(repo_path("repoPath", good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/a",
            "../a",
            "a/../../b",
            "a//b",
            "./a",
            "a\\b",
            "a\0",
            ".git/config",
            " ",
        ] {
            assert!(repo_path("repoPath", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_address_of_the_machine_itself_is_cloned() {
        for url in [
            "https://127.0.0.1/a",
            "https://localhost/a",
            "https://a.localhost./a",
            "http://169.254.169.254/latest",
            "https://[::1]/a",
            "https://[::ffff:127.0.0.1]/a",
            "https://0.0.0.0/a",
            "https://2130706433/a",
        ] {
            let url = url::Url::parse(url).unwrap();
            assert!(is_own(&url.host().unwrap()), "{url}");
        }
        let url = url::Url::parse("https://git.example/a").unwrap();
        assert!(!is_own(&url.host().unwrap()));
    }
}
