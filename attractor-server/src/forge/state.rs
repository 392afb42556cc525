use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac};

use super::limits::{STATE_BYTES, STATE_TIME};
use crate::domain::{Error, ErrorKind, ProjectId, Timestamp};
use crate::store::Settings;

/// What the server gives a person on the way to GitHub, and wants back: which project an installation is
/// for. It's signed, for one session, good for half an hour, and used up by its first use.
///
/// Without it anybody could make somebody's browser give a project an installation of theirs.
///
/// Source: contract, 12.6.
pub struct CallbackState(hmac::Key);

impl CallbackState {
    /// States that are signed with this key, which no other server has:
    /// [`KeyRing::derive`](crate::secrets::KeyRing::derive) gives one.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A new state for a project. `session` is what tells the person's session from others: only with the
    /// same can it be used.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] if the system gives no random numbers.
    pub fn issue(
        &self,
        project: &ProjectId,
        session: &[u8],
        now: Timestamp,
    ) -> Result<String, Error> {
        let mut nonce = [0; 16];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| Error::internal("the system gives no random numbers"))?;
        let expires_at = now.plus(STATE_TIME).as_millis();
        let claims = format!("{project}.{expires_at}.{}", URL_SAFE_NO_PAD.encode(nonce));
        let signature = hmac::sign(&self.0, &signed(&claims, session));
        Ok(format!("{claims}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The project that a state is for; uses it up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] with the code `invalid_state` for one that the server didn't give, not to
    /// this session, too long ago, or that was used before; it doesn't say which. Those of the store.
    pub async fn take(
        &self,
        state: &str,
        session: &[u8],
        now: Timestamp,
        settings: &dyn Settings,
    ) -> Result<ProjectId, Error> {
        let (project, expires_at) = self.verify(state, session, now).ok_or_else(invalid)?;
        let hash = digest::digest(&digest::SHA256, state.as_bytes());
        if settings.use_once(hash.as_ref(), now, expires_at).await? {
            return Ok(project);
        }
        Err(invalid())
    }

    fn verify(
        &self,
        state: &str,
        session: &[u8],
        now: Timestamp,
    ) -> Option<(ProjectId, Timestamp)> {
        if state.len() > STATE_BYTES {
            return None;
        }
        let (claims, signature) = state.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Takes the same time wherever they differ.
        hmac::verify(&self.0, &signed(claims, session), &signature).ok()?;
        let mut parts = claims.split('.');
        let project = parts.next()?.parse().ok()?;
        let expires_at = Timestamp::from_millis(parts.next()?.parse().ok()?);
        (now < expires_at).then_some((project, expires_at))
    }
}

/// What is signed: claims have no NUL in them, so that the session begins where it seems to.
fn signed(claims: &str, session: &[u8]) -> Vec<u8> {
    [b"github callback 1\0", claims.as_bytes(), b"\0", session].concat()
}

fn invalid() -> Error {
    let message =
        "this link has been used, is too old or isn't yours: begin again at the project's settings";
    Error::new(ErrorKind::Invalid, "invalid_state", message)
}

impl fmt::Debug for CallbackState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackState").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SqlStore;

    const NOW: i64 = 1_771_948_800_000;

    #[tokio::test]
    async fn a_state_is_good_once() {
        let (states, used, now) = (
            CallbackState::new(&[1; 32]),
            SqlStore::temporary().await.unwrap(),
            Timestamp::from_millis(NOW),
        );
        let project = ProjectId::new();
        let state = states.issue(&project, b"session", now).unwrap();
        assert_ne!(state, states.issue(&project, b"session", now).unwrap());
        assert_eq!(
            states.take(&state, b"session", now, &used).await.unwrap(),
            project
        );
        let again = states
            .take(&state, b"session", now, &used)
            .await
            .unwrap_err();
        assert_eq!(again.code(), "invalid_state");
    }

    #[tokio::test]
    async fn what_the_server_did_not_give_is_refused() {
        let (states, used, now) = (
            CallbackState::new(&[1; 32]),
            SqlStore::temporary().await.unwrap(),
            Timestamp::from_millis(NOW),
        );
        let project = ProjectId::new();
        let state = states.issue(&project, b"session", now).unwrap();
        let other_project = state.replacen(project.as_str(), ProjectId::new().as_str(), 1);
        let other_key = CallbackState::new(&[2; 32])
            .issue(&project, b"session", now)
            .unwrap();
        let long = format!("{state}{}", "A".repeat(600));
        let unsigned = state.rsplit_once('.').unwrap().0;
        for bad in [
            project.as_str(),
            "",
            ".",
            "...",
            &other_project,
            &other_key,
            &long,
            unsigned,
        ] {
            let refused = states.take(bad, b"session", now, &used).await;
            assert_eq!(refused.unwrap_err().code(), "invalid_state", "{bad}");
        }
        assert!(states.take(&state, b"another", now, &used).await.is_err());
        let late = now.plus(STATE_TIME);
        assert!(states.take(&state, b"session", late, &used).await.is_err());
        assert!(
            states.take(&state, b"session", now, &used).await.is_ok(),
            "none of it used it up"
        );
    }
}
