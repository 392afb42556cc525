use std::sync::Arc;

use sqlx::Executor as _;
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgNotification, PgPoolOptions};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::limits::{ACQUIRE, ANSWER, CONNECTIONS, RECONNECT, SILENCE};
use super::{PostgresBus, PostgresQueue};
use crate::bus::{MemoryBus, Notice};
use crate::domain::Error;
use crate::store::sql::failed;

/// What notices of runs are told on.
pub(super) const EVENTS: &str = "attractor_events";

/// What is told when a run waits.
pub(super) const QUEUE: &str = "attractor_queue";

/// Hears what other servers tell, and passes it on within this one.
///
/// ```no_run
/// use attractor_server::store::PostgresLink;
/// use tokio_util::sync::CancellationToken;
///
/// # async fn serve(shutdown: CancellationToken) -> Result<(), attractor_server::domain::Error> {
/// let (link, bus, queue) = PostgresLink::connect("postgres://me@localhost/attractor").await?;
/// tokio::join!(link.run(shutdown), async { /* the server, with the bus and the queue */ });
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PostgresLink {
    pool: PgPool,
    listener: Option<PgListener>,
    bus: PostgresBus,
    woken: Arc<Notify>,
}

impl PostgresLink {
    /// Connects to the database that [`SqlStore`](crate::store::SqlStore) has made the tables of. What
    /// others tell from now on is heard.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    pub async fn connect(url: &str) -> Result<(Self, PostgresBus, PostgresQueue), Error> {
        let options = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE);
        let pool = options.connect(url).await.map_err(failed)?;
        let woken = Arc::new(Notify::new());
        let bus = PostgresBus::new(pool.clone(), MemoryBus::new());
        let queue = PostgresQueue::new(pool.clone(), Arc::clone(&woken));
        let mut link = Self {
            pool,
            listener: None,
            bus: bus.clone(),
            woken,
        };
        link.listener = Some(link.listen().await.map_err(failed)?);
        Ok((link, bus, queue))
    }

    /// Listens until the server stops, and connects again whenever that is needed.
    pub async fn run(mut self, shutdown: CancellationToken) {
        loop {
            let heard = shutdown.run_until_cancelled(self.hear()).await;
            let Some(Err(error)) = heard else {
                return;
            };
            tracing::warn!(%error, "the link to other servers is down");
            if shutdown
                .run_until_cancelled(sleep(RECONNECT))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    async fn listen(&self) -> Result<PgListener, sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.eager_reconnect(false);
        listener.listen_all([EVENTS, QUEUE]).await?;
        Ok(listener)
    }

    /// Passes on what is heard, until the connection fails.
    async fn hear(&mut self) -> Result<std::convert::Infallible, sqlx::Error> {
        let mut listener = match self.listener.take() {
            Some(listener) => listener,
            None => {
                let listener = self.listen().await?;
                self.bus.local.publish_to_all(&Notice::Missed);
                self.woken.notify_one();
                listener
            }
        };
        loop {
            match timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(told))) => self.pass_on(&told),
                Ok(Ok(None)) => return Err(sqlx::Error::WorkerCrashed),
                Ok(Err(error)) => return Err(error),
                Err(_) => is_there(&mut listener).await?,
            }
        }
    }

    fn pass_on(&self, told: &PgNotification) {
        match told.channel() {
            QUEUE => self.woken.notify_one(),
            _ => self.bus.hear(told.payload()),
        }
    }
}

/// Asks a connection that has been silent for an answer.
async fn is_there(listener: &mut PgListener) -> Result<(), sqlx::Error> {
    match timeout(ANSWER, listener.execute("select 1")).await {
        Ok(answer) => answer.map(|_| ()),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}
