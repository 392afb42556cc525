use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::error::Refine as _;
use super::limits::TOUCH;
use super::list::{First, Listed, page};
use super::row::{Columns as _, FromRow};
use super::statement::sql;
use super::{SqlStore, commit};
use crate::domain::{ApiToken, Error, NewToken, Page, PageRequest, ProjectId, Timestamp, TokenId};
use crate::store::Tokens;

const COLUMNS: &str =
    "id, name, role, project_id, created_at, expires_at, last_used_at, revoked_at";

impl FromRow for ApiToken {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            name: row.text("name")?,
            role: row.choice("role")?,
            project_id: row.word_or_none("project_id")?,
            created_at: row.time("created_at")?,
            expires_at: row.time_or_none("expires_at")?,
            last_used_at: row.time_or_none("last_used_at")?,
            revoked_at: row.time_or_none("revoked_at")?,
        })
    }
}

impl Listed for ApiToken {
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

#[async_trait]
impl Tokens for SqlStore {
    async fn create_token(&self, new: NewToken) -> Result<ApiToken, Error> {
        let statement = sql(format!(
            "insert into api_tokens (id, name, role, project_id, hash, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7) returning {COLUMNS}"
        ));
        let statement = statement
            .bind(TokenId::new().as_str())
            .bind(new.name)
            .bind(new.role.as_str())
            .bind(new.project_id.as_ref().map(ProjectId::as_str))
            .bind(new.hash)
            .bind(self.now().as_millis())
            .bind(new.expires_at.map(Timestamp::as_millis));
        let mut transaction = self.write().await?;
        let token = statement
            .one(&mut transaction)
            .await
            .or_missing("project")?;
        commit(transaction).await?;
        Ok(token)
    }

    async fn token_by_hash(&self, hash: &[u8], now: Timestamp) -> Result<Option<ApiToken>, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from api_tokens where hash = $1 and revoked_at is null
             and (expires_at is null or expires_at > $2)"
        ));
        let statement = statement.bind(hash).bind(now.as_millis());
        statement.optional(&mut *self.read().await?).await
    }

    async fn token(&self, id: &TokenId) -> Result<ApiToken, Error> {
        let statement = sql(format!("select {COLUMNS} from api_tokens where id = $1"));
        let found = statement
            .bind(id.as_str())
            .optional(&mut *self.read().await?)
            .await?;
        found.ok_or_else(|| Error::not_found("token"))
    }

    async fn good_tokens(&self, tokens: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, Error> {
        let statement = sql("select id from api_tokens where revoked_at is null
                 and (expires_at is null or expires_at > $1) and id in ");
        let ids: Vec<&str> = tokens.iter().map(TokenId::as_str).collect();
        let statement = statement.bind(now.as_millis()).push_list(&ids);
        let good: Vec<String> = statement.all(&mut *self.read().await?).await?;
        good.into_iter().map(TokenId::try_from).collect()
    }

    async fn tokens(&self, request: &PageRequest) -> Result<Page<ApiToken>, Error> {
        let statement = sql(format!("select {COLUMNS} from api_tokens where true"));
        let mut connection = self.read().await?;
        page(
            statement,
            ("created_at", First::Newest),
            request,
            &mut connection,
        )
        .await
    }

    async fn touch_token(&self, id: &TokenId, now: Timestamp) -> Result<(), Error> {
        let before = now.as_millis() - i64::try_from(TOUCH.as_millis()).unwrap_or(i64::MAX);
        let statement = sql("select id from api_tokens where id = $1
             and (last_used_at is null or last_used_at <= $2)");
        let statement = statement.bind(id.as_str()).bind(before);
        let due = statement
            .optional::<String>(&mut *self.read().await?)
            .await?;
        if due.is_none() {
            // Most often: nobody who writes has to wait for this.
            return Ok(());
        }
        let statement = sql("update api_tokens set last_used_at = $2 where id = $1");
        let statement = statement.bind(id.as_str()).bind(now.as_millis());
        let mut transaction = self.write().await?;
        statement.execute(&mut transaction).await?;
        commit(transaction).await
    }

    async fn revoke_token(&self, id: &TokenId, now: Timestamp) -> Result<ApiToken, Error> {
        let mut transaction = self.write().await?;
        let statement = sql(format!(
            "update api_tokens set revoked_at = coalesce(revoked_at, $2) where id = $1
             returning {COLUMNS}"
        ));
        let statement = statement.bind(id.as_str()).bind(now.as_millis());
        let found = statement.optional(&mut transaction).await?;
        let token = found.ok_or_else(|| Error::not_found("token"))?;
        for text in [
            "delete from web_sessions where token_id = $1",
            "delete from sign_in_links where token_id = $1",
        ] {
            sql(text)
                .bind(id.as_str())
                .execute(&mut transaction)
                .await?;
        }
        commit(transaction).await?;
        Ok(token)
    }
}
