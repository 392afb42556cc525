use std::fmt::Debug;

use async_trait::async_trait;

use crate::domain::{AuditEntry, Error, NewAuditEntry, Page, PageRequest, ProjectId, Timestamp};

/// The log of who did what; entries are only ever added.
#[async_trait]
pub trait Audit: Debug + Send + Sync + 'static {
    /// Adds an entry.
    async fn record(&self, new: NewAuditEntry, at: Timestamp) -> Result<AuditEntry, Error>;

    /// The entries, newest first; those of one project, if `project` says so.
    async fn audit(
        &self,
        project: Option<&ProjectId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, Error>;
}
