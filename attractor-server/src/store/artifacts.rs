use std::fmt::Debug;

use async_trait::async_trait;

use super::Fence;
use crate::domain::{Artifact, ArtifactId, Error, NewArtifact, Page, PageRequest, RunId};

/// The table of artifacts; their bytes are in the [`ObjectStore`](crate::objects::ObjectStore).
#[async_trait]
pub trait Artifacts: Debug + Send + Sync + 'static {
    /// Adds an artifact, or takes the place of the run's artifact of that key. `Conflict` with the
    /// code `stale_attempt` if the attempt isn't under way any more.
    async fn put_artifact(
        &self,
        run: &RunId,
        fence: Fence,
        new: NewArtifact,
    ) -> Result<Artifact, Error>;

    /// One artifact of a run.
    async fn artifact(&self, run: &RunId, id: &ArtifactId) -> Result<Artifact, Error>;

    /// The artifacts of a run, oldest first; none if there is no such run.
    async fn artifacts(&self, run: &RunId, page: &PageRequest) -> Result<Page<Artifact>, Error>;
}
