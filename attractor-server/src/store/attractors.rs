use std::fmt::Debug;

use async_trait::async_trait;

use crate::domain::{
    AttractorDef, AttractorId, AttractorVersion, Error, NewAttractor, NewAttractorVersion, Page,
    PageRequest, ProjectId,
};

/// The tables of attractors and of their versions.
#[async_trait]
pub trait Attractors: Debug + Send + Sync + 'static {
    /// Adds an attractor, with a first version if there is a text. `Conflict` with the code
    /// `name_taken` if another one of the project has its name.
    async fn create_attractor(
        &self,
        new: NewAttractor,
        content: Option<NewAttractorVersion>,
    ) -> Result<AttractorDef, Error>;

    /// Adds an attractor, or changes the one of that name in the project.
    async fn upsert_attractor(&self, new: NewAttractor) -> Result<AttractorDef, Error>;

    /// One attractor of a project.
    async fn attractor(&self, project: &ProjectId, id: &AttractorId)
    -> Result<AttractorDef, Error>;

    /// The attractors of a project, newest first; none if there is no such project.
    async fn attractors(
        &self,
        project: &ProjectId,
        page: &PageRequest,
    ) -> Result<Page<AttractorDef>, Error>;

    /// Gives an attractor other fields and, if there is one, another text: a new version, unless
    /// the newest has the same. `Conflict` with the code `version_conflict` if the newest version isn't
    /// the expected one, `name_taken` if another has the name.
    async fn change_attractor(
        &self,
        id: &AttractorId,
        new: NewAttractor,
        content: Option<NewAttractorVersion>,
    ) -> Result<AttractorDef, Error>;

    /// The versions of an attractor, newest first.
    async fn attractor_versions(
        &self,
        id: &AttractorId,
        page: &PageRequest,
    ) -> Result<Page<AttractorVersion>, Error>;

    /// One version with its text.
    async fn attractor_version(
        &self,
        id: &AttractorId,
        version: i64,
    ) -> Result<(AttractorVersion, String), Error>;

    /// Removes an attractor. `Conflict` with the code `attractor_in_use` if it has runs: these must be
    /// deleted first, or the attractor be made inactive.
    async fn delete_attractor(&self, project: &ProjectId, id: &AttractorId) -> Result<(), Error>;
}
