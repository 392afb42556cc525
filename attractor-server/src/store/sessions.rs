use std::fmt::Debug;

use async_trait::async_trait;

use crate::domain::{ApiToken, Error, Timestamp, TokenId};

/// Somebody who is signed in to the web UI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// The token that they signed in with: what it may do, they may do.
    pub token: ApiToken,
    /// When they must sign in again.
    pub expires_at: Timestamp,
}

/// A sign-in.
#[derive(Clone, PartialEq, Eq)]
pub struct NewWebSession {
    /// The SHA-256 of the cookie.
    pub hash: Vec<u8>,
    /// The token that they sign in with.
    pub token_id: TokenId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Debug for NewWebSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewWebSession")
            .field("token_id", &self.token_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The table of people who are signed in.
#[async_trait]
pub trait WebSessions: Debug + Send + Sync + 'static {
    /// Adds a session; removes those that are over.
    async fn create_session(&self, new: NewWebSession) -> Result<(), Error>;

    /// The session with this hash, if neither it nor its token is over or revoked.
    async fn session(&self, hash: &[u8], now: Timestamp) -> Result<Option<WebSession>, Error>;

    /// Signs out.
    async fn delete_session(&self, hash: &[u8]) -> Result<(), Error>;
}
