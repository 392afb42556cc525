use std::sync::Arc;

use super::route::Routes;
use super::{Client, Inner};
use crate::env;
use crate::error::{Error, ErrorKind};
use crate::middleware::Middleware;
use crate::provider::ProviderAdapter;
use crate::provider::discover::{BUILT_IN, Environment, how_to_configure};

/// Gathers what a [`Client`] is made of.
#[derive(Debug, Default)]
pub struct ClientBuilder {
    adapters: Vec<Arc<dyn ProviderAdapter>>,
    default_provider: Option<String>,
    middleware: Vec<Arc<dyn Middleware>>,
}

impl ClientBuilder {
    /// A builder with every provider whose key is in the environment, see
    /// [`Client::from_env`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when no key is set or a base URL isn't one.
    pub fn from_env() -> Result<Self, Error> {
        Self::discover(&Environment {
            variable: &env::variable,
            transport: None,
        })
    }

    /// Registers every provider whose key is in the environment, of which there may be none; the
    /// first of them is the default unless there is one already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when a base URL isn't one.
    pub fn providers_from_env(self) -> Result<Self, Error> {
        self.add(&Environment {
            variable: &env::variable,
            transport: None,
        })
    }

    /// The same with variables from elsewhere: `variable` is asked for each one's value, in place of
    /// the process's environment.
    ///
    /// ```
    /// use attractor_llm::Client;
    ///
    /// let key = |name: &str| (name == "ANTHROPIC_API_KEY").then(|| "sk-1".to_owned());
    /// let client = Client::builder().providers_from(&key)?.build()?;
    /// assert_eq!(client.provider_names(), ["anthropic"]);
    /// # Ok::<(), attractor_llm::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`providers_from_env`](Self::providers_from_env).
    pub fn providers_from(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let filled = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        self.add(&Environment {
            variable: &filled,
            transport: None,
        })
    }

    fn add(mut self, environment: &Environment<'_>) -> Result<Self, Error> {
        let before = self.adapters.len();
        for kind in BUILT_IN {
            self.adapters.extend((kind.discover)(environment)?);
        }
        let first = self
            .adapters
            .get(before)
            .map(|first| first.name().to_owned());
        self.default_provider = self.default_provider.or(first);
        Ok(self)
    }

    pub(crate) fn discover(environment: &Environment<'_>) -> Result<Self, Error> {
        let builder = Self::default().add(environment)?;
        match builder.adapters.first() {
            Some(_) => Ok(builder),
            None => Err(Error::new(
                ErrorKind::Configuration,
                format!("no provider is configured; {}", how_to_configure()),
            )),
        }
    }

    /// Registers a provider under the name it gives itself.
    #[must_use]
    pub fn provider(self, adapter: impl ProviderAdapter) -> Self {
        self.shared_provider(Arc::new(adapter))
    }

    /// Registers a provider that is shared with others.
    #[must_use]
    pub fn shared_provider(mut self, adapter: Arc<dyn ProviderAdapter>) -> Self {
        self.adapters.push(adapter);
        self
    }

    /// Sets the provider of requests that name none; a single provider needs no such word.
    #[must_use]
    pub fn default_provider(mut self, name: impl Into<String>) -> Self {
        self.default_provider = Some(name.into());
        self
    }

    /// Adds a middleware inside those added before.
    #[must_use]
    pub fn middleware(self, middleware: impl Middleware) -> Self {
        self.shared_middleware(Arc::new(middleware))
    }

    /// Adds a middleware that is shared with others.
    #[must_use]
    pub fn shared_middleware(mut self, middleware: Arc<dyn Middleware>) -> Self {
        self.middleware.push(middleware);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when two providers have one
    /// name or the default isn't registered.
    pub fn build(self) -> Result<Client, Error> {
        let routes = Routes::new(self.adapters, self.default_provider)?;
        Ok(Client(Arc::new(Inner {
            routes,
            middleware: self.middleware,
        })))
    }
}

#[cfg(all(test, feature = "anthropic", feature = "openai"))]
mod tests {
    use super::*;

    fn variables(set: &[(&str, &str)]) -> Result<ClientBuilder, Error> {
        ClientBuilder::discover(&Environment {
            variable: &|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            },
            transport: None,
        })
    }

    #[test]
    fn a_key_in_the_environment_registers_its_provider_as_the_default() {
        let client = variables(&[("ANTHROPIC_API_KEY", "k")])
            .unwrap()
            .build()
            .unwrap();
        assert_eq!(client.provider_names(), ["anthropic"]);
        assert_eq!(client.default_provider(), Some("anthropic"));
    }

    #[test]
    fn the_first_provider_with_a_key_is_the_default() {
        let both = [("OPENAI_API_KEY", "k"), ("ANTHROPIC_API_KEY", "k")];
        let client = variables(&both).unwrap().build().unwrap();
        assert_eq!(client.provider_names(), ["anthropic", "openai"]);
        assert_eq!(client.default_provider(), Some("anthropic"));
        let client = variables(&both[..1]).unwrap().build().unwrap();
        assert_eq!(client.default_provider(), Some("openai"));
    }

    #[test]
    fn an_empty_environment_is_an_error_that_names_the_variables() {
        let error = variables(&[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"] {
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_base_url_that_is_none_is_an_error_without_the_key() {
        let set = [
            ("ANTHROPIC_API_KEY", "secret-key"),
            ("ANTHROPIC_BASE_URL", "nonsense"),
        ];
        let error = variables(&set).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!format!("{error} {error:?}").contains("secret-key"));
    }
}
