use std::fmt::Debug;

use async_trait::async_trait;

use crate::domain::{Error, NewSecret, Page, PageRequest, ProjectId, ProjectSecret, SecretId};

/// The values of a secret, sealed; only the [`SecretStore`](crate::secrets::SecretStore) can open
/// them.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedValues {
    /// Which key they are sealed with.
    pub key_id: String,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

impl Debug for SealedValues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedValues")
            .field("key_id", &self.key_id)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// The table of secrets: names, mappings, and values that nobody here can read.
#[async_trait]
pub trait Secrets: Debug + Send + Sync + 'static {
    /// Adds a secret, or takes the place of the one of that name with all that it had.
    async fn put_secret(
        &self,
        new: NewSecret,
        values: SealedValues,
    ) -> Result<ProjectSecret, Error>;

    /// One secret of a project.
    async fn secret(&self, project: &ProjectId, id: &SecretId) -> Result<ProjectSecret, Error>;

    /// The secrets of a project, newest first; none if there is no such project.
    async fn secrets(
        &self,
        project: &ProjectId,
        page: &PageRequest,
    ) -> Result<Page<ProjectSecret>, Error>;

    /// All secrets of a project with their sealed values, by name.
    async fn sealed_secrets(
        &self,
        project: &ProjectId,
    ) -> Result<Vec<(ProjectSecret, SealedValues)>, Error>;

    /// Secrets of all projects that are sealed with another key than this, at most `limit`.
    async fn secrets_not_sealed_with(
        &self,
        key_id: &str,
        limit: u32,
    ) -> Result<Vec<(ProjectSecret, SealedValues)>, Error>;

    /// Puts newly sealed values in the place of those that were sealed as `old`; nothing, if they
    /// aren't any more.
    async fn reseal_secret(
        &self,
        id: &SecretId,
        old: &SealedValues,
        new: SealedValues,
    ) -> Result<(), Error>;

    /// Removes a secret.
    async fn delete_secret(&self, project: &ProjectId, id: &SecretId) -> Result<(), Error>;
}
