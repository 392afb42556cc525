use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::route;
use super::{Error, Remote};
use crate::domain::{ProjectId, SecretId};
use crate::runner_api::Confidential;

impl Remote {
    /// What secrets can be for.
    pub(crate) async fn secret_providers(&self) -> Result<Value, Error> {
        self.ask(self.request(route::SECRET_PROVIDERS, &[])).await
    }

    /// The secrets of a project: names, never values.
    pub(crate) async fn secrets(&self, project: &ProjectId) -> Result<Vec<Value>, Error> {
        let place = (route::SECRETS, &[project.as_str()][..]);
        self.whole(place, "secrets", &[], usize::MAX).await
    }

    /// Writes a secret, in the place of the one of that name; its values are by logical keys.
    pub(crate) async fn put_secret(
        &self,
        project: &ProjectId,
        (name, provider): (&str, &str),
        values: &BTreeMap<String, Confidential>,
    ) -> Result<Value, Error> {
        let mappings: BTreeMap<_, _> = values.keys().map(|key| (key, key)).collect();
        let body = json!({
            "name": name, "provider": provider, "keyMappings": mappings, "values": values,
        });
        let request = self.request(route::PUT_SECRET, &[project.as_str()]);
        self.ask(request.body(body)).await
    }

    pub(crate) async fn delete_secret(
        &self,
        project: &ProjectId,
        id: &SecretId,
    ) -> Result<(), Error> {
        let request = self.request(route::DELETE_SECRET, &[project.as_str(), id.as_str()]);
        self.send(request).await.map(|_| ())
    }
}
