//! The client of calls that name none.
//!
//! Source: unified-llm-spec 2.5.

use std::sync::{PoisonError, RwLock};

use super::Client;
use crate::error::Error;

static DEFAULT: Slot = Slot(RwLock::new(None));

/// Makes `client` the one of every later call that names none, in the whole process.
///
/// ```
/// # fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::{AnthropicAdapter, Client, set_default_client};
///
/// let adapter = AnthropicAdapter::new("key")?;
/// set_default_client(Client::builder().provider(adapter).build()?);
/// # Ok(())
/// # }
/// ```
///
/// Source: unified-llm-spec 2.5.
pub fn set_default_client(client: Client) {
    DEFAULT.set(client);
}

/// The client of calls that name none: the one that was set, else one from the environment, made
/// when it is first needed and kept.
///
/// # Errors
///
/// As [`Client::from_env`]; the next call tries again.
pub fn default_client() -> Result<Client, Error> {
    DEFAULT.get_or_make(Client::from_env)
}

struct Slot(RwLock<Option<Client>>);

impl Slot {
    fn set(&self, client: Client) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(client);
    }

    fn get_or_make(&self, make: impl FnOnce() -> Result<Client, Error>) -> Result<Client, Error> {
        let found = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(client) = found {
            return Ok(client);
        }
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let client = make()?;
        *slot = Some(client.clone());
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use std::sync::Arc;

    #[test]
    fn it_is_made_when_first_needed_and_kept_until_another_is_set() {
        let slot = Slot(RwLock::new(None));
        let failure = || Err(Error::new(ErrorKind::Configuration, "no key"));
        assert!(slot.get_or_make(failure).is_err());
        let made = slot.get_or_make(|| Client::builder().build()).unwrap();
        let same = |client: &Client| Arc::ptr_eq(&client.0, &slot.get_or_make(failure).unwrap().0);
        assert!(same(&made));
        let other = Client::builder().build().unwrap();
        slot.set(other.clone());
        assert!(same(&other));
    }
}
