use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::error::Refine as _;
use super::row::{Columns as _, FromRow};
use super::statement::sql;
use super::{SqlStore, commit};
use crate::domain::{ApiToken, Error, Timestamp};
use crate::store::{NewWebSession, WebSession, WebSessions};

impl FromRow for WebSession {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let token = ApiToken::from_row(row)?;
        let expires_at = row.time("session_expires_at")?;
        Ok(Self { token, expires_at })
    }
}

#[async_trait]
impl WebSessions for SqlStore {
    async fn create_session(&self, new: NewWebSession) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        let statement = sql("delete from web_sessions where expires_at <= $1");
        statement
            .bind(new.created_at.as_millis())
            .execute(&mut transaction)
            .await?;
        let statement = sql(
            "insert into web_sessions (hash, token_id, created_at, expires_at)
             values ($1, $2, $3, $4)",
        );
        let statement = statement
            .bind(new.hash)
            .bind(new.token_id.as_str())
            .bind(new.created_at.as_millis())
            .bind(new.expires_at.as_millis());
        statement
            .execute(&mut transaction)
            .await
            .or_missing("token")?;
        commit(transaction).await
    }

    async fn session(&self, hash: &[u8], now: Timestamp) -> Result<Option<WebSession>, Error> {
        let statement = sql(
            "select t.id, t.name, t.role, t.project_id, t.created_at, t.expires_at,
                 t.last_used_at, t.revoked_at, s.expires_at as session_expires_at
             from web_sessions s join api_tokens t on t.id = s.token_id
             where s.hash = $1 and s.expires_at > $2 and t.revoked_at is null
                 and (t.expires_at is null or t.expires_at > $2)",
        );
        let statement = statement.bind(hash).bind(now.as_millis());
        statement.optional(&mut *self.read().await?).await
    }

    async fn delete_session(&self, hash: &[u8]) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        let statement = sql("delete from web_sessions where hash = $1");
        statement.bind(hash).execute(&mut transaction).await?;
        commit(transaction).await
    }
}
