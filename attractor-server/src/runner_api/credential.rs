use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Confidential;

/// The answer to `POST credential`: what git signs in with, for a short time.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunnerCredential {
    /// The user name.
    pub username: String,
    /// The password: a token.
    pub password: Confidential,
}
