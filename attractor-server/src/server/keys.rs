use std::path::{Path, PathBuf};

use crate::config::Layers;
use crate::domain::Error;
use crate::secrets::{KeyFile, KeyRing};

/// Where the keys are that secrets are sealed with: in a file, or in the environment.
#[derive(Debug)]
pub(crate) enum Keys {
    /// Made at the first start.
    File(KeyFile),
    /// For machines that have no disk of their own.
    Given(KeyRing),
}

impl Keys {
    /// Where a server's are: in `secrets.key` of its directory, unless something else is said.
    pub(crate) fn of(layers: &Layers, directory: &Path) -> Result<Self, Error> {
        if let Some(text) = layers.parsed::<String>("secret_key")? {
            return Ok(Self::Given(KeyRing::parse(&text)?));
        }
        let file = layers.parsed::<PathBuf>("secret_key_file")?;
        let file = file.unwrap_or_else(|| directory.join("secrets.key"));
        Ok(Self::File(KeyFile::new(file)))
    }

    /// The keys; a file is made if there is none.
    pub(crate) fn open(&self) -> Result<KeyRing, Error> {
        match self {
            Self::File(file) => file.open_or_create(),
            Self::Given(ring) => Ok(ring.clone()),
        }
    }

    /// Puts a new key before the others.
    pub(crate) fn add(&self) -> Result<KeyRing, Error> {
        match self {
            Self::File(file) => file.add_key(),
            Self::Given(ring) if ring.ids().len() > 1 => Ok(ring.clone()),
            Self::Given(_) => {
                let message = "the key is in ATTRACTOR_SECRET_KEY, which this can't change: put a new key before it \
                     (`openssl rand -base64 32`), with a comma between, and call this again";
                Err(Error::invalid("one_key", message))
            }
        }
    }

    /// Takes the others away, once nothing is sealed with them.
    pub(crate) fn remove_old(&self) -> Result<(), Error> {
        match self {
            Self::File(file) => file.remove_old_keys().map(drop),
            Self::Given(_) => Ok(()),
        }
    }
}
