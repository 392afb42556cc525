use async_trait::async_trait;
use serde_json::Value;
use sqlx::any::AnyRow;

use super::error::Refine as _;
use super::row::{Columns as _, FromRow, json};
use super::statement::sql;
use super::{SqlStore, commit};
use crate::domain::{Error, Timestamp, TokenId};
use crate::store::{Settings, SignInLink};

/// A setting's value.
struct Setting(Value);

impl FromRow for Setting {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        row.json("value").map(Self)
    }
}

#[async_trait]
impl Settings for SqlStore {
    async fn setting(&self, name: &str) -> Result<Option<Value>, Error> {
        let statement = sql("select value from settings where name = $1").bind(name);
        let found = statement.optional(&mut *self.read().await?).await?;
        Ok(found.map(|Setting(value)| value))
    }

    async fn put_setting(&self, name: &str, value: Value) -> Result<(), Error> {
        let statement = sql("insert into settings (name, value, updated_at) values ($1, $2, $3)
             on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at");
        let statement = statement
            .bind(name)
            .bind(json(&value)?)
            .bind(self.now().as_millis());
        let mut transaction = self.write().await?;
        statement.execute(&mut transaction).await?;
        commit(transaction).await
    }

    async fn create_sign_in_link(&self, link: SignInLink, now: Timestamp) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        let statement = sql("delete from sign_in_links where expires_at <= $1");
        statement
            .bind(now.as_millis())
            .execute(&mut transaction)
            .await?;
        let statement =
            sql("insert into sign_in_links (hash, token_id, expires_at) values ($1, $2, $3)");
        let statement = statement
            .bind(link.hash)
            .bind(link.token_id.as_str())
            .bind(link.expires_at.as_millis());
        statement
            .execute(&mut transaction)
            .await
            .or_missing("token")?;
        commit(transaction).await
    }

    async fn take_sign_in_link(
        &self,
        hash: &[u8],
        now: Timestamp,
    ) -> Result<Option<TokenId>, Error> {
        let mut transaction = self.write().await?;
        let statement =
            sql("delete from sign_in_links where hash = $1 and expires_at > $2 returning token_id");
        let statement = statement.bind(hash).bind(now.as_millis());
        let taken = statement.optional::<String>(&mut transaction).await?;
        commit(transaction).await?;
        taken.map(TokenId::try_from).transpose()
    }

    async fn use_once(
        &self,
        hash: &[u8],
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, Error> {
        let mut transaction = self.write().await?;
        let statement = sql("delete from used_values where expires_at <= $1");
        statement
            .bind(now.as_millis())
            .execute(&mut transaction)
            .await?;
        let statement = sql("insert into used_values (hash, expires_at) values ($1, $2)
             on conflict (hash) do nothing");
        let statement = statement.bind(hash).bind(expires_at.as_millis());
        let is_first = statement.execute(&mut transaction).await? == 1;
        commit(transaction).await?;
        Ok(is_first)
    }
}
