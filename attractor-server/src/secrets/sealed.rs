use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::limits::{
    KEY_CHARACTERS, NAME_CHARACTERS, RESEAL_BATCH, RESEAL_BATCHES, SECRET_BYTES,
    SECRETS_OF_A_PROJECT, VALUES,
};
use super::projection::{Projection, check_duplicates, check_values, is_for_server, projection};
use super::seal::{Values, open, seal};
use super::{ARBITRARY, KeyRing, SecretEnvironment, SecretStore};
use crate::domain::{Error, ErrorKind, NewSecret, PageRequest, ProjectId, ProjectSecret, SecretId};
use crate::store::Secrets;

/// Keeps values sealed in the database: XChaCha20-Poly1305, each secret's with its project and name as
/// associated data. Whoever has the database but not the keys has nothing.
#[derive(Clone, Debug)]
pub struct SealedSecretStore {
    store: Arc<dyn Secrets>,
    ring: KeyRing,
}

impl SealedSecretStore {
    /// Keeps them in the store, sealed with the ring's first key.
    pub fn new(store: Arc<dyn Secrets>, ring: KeyRing) -> Self {
        Self { store, ring }
    }

    /// Whether all secrets can be opened as far as their keys are there; to be asked at the start, so that
    /// a lost key is noticed before a run needs it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] with the code `missing_key`, naming the key and a secret.
    pub async fn check_keys(&self) -> Result<(), Error> {
        let sealing = self.ring.sealing()?.id();
        let others = self
            .store
            .secrets_not_sealed_with(sealing, RESEAL_BATCH)
            .await?;
        let is_lost = |sealed: &&(ProjectSecret, _)| self.ring.find(key_id(sealed)).is_none();
        match others.iter().find(is_lost) {
            None => Ok(()),
            Some(lost) => {
                let message = format!(
                    "the secret {:?} of the project {} is sealed with the key {}, which isn't there: put it back into the key file",
                    lost.0.name,
                    lost.0.project_id,
                    key_id(&lost)
                );
                Err(Error::conflict("missing_key", message))
            }
        }
    }

    /// Seals all secrets with the ring's first key that are sealed with another: how many.
    ///
    /// It may be stopped at any time and called again, and others may read and write secrets meanwhile.
    ///
    /// # Errors
    ///
    /// Those of the store, and [`ErrorKind::Internal`] for a secret that can't be opened.
    pub async fn reseal(&self) -> Result<usize, Error> {
        let mut resealed = 0;
        for _ in 0..RESEAL_BATCHES {
            let sealing = self.ring.sealing()?.id();
            let old = self
                .store
                .secrets_not_sealed_with(sealing, RESEAL_BATCH)
                .await?;
            if old.is_empty() {
                break;
            }
            for (secret, sealed) in old {
                let values = open(&self.ring, &secret.project_id, &secret.name, &sealed)?;
                let new = seal(&self.ring, &secret.project_id, &secret.name, &values)?;
                self.store.reseal_secret(&secret.id, &sealed, new).await?;
                resealed += 1;
            }
        }
        Ok(resealed)
    }

