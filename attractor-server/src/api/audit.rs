//! Who did what.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{Caller, PageQuery, Query};
use super::respond::{self, Answer};
use crate::app::App;
use crate::domain::AuditEntry;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    /// Newest first.
    entries: Vec<AuditEntry>,
    next_cursor: Option<String>,
}

/// Who did what, of all projects or of the caller's.
#[utoipa::path(get, path = "/api/audit", tag = "access", params(PageQuery), responses(
    (status = 200, body = Log),
))]
pub(super) async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(query): Query<PageQuery>,
) -> Answer {
    let project = who.project_id.as_ref();
    let page = app.store().audit(project, &query.request()?).await?;
    respond::ok(&Log {
        entries: page.items,
        next_cursor: page.next,
    })
}
