use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::GitHubApp;
use super::client::{Client, read, refused};
use crate::domain::{Error, Timestamp};
use crate::forge::limits::{TOKEN_MARGIN, TOKENS};

/// What a token is for: one repository, or the list of all that the installation has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Purpose {
    pub(super) app: String,
    pub(super) installation: String,
    /// The repository's name, without its owner: the installation's.
    pub(super) repository: Option<String>,
}

impl Purpose {
    /// No more than what's needed: to push and to open pull requests, or to see which repositories there
    /// are.
    fn body(&self) -> Value {
        match &self.repository {
            Some(repository) => json!({
                "repositories": [repository],
                "permissions": { "contents": "write", "metadata": "read", "pull_requests": "write" },
            }),
            None => json!({ "permissions": { "metadata": "read" } }),
        }
    }
}

#[derive(Clone, Debug)]
struct Token {
    token: SecretString,
    expires_at: Timestamp,
}

/// Installation tokens, until shortly before their end.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<Purpose, Token>>);

/// GitHub's answer.
#[derive(Deserialize)]
struct Issued {
    token: String,
    expires_at: Timestamp,
}

impl Tokens {
    fn known(&self) -> MutexGuard<'_, HashMap<Purpose, Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token for the purpose; a new one if there is none that is still good for a while.
    pub(super) async fn token(
        &self,
        client: &Client,
        app: &GitHubApp,
        purpose: &Purpose,
        now: Timestamp,
    ) -> Result<SecretString, Error> {
        let is_good = |token: &Token| token.expires_at > now.plus(TOKEN_MARGIN);
        if let Some(known) = self.known().get(purpose).filter(|it| is_good(it)) {
            return Ok(known.token.clone());
        }
        let jwt = app.jwt(now)?;
        let path = [
            "app",
            "installations",
            &purpose.installation,
            "access_tokens",
        ];
        // A token that nobody got harms nobody.
        let answer = client.post(&path, purpose.body(), Some(&jwt), true).await?;
        if answer.status != 201 {
            return Err(refused(
                "give the App a token for the repository",
                &answer,
                Some(&jwt),
            ));
        }
        let issued: Issued = read(&answer)?;
        let token = SecretString::from(issued.token);
        let mut known = self.known();
        known.retain(|_, token| is_good(token));
        if known.len() < TOKENS {
            let kept = Token {
                token: token.clone(),
                expires_at: issued.expires_at,
            };
            known.insert(purpose.clone(), kept);
        }
        Ok(token)
    }

    /// Forgets a token that GitHub takes no longer.
    pub(super) fn forget(&self, purpose: &Purpose) {
        self.known().remove(purpose);
    }
}
