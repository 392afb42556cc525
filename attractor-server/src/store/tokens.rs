use std::fmt::Debug;

use async_trait::async_trait;

use crate::domain::{ApiToken, Error, NewToken, Page, PageRequest, Timestamp, TokenId};

/// The table of API tokens.
#[async_trait]
pub trait Tokens: Debug + Send + Sync + 'static {
    /// Adds a token.
    async fn create_token(&self, new: NewToken) -> Result<ApiToken, Error>;

    /// The token with this hash, if it is neither revoked nor over.
    async fn token_by_hash(&self, hash: &[u8], now: Timestamp) -> Result<Option<ApiToken>, Error>;

    /// One token.
    async fn token(&self, id: &TokenId) -> Result<ApiToken, Error>;

    /// Those of some tokens that are neither revoked, over nor gone.
    async fn good_tokens(&self, tokens: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, Error>;

    /// All tokens, newest first.
    async fn tokens(&self, page: &PageRequest) -> Result<Page<ApiToken>, Error>;

    /// Notes that a token was used, at most once a minute.
    async fn touch_token(&self, id: &TokenId, now: Timestamp) -> Result<(), Error>;

    /// Takes a token back, with the sessions that began with it. Doing it twice changes nothing.
    async fn revoke_token(&self, id: &TokenId, now: Timestamp) -> Result<ApiToken, Error>;
}
