use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{AuditId, ProjectId, Timestamp};

/// Who did what.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub created_at: Timestamp,
    /// Who: the name of a token, `cli`, or `anonymous` for a sign-in that failed.
    pub actor: String,
    /// What: `project.create`, `sign_in.fail`.
    pub action: String,
    /// In which project, if in one.
    pub project_id: Option<ProjectId>,
    /// To what: an id.
    pub subject: Option<String>,
    /// What else there is to say; never a secret.
    pub details: Value,
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAuditEntry {
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// In which project.
    pub project_id: Option<ProjectId>,
    /// To what.
    pub subject: Option<String>,
    /// What else there is to say.
    pub details: Value,
}
