use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::list::{First, Listed, page};
use super::row::{Columns as _, FromRow};
use super::statement::sql;
use super::{SqlStore, commit};
use crate::domain::{
    Artifact, ArtifactId, Error, NewArtifact, Page, PageRequest, RunId, Timestamp,
};
use crate::store::{Artifacts, Fence};

const COLUMNS: &str = "id, run_id, key, path, content_type, size_bytes, sha256, created_at";

impl FromRow for Artifact {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            run_id: row.word("run_id")?,
            key: row.word("key")?,
            path: row.text("path")?,
            content_type: row.text_or_none("content_type")?,
            size_bytes: row.number_or_none("size_bytes")?,
            sha256: row.text_or_none("sha256")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Listed for Artifact {
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

#[async_trait]
impl Artifacts for SqlStore {
    async fn put_artifact(
        &self,
        run: &RunId,
        fence: Fence,
        new: NewArtifact,
    ) -> Result<Artifact, Error> {
        let mut transaction = self.write().await?;
        self.hold(&mut transaction, run, fence).await?;
        let statement = sql(format!(
            "insert into artifacts ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (run_id, key) do update set path = excluded.path,
                 content_type = excluded.content_type, size_bytes = excluded.size_bytes,
                 sha256 = excluded.sha256, created_at = excluded.created_at
             returning {COLUMNS}"
        ));
        let statement = statement
            .bind(ArtifactId::new().as_str())
            .bind(run.as_str())
            .bind(new.key.as_str())
            .bind(new.path)
            .bind(new.content_type)
            .bind(new.size_bytes)
            .bind(new.sha256)
            .bind(self.now().as_millis());
        let artifact = statement.one(&mut transaction).await?;
        commit(transaction).await?;
        Ok(artifact)
    }

    async fn artifact(&self, run: &RunId, id: &ArtifactId) -> Result<Artifact, Error> {
        let text = format!("select {COLUMNS} from artifacts where id = $1 and run_id = $2");
        let statement = sql(text).bind(id.as_str()).bind(run.as_str());
        let found = statement.optional(&mut *self.read().await?).await?;
        found.ok_or_else(|| Error::not_found("artifact"))
    }

    async fn artifacts(&self, run: &RunId, request: &PageRequest) -> Result<Page<Artifact>, Error> {
        let text = format!("select {COLUMNS} from artifacts where run_id = $1");
        let statement = sql(text).bind(run.as_str());
        let mut connection = self.read().await?;
        page(
            statement,
            ("created_at", First::Oldest),
            request,
            &mut connection,
        )
        .await
    }
}
