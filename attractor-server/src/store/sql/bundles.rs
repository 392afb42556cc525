use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::list::{First, Listed, page};
use super::row::{Columns as _, FromRow};
use super::statement::sql;
use super::{SqlStore, commit};
use crate::domain::{
    BundleId, Error, Page, PageRequest, ProjectId, RunId, SCHEMA_VERSION, SpecBundle, Timestamp,
};
use crate::store::{Bundles, Fence};

const COLUMNS: &str = "id, run_id, schema_version, manifest_path, created_at";

impl FromRow for SpecBundle {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.word("id")?,
            run_id: row.word("run_id")?,
            schema_version: row.text("schema_version")?,
            manifest_path: row.text("manifest_path")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Listed for SpecBundle {
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

/// Whose a bundle is.
struct Owner(ProjectId);

impl FromRow for Owner {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        row.word("project_id").map(Self)
    }
}

#[async_trait]
impl Bundles for SqlStore {
    async fn create_bundle(
        &self,
        run: &RunId,
        fence: Fence,
        manifest_path: &str,
    ) -> Result<SpecBundle, Error> {
        let mut transaction = self.write().await?;
        self.hold(&mut transaction, run, fence).await?;
        let statement = sql("insert into spec_bundles
                 (id, project_id, run_id, schema_version, manifest_path, created_at)
             select $1, project_id, id, $3, $4, $5 from runs where id = $2
             on conflict (run_id) do nothing");
        let statement = statement
            .bind(BundleId::new().as_str())
            .bind(run.as_str())
            .bind(SCHEMA_VERSION)
            .bind(manifest_path)
            .bind(self.now().as_millis());
        statement.execute(&mut transaction).await?;
        let statement = sql(format!(
            "select {COLUMNS} from spec_bundles where run_id = $1"
        ));
        let bundle = statement.bind(run.as_str()).one(&mut transaction).await?;
        commit(transaction).await?;
        Ok(bundle)
    }

    async fn bundle(&self, id: &BundleId) -> Result<(SpecBundle, ProjectId), Error> {
        let statement = sql(format!(
            "select {COLUMNS}, project_id from spec_bundles where id = $1"
        ));
        let found = statement
            .bind(id.as_str())
            .optional(&mut *self.read().await?)
            .await?;
        let (bundle, Owner(project)) = found.ok_or_else(|| Error::not_found("spec bundle"))?;
        Ok((bundle, project))
    }

    async fn bundle_of(&self, run: &RunId) -> Result<Option<SpecBundle>, Error> {
        let statement = sql(format!(
            "select {COLUMNS} from spec_bundles where run_id = $1"
        ));
        statement
            .bind(run.as_str())
            .optional(&mut *self.read().await?)
            .await
    }

    async fn bundles(
        &self,
        project: &ProjectId,
        request: &PageRequest,
    ) -> Result<Page<SpecBundle>, Error> {
        let text = format!("select {COLUMNS} from spec_bundles where project_id = $1");
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
}
