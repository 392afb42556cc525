use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::Timestamp;
use crate::store::StopRequest;

/// The answer to `POST heartbeat`: how long the runner keeps its run, and whether it's to stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    /// What the runner is asked to do; nothing, usually.
    pub stop: Option<StopRequest>,
    /// When the run is given to another, unless there is a heartbeat before.
    pub lease_expires_at: Timestamp,
}
