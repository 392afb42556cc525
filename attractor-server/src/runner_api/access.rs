use serde::{Deserialize, Serialize};

use super::Confidential;

/// Where a runner's control plane is, and what the runner signs in with: one line of JSON on its
/// standard input, where no other process can read it.
///
/// ```
/// use attractor_server::runner_api::RunnerAccess;
///
/// let line = r#"{"url":"http://127.0.0.1:8080","token":"arr_x"}"#;
/// let access: RunnerAccess = serde_json::from_str(line)?;
/// assert!(!format!("{access:?}").contains("arr_x"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunnerAccess {
    /// The control plane: `http://127.0.0.1:8080`, without `/api/runner`.
    pub url: String,
    /// `arr_…`
    pub token: Confidential,
    /// Where the runner works; a directory of the run's own. A temporary one, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}
