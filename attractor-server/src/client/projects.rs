use serde_json::{Value, json};

use super::route;
use super::{Error, Remote};
use crate::domain::ProjectId;

impl Remote {
    /// All projects that the token sees.
    pub(crate) async fn projects(&self) -> Result<Vec<Value>, Error> {
        self.whole((route::PROJECTS, &[]), "projects", &[], usize::MAX)
            .await
    }

    pub(crate) async fn project(&self, id: &ProjectId) -> Result<Value, Error> {
        self.ask(self.request(route::PROJECT, &[id.as_str()])).await
    }

    pub(crate) async fn create_project(
        &self,
        name: &str,
        namespace: Option<&str>,
    ) -> Result<Value, Error> {
        let mut body = json!({ "name": name });
        if let Some(namespace) = namespace {
            body["namespace"] = namespace.into();
        }
        self.ask(self.request(route::CREATE_PROJECT, &[]).body(body))
            .await
    }

    /// Changes what the body has.
    pub(crate) async fn change_project(
        &self,
        id: &ProjectId,
        change: Value,
    ) -> Result<Value, Error> {
        let request = self.request(route::CHANGE_PROJECT, &[id.as_str()]);
        self.ask(request.body(change)).await
    }

    /// Says which repository on GitHub a project is about.
    pub(crate) async fn connect_project(
        &self,
        id: &ProjectId,
        installation: &str,
        (repository, branch): (&str, &str),
    ) -> Result<Value, Error> {
        let body = json!({
            "installationId": installation, "repoFullName": repository, "defaultBranch": branch,
        });
        let request = self.request(route::CONNECT_PROJECT, &[id.as_str()]);
        self.ask(request.body(body)).await
    }

    pub(crate) async fn delete_project(&self, id: &ProjectId) -> Result<(), Error> {
        let request = self.request(route::DELETE_PROJECT, &[id.as_str()]);
        self.send(request).await.map(|_| ())
    }

    /// What planning runs of the project have written, newest first.
    pub(crate) async fn bundles(&self, id: &ProjectId, most: usize) -> Result<Vec<Value>, Error> {
        self.whole((route::BUNDLES, &[id.as_str()]), "bundles", &[], most)
            .await
    }
}
