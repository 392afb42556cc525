use serde_json::Value;

use super::route;
use super::{Error, Remote};
use crate::domain::{AttractorId, ProjectId};

impl Remote {
    pub(crate) async fn attractors(&self, project: &ProjectId) -> Result<Vec<Value>, Error> {
        let place = (route::ATTRACTORS, &[project.as_str()][..]);
        self.whole(place, "attractors", &[], usize::MAX).await
    }

    /// An attractor with the text that it has now.
    pub(crate) async fn attractor(
        &self,
        project: &ProjectId,
        id: &AttractorId,
    ) -> Result<Value, Error> {
        self.ask(self.request(route::ATTRACTOR, &[project.as_str(), id.as_str()]))
            .await
    }

    pub(crate) async fn create_attractor(
        &self,
        project: &ProjectId,
        new: Value,
    ) -> Result<Value, Error> {
        let request = self.request(route::CREATE_ATTRACTOR, &[project.as_str()]);
        self.ask(request.body(new)).await
    }

    /// Changes what the body has.
    pub(crate) async fn change_attractor(
        &self,
        project: &ProjectId,
        id: &AttractorId,
        change: Value,
    ) -> Result<Value, Error> {
        let request = self.request(route::CHANGE_ATTRACTOR, &[project.as_str(), id.as_str()]);
        self.ask(request.body(change)).await
    }

    pub(crate) async fn delete_attractor(
        &self,
        project: &ProjectId,
        id: &AttractorId,
    ) -> Result<(), Error> {
        let request = self.request(route::DELETE_ATTRACTOR, &[project.as_str(), id.as_str()]);
        self.send(request).await.map(|_| ())
    }

    /// The versions of an attractor's text, highest first.
    pub(crate) async fn versions(
        &self,
        project: &ProjectId,
        id: &AttractorId,
    ) -> Result<Vec<Value>, Error> {
        let values = [project.as_str(), id.as_str()];
        self.whole((route::VERSIONS, &values), "versions", &[], usize::MAX)
            .await
    }

    /// One version with its text.
    pub(crate) async fn version(
        &self,
        project: &ProjectId,
        id: &AttractorId,
        version: i64,
    ) -> Result<Value, Error> {
        let version = version.to_string();
        let values = [project.as_str(), id.as_str(), version.as_str()];
        self.ask(self.request(route::VERSION, &values)).await
    }
}