    /// The project's variables that `is_wanted` wants, with their values.
    async fn opened(
        &self,
        project: &ProjectId,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<SecretEnvironment, Error> {
        let sealed = self.store.sealed_secrets(project).await?;
        let mut projections: Vec<(&str, Projection)> = Vec::new();
        for (secret, _) in &sealed {
            projections.push((
                &secret.name,
                projection(&secret.provider, &secret.key_mappings)?,
            ));
        }
        check_duplicates(projections.iter().map(|(name, it)| (*name, it)))?;
        let mut environment = SecretEnvironment::new();
        for ((secret, sealed), (_, projection)) in sealed.iter().zip(&projections) {
            let wanted = projection
                .iter()
                .filter(|(variable, _)| is_wanted(variable));
            let mut wanted = wanted.peekable();
            if wanted.peek().is_none() {
                continue;
            }
            let mut values = open(&self.ring, &secret.project_id, &secret.name, sealed)?;
            for (variable, key) in wanted {
                let Some(value) = take(&mut values, key, projection) else {
                    let message = format!("the secret {:?} has no value {key:?}", secret.name);
                    return Err(Error::internal(message));
                };
                environment.insert(variable.clone(), value);
            }
        }
        Ok(environment)
    }

    /// Whether no other secret of the project is for a variable that this is for.
    async fn check_project(&self, new: &NewSecret, own: &Projection) -> Result<(), Error> {
        let request = PageRequest::new(Some(SECRETS_OF_A_PROJECT), None)?;
        let known = self.store.secrets(&new.project_id, &request).await?;
        let others: Vec<&ProjectSecret> = known
            .items
            .iter()
            .filter(|it| it.name != new.name)
            .collect();
        if others.len() >= SECRETS_OF_A_PROJECT as usize || known.next.is_some() {
            let message = format!("a project has at most {SECRETS_OF_A_PROJECT} secrets");
            return Err(Error::conflict("too_many_secrets", message));
        }
        // What the table no longer knows is for no variable.
        let others: Vec<(&str, Projection)> = others
            .iter()
            .map(|it| {
                (
                    it.name.as_str(),
                    projection(&it.provider, &it.key_mappings).unwrap_or_default(),
                )
            })
            .collect();
        let all = others.iter().map(|(name, it)| (*name, it));
        check_duplicates(all.chain([(new.name.as_str(), own)]))
    }
}

fn key_id<'a>((_, sealed): &&'a (ProjectSecret, crate::store::SealedValues)) -> &'a str {
    &sealed.key_id
}

/// The value of a key; it's copied only if another variable is for it, too.
fn take(values: &mut Values, key: &str, projection: &Projection) -> Option<SecretString> {
    let is_shared = projection.values().filter(|it| *it == key).count() > 1;
    match is_shared {
        true => values.get(key).cloned(),
        false => values.remove(key),
    }
}

/// What can't be a secret, whatever its provider.
fn check_form(new: &NewSecret, values: &Values) -> Result<(), Error> {
    let refuse = |code, message: String| Err(Error::invalid(code, message));
    let name = new.name.as_str();
    if name.trim().is_empty()
        || name.chars().count() > NAME_CHARACTERS
        || name.contains(char::is_control)
    {
        let message = format!(
            "name must have 1 to {NAME_CHARACTERS} characters, none of them a control character"
        );
        return refuse("invalid_secret_name", message);
    }
    if values.is_empty() || values.len() > VALUES {
        return refuse(
            "invalid_secret_values",
            format!("values must have 1 to {VALUES} keys"),
        );
    }
    let mut bytes = 0;
    for (key, value) in values {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if key.is_empty() || key.len() > KEY_CHARACTERS || !key.chars().all(is_part) {
            let shown: String = key.chars().take(80).collect();
            let message = format!(
                "values.{shown:?}: a key has 1 to {KEY_CHARACTERS} letters, digits, `-`, `_` and `.`"
            );
            return refuse("invalid_secret_values", message);
        }
        let value = value.expose_secret();
        if value.is_empty() || value.contains('\0') {
            let message =
                format!("values.{key} is empty or has a NUL in it, which no variable can have");
            return refuse("invalid_secret_values", message);
        }
        bytes += key.len() + value.len();
    }
    if bytes > SECRET_BYTES {
        let message = format!("values may have {SECRET_BYTES} bytes together, not {bytes}");
        return Err(Error::new(ErrorKind::TooLarge, "secret_too_large", message));
    }
    Ok(())
}

#[async_trait]
impl SecretStore for SealedSecretStore {
    async fn put(
        &self,
        new: NewSecret,
        values: BTreeMap<String, SecretString>,
    ) -> Result<ProjectSecret, Error> {
        check_form(&new, &values)?;
        let own = projection(&new.provider, &new.key_mappings)?;
        check_values(&new.key_mappings, values.keys())?;
        self.check_project(&new, &own).await?;
        let sealed = seal(&self.ring, &new.project_id, &new.name, &values)?;
        self.store.put_secret(new, sealed).await
    }

    async fn delete(&self, project: &ProjectId, id: &SecretId) -> Result<(), Error> {
        self.store.delete_secret(project, id).await
    }

    async fn environment(&self, project: &ProjectId) -> Result<SecretEnvironment, Error> {
        self.opened(project, |variable| !is_for_server(variable))
            .await
    }

