use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::error::Refine as _;
use super::list::{First, Listed, page};
use super::row::{Columns as _, FromRow, json};
use super::statement::sql;
use super::{SqlStore, commit};
use crate::domain::{
    Error, NewSecret, Page, PageRequest, ProjectId, ProjectSecret, SecretId, Timestamp,
};
use crate::store::{SealedValues, Secrets};

const COLUMNS: &str =
    "id, project_id, name, provider, k8s_secret_name, key_mappings, created_at, updated_at";

impl FromRow for ProjectSecret {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            project_id: row.word("project_id")?,
            name: row.text("name")?,
            provider: row.text("provider")?,
            k8s_secret_name: row.text("k8s_secret_name")?,
            key_mappings: row.json("key_mappings")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Listed for ProjectSecret {
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl FromRow for SealedValues {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let key_id = row.text("key_id")?;
        let bytes = row.bytes("sealed")?;
        Ok(Self { key_id, bytes })
    }
}

#[async_trait]
impl Secrets for SqlStore {
    async fn put_secret(
        &self,
        new: NewSecret,
        values: SealedValues,
    ) -> Result<ProjectSecret, Error> {
        let statement = sql(format!(
            "insert into project_secrets (id, project_id, name, provider, k8s_secret_name,
                 key_mappings, key_id, sealed, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
             on conflict (project_id, name) do update set provider = excluded.provider,
                 k8s_secret_name = excluded.k8s_secret_name, key_mappings = excluded.key_mappings,
                 key_id = excluded.key_id, sealed = excluded.sealed,
                 updated_at = excluded.updated_at
             returning {COLUMNS}"
        ));
        let statement = statement
            .bind(SecretId::new().as_str())
            .bind(new.project_id.as_str())
            .bind(new.name)
            .bind(new.provider)
            .bind(new.k8s_secret_name)
            .bind(json(&new.key_mappings)?)
            .bind(values.key_id)
            .bind(values.bytes)
            .bind(self.now().as_millis());
        let mut transaction = self.write().await?;
        let secret = statement
            .one(&mut transaction)
            .await
            .or_missing("project")?;
        commit(transaction).await?;
        Ok(secret)
    }

    async fn secret(&self, project: &ProjectId, id: &SecretId) -> Result<ProjectSecret, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from project_secrets where id = $1 and project_id = $2"
        ));
        let statement = statement.bind(id.as_str()).bind(project.as_str());
        let found = statement.optional(&mut *self.read().await?).await?;
        found.ok_or_else(|| Error::not_found("secret"))
    }

    async fn secrets(
        &self,
        project: &ProjectId,
        request: &PageRequest,
    ) -> Result<Page<ProjectSecret>, Error> {
        let text = format!("select {COLUMNS} from project_secrets where project_id = $1");
        let statement = sql(text).bind(project.as_str());
        let mut connection = self.read().await?;
        page(
            statement,
            ("created_at", First::Newest),
            request,
            &mut connection,
        )
        .await
    }

    async fn sealed_secrets(
        &self,
        project: &ProjectId,
    ) -> Result<Vec<(ProjectSecret, SealedValues)>, Error> {
        let statement = sql(format!(
            "select {COLUMNS}, key_id, sealed from project_secrets where project_id = $1 order by name"
        ));
        statement
            .bind(project.as_str())
            .all(&mut *self.read().await?)
            .await
    }

    async fn secrets_not_sealed_with(
        &self,
        key_id: &str,
        limit: u32,
    ) -> Result<Vec<(ProjectSecret, SealedValues)>, Error> {
        let statement = sql(format!(
            "select {COLUMNS}, key_id, sealed from project_secrets
             where key_id <> $1 order by id limit $2"
        ));
        let statement = statement.bind(key_id).bind(i64::from(limit));
        statement.all(&mut *self.read().await?).await
    }

    async fn reseal_secret(
        &self,
        id: &SecretId,
        old: &SealedValues,
        new: SealedValues,
    ) -> Result<(), Error> {
        let statement = sql("update project_secrets set key_id = $2, sealed = $3
             where id = $1 and key_id = $4 and sealed = $5");
        let statement = statement
            .bind(id.as_str())
            .bind(new.key_id)
            .bind(new.bytes)
            .bind(old.key_id.as_str())
            .bind(old.bytes.as_slice());
        let mut transaction = self.write().await?;
        statement.execute(&mut transaction).await?;
        commit(transaction).await
    }

    async fn delete_secret(&self, project: &ProjectId, id: &SecretId) -> Result<(), Error> {
        let statement = sql("delete from project_secrets where id = $1 and project_id = $2");
        let statement = statement.bind(id.as_str()).bind(project.as_str());
        let mut transaction = self.write().await?;
        if statement.execute(&mut transaction).await? == 0 {
            return Err(Error::not_found("secret"));
        }
        commit(transaction).await
    }
}
