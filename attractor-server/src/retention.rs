//! Deletes runs that have ended long ago, where a server is set up to.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::domain::{Error, ErrorKind, NewAuditEntry, PageRequest, Timestamp};
use crate::store::RunFilter;

/// Between two looks: what is kept for days needn't be deleted to the minute.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Deletes runs that have ended long ago.
#[derive(Debug)]
pub struct Retention {
    app: App,
    keep: Duration,
}

impl Retention {
    /// Deletes the runs of a server this long after their end.
    pub fn new(app: App, keep: Duration) -> Self {
        Self { app, keep }
    }

    /// Looks every hour until `shutdown` is cancelled.
    pub async fn run(&self, shutdown: CancellationToken) {
        loop {
            let looked = shutdown.run_until_cancelled(self.look()).await;
            if let Some(Err(error)) = looked {
                tracing::warn!(%error, "runs that have ended long ago can't be deleted now");
            }
            let waited = tokio::time::sleep(EVERY);
            if shutdown.run_until_cancelled(waited).await.is_none() {
                return;
            }
        }
    }

    /// Deletes what there is to delete, as `DELETE /api/runs/{runId}` does, and says how many runs that
    /// were. A run stays while another works from its bundle.
    ///
    /// # Errors
    ///
    /// The store's. What has been deleted by then is.
    pub async fn look(&self) -> Result<u64, Error> {
        let now = self.app.now();
        let Some(moment) = before(now, self.keep) else {
            return Ok(0);
        };
        let filter = RunFilter {
            finished_before: Some(moment),
            ..RunFilter::default()
        };
        let mut deleted = 0;
        let mut cursor = None;
        loop {
            // A page begins behind the last run of the one before, whether that is still there or not.
            let request = PageRequest::new(None, cursor.as_deref())?;
            let page = self.app.store().runs(&filter, &request).await?;
            for run in &page.items {
                match self.app.delete_run(run).await {
                    Ok(()) => deleted += 1,
                    // Resumed, deleted or made use of meanwhile.
                    Err(error) if is_no_more(&error) => continue,
                    Err(error) => return Err(error),
                }
                let entry = NewAuditEntry {
                    actor: "server".to_owned(),
                    action: "run.expire".to_owned(),
                    project_id: Some(run.project_id.clone()),
                    subject: Some(run.id.to_string()),
                    details: serde_json::json!({ "finishedAt": run.finished_at }),
                };
                self.app.record(entry).await;
            }
            cursor = page.next;
            if cursor.is_none() {
                if deleted > 0 {
                    tracing::info!(deleted, "deleted runs that had ended long ago");
                }
                return Ok(deleted);
            }
        }
    }
}

fn before(now: Timestamp, keep: Duration) -> Option<Timestamp> {
    let millis = i64::try_from(keep.as_millis()).ok()?;
    Some(Timestamp::from_millis(now.as_millis().checked_sub(millis)?))
}

fn is_no_more(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound)
}
