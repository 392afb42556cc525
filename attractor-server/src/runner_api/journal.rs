use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The answer to `GET journal?after=N`: entries of the engine's journal, as they were told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalPage {
    /// Whole entries, in order; the first is number `after + 1`.
    pub entries: Vec<Value>,
    /// What `after` has to be for the next ones; nothing if these are the last.
    pub next: Option<i64>,
}
