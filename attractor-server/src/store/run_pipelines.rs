use std::fmt::Debug;

use async_trait::async_trait;

use super::Fence;
use crate::domain::{Error, RunId, RunPipeline};

/// The table of the pipelines that runs have found in their repositories: what was executed, also when
/// the repository has moved on.
#[async_trait]
pub trait RunPipelines: Debug + Send + Sync + 'static {
    /// Keeps the pipeline that an attempt has found; its sum is the run's from now on. The same text may
    /// be kept again.
    ///
    /// `Conflict` with the code `pipeline_kept` if the run has another text, be it a version of its
    /// attractor, and with `stale_attempt` if the attempt isn't under way any more.
    async fn keep_run_pipeline(
        &self,
        run: &RunId,
        fence: Fence,
        pipeline: RunPipeline,
    ) -> Result<(), Error>;

    /// The pipeline that a run, or the one that it repeats, has found in the repository; none before it
    /// has, and for a run of an attractor's version.
    async fn run_pipeline(&self, run: &RunId) -> Result<Option<RunPipeline>, Error>;
}
