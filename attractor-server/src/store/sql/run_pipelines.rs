use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::row::{Columns as _, FromRow};
use super::statement::sql;
use super::{Connection, SqlStore, commit};
use crate::domain::{Error, NewRun, RunId, RunPipeline};
use crate::store::{Fence, RunPipelines};

impl FromRow for RunPipeline {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            content: row.text("content")?,
            content_sha256: row.text("content_sha256")?,
        })
    }
}

#[async_trait]
impl RunPipelines for SqlStore {
    async fn keep_run_pipeline(
        &self,
        run: &RunId,
        fence: Fence,
        pipeline: RunPipeline,
    ) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        self.hold(&mut transaction, run, fence).await?;
        let statement = sql("update runs set attractor_sha256 = $2 where id = $1
             and attractor_version is null and coalesce(attractor_sha256, $2) = $2");
        let statement = statement
            .bind(run.as_str())
            .bind(pipeline.content_sha256.as_str());
        if statement.execute(&mut transaction).await? == 0 {
            let message = "the run executes another text, which is kept already";
            return Err(Error::conflict("pipeline_kept", message));
        }
        let statement = sql(
            "insert into run_pipelines (run_id, content, content_sha256, created_at)
             values ($1, $2, $3, $4) on conflict (run_id) do nothing",
        );
        let statement = statement
            .bind(run.as_str())
            .bind(pipeline.content)
            .bind(pipeline.content_sha256)
            .bind(self.now().as_millis());
        statement.execute(&mut transaction).await?;
        commit(transaction).await
    }

    async fn run_pipeline(&self, run: &RunId) -> Result<Option<RunPipeline>, Error> {
        let statement = sql("select content, content_sha256 from run_pipelines where run_id = $1");
        let statement = statement.bind(run.as_str());
        statement.optional(&mut *self.read().await?).await
    }
}

/// Gives a new run the pipeline of the one that it repeats.
pub(super) async fn take_over(on: &mut Connection, id: &RunId, new: &NewRun) -> Result<(), Error> {
    let Some(repeated) = &new.rerun_of else {
        return Ok(());
    };
    let statement = sql(
        "insert into run_pipelines (run_id, content, content_sha256, created_at)
         select $1, content, content_sha256, created_at from run_pipelines where run_id = $2",
    );
    let statement = statement.bind(id.as_str()).bind(repeated.as_str());
    statement.execute(on).await.map(drop)
}
