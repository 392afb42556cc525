//! The values of secrets: written, given to the runs of their project, and never shown.

mod key;
mod key_file;
mod limits;
mod projection;
mod scrub;
mod scrubbers;
mod seal;
mod sealed;
mod table;

pub use self::key::KeyRing;
pub use self::key_file::KeyFile;
pub use self::projection::{
    Projection, SecretKeyInfo, SecretProviderInfo, projection, secret_providers,
};
pub use self::scrub::{ScrubStream, Scrubber};
pub(crate) use self::scrubbers::Scrubbers;
pub use self::sealed::SealedSecretStore;
pub use self::table::ARBITRARY;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::domain::{Error, NewSecret, ProjectId, ProjectSecret, SecretId};

/// Names of environment variables and the secret values that they have for a run.
pub type SecretEnvironment = BTreeMap<String, SecretString>;

/// Keeps the values of secrets: sealed in the database, or in the secrets of a cluster.
#[async_trait]
pub trait SecretStore: Debug + Send + Sync + 'static {
    /// Writes a secret whole: keys that `values` doesn't have are gone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::domain::ErrorKind::NotFound) for an unknown project,
    /// [`Invalid`](crate::domain::ErrorKind::Invalid) if the mapping doesn't go with the provider or the
    /// values.
    async fn put(
        &self,
        new: NewSecret,
        values: BTreeMap<String, SecretString>,
    ) -> Result<ProjectSecret, Error>;

    /// Removes a secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::domain::ErrorKind::NotFound).
    async fn delete(&self, project: &ProjectId, id: &SecretId) -> Result<(), Error>;

    /// What a run of the project gets: the values of its secrets under the names that the projection
    /// table gives them. Of two secrets that are for the same variable, none is chosen.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::domain::ErrorKind::Conflict) with the code `duplicate_variable`,
    /// naming both secrets; [`Internal`](crate::domain::ErrorKind::Internal) for a secret that is sealed
    /// with a key that isn't there.
    async fn environment(&self, project: &ProjectId) -> Result<SecretEnvironment, Error>;

    /// The variables among those of [`environment`](Self::environment) that the commands of a run are
    /// given, too: those that somebody has named, with the provider [`ARBITRARY`]. What is a provider's
    /// is for model clients only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn command_variables(&self, project: &ProjectId) -> Result<BTreeSet<String>, Error>;

    /// What the server itself gets of the project's secrets, and no run: what signs in at the forge
    /// (`GITHUB_TOKEN`, `GIT_PASSWORD`, the keys of a GitHub App). A run that had these could push when
    /// it has been cancelled; git asks the server for a credential instead.
    ///
    /// # Errors
    ///
    /// Those of [`environment`](Self::environment).
    async fn forge_environment(&self, project: &ProjectId) -> Result<SecretEnvironment, Error>;
}

/// The trait can be used behind a pointer.
const _: Option<&dyn SecretStore> = None;
