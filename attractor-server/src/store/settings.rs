use std::fmt::Debug;

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::{Error, Timestamp, TokenId};

/// A link that signs one person in, once.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInLink {
    /// The SHA-256 of the secret in it.
    pub hash: Vec<u8>,
    /// The token whose rights they get.
    pub token_id: TokenId,
    /// Until when it may be used.
    pub expires_at: Timestamp,
}

impl Debug for SignInLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInLink")
            .field("token_id", &self.token_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Small things that are kept for a time or once for the whole factory.
#[async_trait]
pub trait Settings: Debug + Send + Sync + 'static {
    /// A value by its name.
    async fn setting(&self, name: &str) -> Result<Option<Value>, Error>;

    /// Sets a value.
    async fn put_setting(&self, name: &str, value: Value) -> Result<(), Error>;

    /// Keeps a sign-in link; removes those that are over.
    async fn create_sign_in_link(&self, link: SignInLink, now: Timestamp) -> Result<(), Error>;

    /// Uses a sign-in link up: the token that it stands for, if it was still good. Of two that use it
    /// at the same time, one gets it.
    async fn take_sign_in_link(
        &self,
        hash: &[u8],
        now: Timestamp,
    ) -> Result<Option<TokenId>, Error>;

    /// Notes that a value which may be used once was used: whether it was the first time. Forgets
    /// those whose time is over.
    async fn use_once(
        &self,
        hash: &[u8],
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, Error>;
}
