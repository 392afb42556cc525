use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::BundleId;

/// The body of `POST finish`: how the attempt ended. The answer is the run.
///
/// ```
/// use attractor_server::runner_api::{Finish, RunOutcome};
///
/// let finish = Finish::new(RunOutcome::Succeeded);
/// assert_eq!(serde_json::to_value(&finish)?["outcome"], "succeeded");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finish {
    /// How.
    pub outcome: RunOutcome,
    /// Why it failed or timed out, or at which limit it paused.
    #[serde(default)]
    pub error: Option<String>,
    /// The pull request.
    #[serde(default)]
    pub pr_url: Option<String>,
    /// The bundle that it has written.
    #[serde(default)]
    pub spec_bundle_id: Option<BundleId>,
}

impl Finish {
    /// An end with nothing more to say.
    pub fn new(outcome: RunOutcome) -> Self {
        Self {
            outcome,
            error: None,
            pr_url: None,
            spec_bundle_id: None,
        }
    }
}

/// How an attempt at a run ends, by its runner's own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RunOutcome {
    /// It reached its end, and what it had to produce is stored.
    Succeeded,
    /// It ended before that.
    Failed,
    /// It was asked to stop for good.
    Canceled,
    /// It took longer than `limits.runMs`, and can go on.
    Timeout,
    /// It stopped at a limit of the pipeline or because it was asked to, and can go on.
    Paused,
}
