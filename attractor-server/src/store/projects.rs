use std::fmt::Debug;

use async_trait::async_trait;

use crate::domain::{Error, NewProject, Page, PageRequest, Project, ProjectChange, ProjectId};

/// The table of projects.
#[async_trait]
pub trait Projects: Debug + Send + Sync + 'static {
    /// Adds a project. [`Conflict`](crate::domain::ErrorKind::Conflict) with the code
    /// `namespace_taken` if another has its namespace.
    async fn create_project(&self, new: NewProject) -> Result<Project, Error>;

    /// Adds a project, or changes the one that has its namespace, in one step.
    async fn upsert_project(
        &self,
        new: NewProject,
        change: ProjectChange,
    ) -> Result<Project, Error>;

    /// One project.
    async fn project(&self, id: &ProjectId) -> Result<Project, Error>;

    /// The projects, newest first; only one, if `only` says so.
    async fn projects(
        &self,
        only: Option<&ProjectId>,
        page: &PageRequest,
    ) -> Result<Page<Project>, Error>;

    /// Changes what `change` says.
    async fn change_project(&self, id: &ProjectId, change: ProjectChange)
    -> Result<Project, Error>;

    /// Removes a project with all that belongs to it. `Conflict` with the code `run_active` while a
    /// run of it is queued, running or paused.
    async fn delete_project(&self, id: &ProjectId) -> Result<(), Error>;
}
