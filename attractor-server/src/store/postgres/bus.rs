use std::fmt;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::limits::PAYLOAD;
use super::link::EVENTS;
use crate::bus::{EventBus, MemoryBus, Notice};
use crate::domain::{Error, RunId};
use crate::store::sql::failed;

/// The bus of servers that share a PostgreSQL.
///
/// Who is subscribed at this server is told at once, and at the others through the database. What is
/// too long for that, they are told they have missed.
#[derive(Clone)]
pub struct PostgresBus {
    pool: PgPool,
    /// Which server it is: what it has told itself comes back.
    origin: String,
    pub(super) local: MemoryBus,
}

/// What servers tell each other.
#[derive(Serialize, Deserialize)]
struct Told {
    origin: String,
    run: RunId,
    notice: Notice,
}

impl PostgresBus {
    pub(super) fn new(pool: PgPool, local: MemoryBus) -> Self {
        // An id that no other server has.
        let origin = RunId::new().to_string();
        Self {
            pool,
            origin,
            local,
        }
    }

    /// Passes on what a server has told.
    pub(super) fn hear(&self, payload: &str) {
        match serde_json::from_str::<Told>(payload) {
            Ok(told) if told.origin == self.origin => {}
            Ok(told) => self.local.tell(&told.run, told.notice),
            // A newer server may tell what this one doesn't know.
            Err(_) => self.local.publish_to_all(&Notice::Missed),
        }
    }

    fn payload(&self, run: &RunId, notice: Notice) -> Result<String, Error> {
        let told = Told {
            origin: self.origin.clone(),
            run: run.clone(),
            notice,
        };
        let payload = serde_json::to_string(&told);
        payload.map_err(|error| Error::internal("a notice can't be written").caused_by(error))
    }
}

#[async_trait]
impl EventBus for PostgresBus {
    async fn publish(&self, run: &RunId, notice: Notice) -> Result<(), Error> {
        self.local.tell(run, notice.clone());
        let mut payload = self.payload(run, notice)?;
        if payload.len() > PAYLOAD {
            payload = self.payload(run, Notice::Missed)?;
        }
        let statement = sqlx::query("select pg_notify($1, $2)")
            .bind(EVENTS)
            .bind(payload);
        statement.execute(&self.pool).await.map_err(failed)?;
        Ok(())
    }

    async fn subscribe(&self, run: &RunId) -> Result<BoxStream<'static, Notice>, Error> {
        self.local.subscribe(run).await
    }
}

impl fmt::Debug for PostgresBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresBus").finish_non_exhaustive()
    }
}
