use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::client::{Client, read, refused};
use crate::domain::{Error, ErrorKind};
use crate::forge::limits::{BODY_CHARACTERS, TITLE_CHARACTERS};
use crate::forge::{NewPullRequest, PullRequest};

/// A repository's owner and name.
pub(super) type Name<'a> = (&'a str, &'a str);

#[derive(Deserialize)]
struct WirePull {
    number: i64,
    html_url: String,
}

impl From<WirePull> for PullRequest {
    fn from(pull: WirePull) -> Self {
        Self {
            number: pull.number,
            url: pull.html_url,
        }
    }
}

/// The open pull request of that head and base, or a new one.
///
/// It's looked for first, and again whenever opening one didn't clearly succeed: another may have opened
/// it meanwhile, or GitHub failed after it had.
pub(super) async fn find_or_create(
    client: &Client,
    name: Name<'_>,
    token: Option<&SecretString>,
    new: &NewPullRequest,
) -> Result<PullRequest, Error> {
    if let Some(found) = find(client, name, token, new).await? {
        return Ok(found);
    }
    // Twice: a failure that had no effect is repeated once.
    let first = create(client, name, token, new).await;
    let Err(failure) = first else { return first };
    if let Some(found) = find(client, name, token, new).await? {
        return Ok(found);
    }
    if failure.code() == "forge_refused_pull_request" {
        return Err(failure);
    }
    match create(client, name, token, new).await {
        Ok(created) => Ok(created),
        Err(failure) => find(client, name, token, new).await?.ok_or(failure),
    }
}

async fn find(
    client: &Client,
    (owner, repository): Name<'_>,
    token: Option<&SecretString>,
    new: &NewPullRequest,
) -> Result<Option<PullRequest>, Error> {
    let head = format!("{owner}:{}", new.head);
    let query = [
        ("state", "open"),
        ("head", head.as_str()),
        ("base", new.base.as_str()),
        ("per_page", "1"),
    ];
    let answer = client
        .get(&["repos", owner, repository, "pulls"], &query, token)
        .await?;
    if answer.status != 200 {
        return Err(refused("list the pull requests", &answer, token));
    }
    let found: Vec<WirePull> = read(&answer)?;
    Ok(found.into_iter().next().map(PullRequest::from))
}

async fn create(
    client: &Client,
    (owner, repository): Name<'_>,
    token: Option<&SecretString>,
    new: &NewPullRequest,
) -> Result<PullRequest, Error> {
    let body = json!({
        "title": title(&new.title),
        "body": cut(&new.body, BODY_CHARACTERS),
        "head": new.head,
        "base": new.base,
    });
    let path = ["repos", owner, repository, "pulls"];
    let answer = client.post(&path, body, token, false).await?;
    match answer.status {
        201 => Ok(read::<WirePull>(&answer)?.into()),
        // What is wrong with it stays wrong: there are no commits, or no such base.
        400..500 => {
            let message = refused("open the pull request", &answer, token).to_string();
            Err(Error::new(
                ErrorKind::Upstream,
                "forge_refused_pull_request",
                message,
            ))
        }
        _ => Err(refused("open the pull request", &answer, token)),
    }
}

/// One line that isn't empty.
fn title(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    cut(line.unwrap_or("Changes of a run"), TITLE_CHARACTERS)
}

/// The first characters, and a sign that there were more.
fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    text.chars().take(characters - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_github_takes() {
        assert_eq!(title("\n  Add x \nmore"), "Add x");
        assert_eq!(title(" \n"), "Changes of a run");
        let long = title(&"ä".repeat(300));
        assert_eq!(long.chars().count(), TITLE_CHARACTERS);
        assert!(long.ends_with("ä…"));
    }
}
