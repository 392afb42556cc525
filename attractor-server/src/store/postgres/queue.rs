use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::limits::LOOK;
use super::link::QUEUE;
use crate::domain::{Error, RunId};
use crate::queue::Queue;
use crate::store::sql::failed;

/// The queue of servers that share a PostgreSQL: a table, and a notice for those who wait.
#[derive(Clone)]
pub struct PostgresQueue {
    pool: PgPool,
    woken: Arc<Notify>,
}

impl PostgresQueue {
    pub(super) fn new(pool: PgPool, woken: Arc<Notify>) -> Self {
        Self { pool, woken }
    }

    /// Takes the oldest that nobody else takes just now. Not by one statement: the database goes on with
    /// it when nobody waits for the answer any more, and would take for nobody what is pushed meanwhile.
    async fn take(&self) -> Result<Option<RunId>, Error> {
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let statement = sqlx::query_scalar::<_, String>(
            "delete from run_wakes where place = (
                 select place from run_wakes order by place for update skip locked limit 1)
             returning run_id",
        );
        let taken = statement.fetch_optional(&mut *transaction).await;
        let taken = taken.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        if taken.is_some() {
            // There may be more, and others who wait.
            self.woken.notify_one();
        }
        taken.map(RunId::try_from).transpose()
    }
}

#[async_trait]
impl Queue for PostgresQueue {
    async fn push(&self, run: &RunId) -> Result<(), Error> {
        // The limit: the dispatcher finds the others when it looks at the store.
        let statement = sqlx::query(
            "insert into run_wakes (run_id) select $1
             where (select count(*) from (select 1 from run_wakes limit 10000) as kept) < 10000",
        );
        statement
            .bind(run.as_str())
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        let statement = sqlx::query("select pg_notify($1, '')").bind(QUEUE);
        statement.execute(&self.pool).await.map_err(failed)?;
        Ok(())
    }

    async fn pop(&self, wait: Duration) -> Result<Option<RunId>, Error> {
        let deadline = Instant::now() + wait;
        loop {
            let mut woken = pin!(self.woken.notified());
            // What is told from here on isn't overlooked.
            woken.as_mut().enable();
            if let Some(run) = self.take().await? {
                return Ok(Some(run));
            }
            let look = deadline.min(Instant::now() + LOOK);
            let was_told = timeout_at(look, woken).await.is_ok();
            if !was_told && look == deadline {
                return Ok(None);
            }
        }
    }
}

impl fmt::Debug for PostgresQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresQueue").finish_non_exhaustive()
    }
}
