use std::fmt::Debug;

use async_trait::async_trait;

use super::Fence;
use crate::domain::{BundleId, Error, Page, PageRequest, ProjectId, RunId, SpecBundle};

/// The table of specification bundles.
#[async_trait]
pub trait Bundles: Debug + Send + Sync + 'static {
    /// Adds the bundle of a run, or returns the one that it has. `Conflict` with the code
    /// `stale_attempt` if the attempt isn't under way any more.
    async fn create_bundle(
        &self,
        run: &RunId,
        fence: Fence,
        manifest_path: &str,
    ) -> Result<SpecBundle, Error>;

    /// One bundle, and the project whose run has written it.
    async fn bundle(&self, id: &BundleId) -> Result<(SpecBundle, ProjectId), Error>;

    /// The bundle that a run has written.
    async fn bundle_of(&self, run: &RunId) -> Result<Option<SpecBundle>, Error>;

    /// The bundles of a project, newest first.
    async fn bundles(
        &self,
        project: &ProjectId,
        page: &PageRequest,
    ) -> Result<Page<SpecBundle>, Error>;
}
