//! Whole clients that are recorded and replayed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::player::Player;
use super::recorder::Recorder;
use crate::client::ClientBuilder;
use crate::env;
use crate::error::{Error, ErrorKind};
use crate::provider::discover::Environment;

impl Recorder {
    /// A client of every provider whose key is in the environment, as
    /// [`ClientBuilder::from_env`] makes it, all of whose exchanges are recorded.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), attractor_llm::Error> {
    /// use attractor_llm::cassette::Recorder;
    ///
    /// let client = Recorder::create("run.json")?.client()?.build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::from_env`], or that the file can't be written.
    pub fn client(&self) -> Result<ClientBuilder, Error> {
        self.client_of(&env::variable)
    }

    fn client_of(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<ClientBuilder, Error> {
        let found = Mutex::new(BTreeMap::new());
        let noted = |name: &str| {
            let value = variable(name)?;
            let written = self.redaction_in_use().variable(name, &value);
            found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(name.to_owned(), written);
            Some(value)
        };
        let builder = ClientBuilder::discover(&Environment {
            variable: &noted,
            transport: Some(Arc::new(self.clone())),
        })?;
        self.set_environment(found.into_inner().unwrap_or_else(PoisonError::into_inner))?;
        Ok(builder)
    }
}

impl Player {
    /// The client that [`Recorder::client`] made, with its providers, addresses and default, but
    /// without keys: it gets its answers from the cassette.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), attractor_llm::Error> {
    /// use attractor_llm::cassette::Player;
    ///
    /// let client = Player::open("run.json")?.client()?.build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the cassette wasn't recorded by such a client.
    pub fn client(&self) -> Result<ClientBuilder, Error> {
        let environment = self.environment();
        if environment.is_empty() {
            let message = "the cassette doesn't say what client it was recorded by; give its player \
                           to adapters of your own";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        ClientBuilder::discover(&Environment {
            variable: &|name| environment.get(name).cloned(),
            transport: Some(Arc::new(self.clone())),
        })
    }
}

#[cfg(all(test, feature = "anthropic", feature = "openai"))]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_made_again_from_what_it_was_recorded_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        let set = [
            ("OPENAI_API_KEY", "sk-secret"),
            (
                "OPENAI_BASE_URL",
                "https://proxy.example/v1?key=query-secret",
            ),
            ("OPENAI_ORG_ID", "org"),
        ];
        let variable = |name: &str| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let recorder = Recorder::create(&path).unwrap();
        let recorded = recorder.client_of(&variable).unwrap().build().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("https://proxy.example/v1?key=[redacted]"),
            "{text}"
        );
        assert!(!text.contains("secret"), "{text}");
        let replayed = Player::open(&path)
            .unwrap()
            .client()
            .unwrap()
            .build()
            .unwrap();
        assert_eq!(replayed.provider_names(), ["openai"]);
        assert_eq!(replayed.default_provider(), recorded.default_provider());
    }

    #[test]
    fn a_cassette_of_single_adapters_makes_no_client() {
        let player = Player::new(crate::cassette::Cassette::default());
        assert_eq!(
            player.client().unwrap_err().kind(),
            ErrorKind::Configuration
        );
    }
}