    async fn command_variables(&self, project: &ProjectId) -> Result<BTreeSet<String>, Error> {
        let request = PageRequest::new(Some(SECRETS_OF_A_PROJECT), None)?;
        let secrets = self.store.secrets(project, &request).await?.items;
        let named = secrets.into_iter().filter(|it| it.provider == ARBITRARY);
        let variables = named.flat_map(|it| it.key_mappings.into_keys());
        Ok(variables.filter(|it| !is_for_server(it)).collect())
    }

    async fn forge_environment(&self, project: &ProjectId) -> Result<SecretEnvironment, Error> {
        self.opened(project, is_for_server).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Namespace, NewProject};
    use crate::secrets::KeyFile;
    use crate::store::{Projects as _, SqlStore};
    use crate::testing::secret_store_suite;

    /// A database with some projects.
    async fn database(projects: usize) -> (Arc<SqlStore>, Vec<ProjectId>) {
        let store = SqlStore::temporary().await.unwrap();
        let mut ids = Vec::new();
        for number in 0..projects {
            let name = format!("Project {number}");
            let namespace = Namespace::of_project(&name);
            let project = store.create_project(NewProject { name, namespace }).await;
            ids.push(project.unwrap().id);
        }
        (Arc::new(store), ids)
    }

    fn groq(project: &ProjectId, name: &str) -> NewSecret {
        NewSecret {
            project_id: project.clone(),
            name: name.to_owned(),
            provider: "groq".to_owned(),
            k8s_secret_name: "factory-secret-groq".to_owned(),
            key_mappings: [("apiKey".to_owned(), "key".to_owned())].into(),
        }
    }

    fn key(value: &str) -> Values {
        [("key".to_owned(), SecretString::from(value))].into()
    }

    #[tokio::test]
    async fn it_satisfies_the_suite() {
        let (store, projects) = database(2).await;
        let secrets = SealedSecretStore::new(store, KeyRing::generate().unwrap());
        secret_store_suite(&secrets, [&projects[0], &projects[1]]).await;
    }

    #[tokio::test]
    async fn the_database_never_sees_a_value() {
        let (store, projects) = database(1).await;
        let secrets = SealedSecretStore::new(store.clone(), KeyRing::generate().unwrap());
        let new = groq(&projects[0], "s");
        secrets.put(new, key("gsk-visible")).await.unwrap();
        let rows = store.sealed_secrets(&projects[0]).await.unwrap();
        let sealed = &rows[0].1.bytes;
        assert!(!sealed.windows(3).any(|it| it == b"gsk" || it == b"key"));
    }

    #[tokio::test]
    async fn old_secrets_stay_readable_and_move_to_the_new_key() {
        let disk = tempfile::tempdir().unwrap();
        let file = KeyFile::new(disk.path().join("secret.key"));
        let (store, projects) = database(120).await;
        let old = SealedSecretStore::new(store.clone(), file.open_or_create().unwrap());
        for project in &projects {
            old.put(groq(project, "s"), key("gsk-1")).await.unwrap();
        }
        let both = SealedSecretStore::new(store.clone(), file.add_key().unwrap());
        both.check_keys().await.unwrap();
        assert_eq!(both.environment(&projects[0]).await.unwrap().len(), 1);
        assert_eq!(both.reseal().await.unwrap(), projects.len());
        assert_eq!(both.reseal().await.unwrap(), 0);

        let new = SealedSecretStore::new(store, file.remove_old_keys().unwrap());
        let environment = new.environment(&projects[119]).await.unwrap();
        assert_eq!(environment["GROQ_API_KEY"].expose_secret(), "gsk-1");
        let lost = old.environment(&projects[0]).await;
        assert!(lost.is_err(), "the old key opens nothing");
        assert_eq!(old.check_keys().await.unwrap_err().code(), "missing_key");
        assert!(old.reseal().await.is_err());
    }

    #[tokio::test]
    async fn sealed_values_moved_to_another_secret_open_nothing() {
        let (store, projects) = database(2).await;
        let secrets = SealedSecretStore::new(store.clone(), KeyRing::generate().unwrap());
        for project in &projects {
            secrets.put(groq(project, "s"), key("gsk-1")).await.unwrap();
        }
        let one = store.sealed_secrets(&projects[0]).await.unwrap().remove(0);
        let other = store.sealed_secrets(&projects[1]).await.unwrap().remove(0);
        let moved = store.reseal_secret(&one.0.id, &one.1, other.1).await;
        moved.unwrap();
        let error = secrets.environment(&projects[0]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
