//! The providers that the environment configures.

use std::fmt;
use std::sync::Arc;

use super::ProviderAdapter;
use super::endpoint::EndpointBuilder;
use super::http::Transport;
use crate::error::Error;

/// What adapters are made of when nobody makes them by hand.
pub(crate) struct Environment<'a> {
    /// The value of an environment variable; an empty one counts as not set.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// What all requests go through, in place of connections of the adapter's own.
    pub(crate) transport: Option<Arc<dyn Transport>>,
}

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

impl Environment<'_> {
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    /// Sets what every adapter shares.
    pub(crate) fn apply(&self, endpoint: &mut EndpointBuilder) {
        endpoint.transport = self.transport.clone();
    }
}

/// The adapters of one kind that the environment configures: none, one or several.
pub(crate) type Discover = fn(&Environment<'_>) -> Result<Vec<Arc<dyn ProviderAdapter>>, Error>;

/// A kind of adapter, and the variable that configures it first of all.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    /// The name that its adapter has.
    pub(crate) name: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) discover: Discover,
}

/// The adapters of this crate, in the order in which one becomes the default.
pub(crate) const BUILT_IN: &[BuiltIn] = &[
    #[cfg(feature = "anthropic")]
    BuiltIn {
        name: "anthropic",
        variable: "ANTHROPIC_API_KEY",
        discover: super::anthropic::discover,
    },
    #[cfg(feature = "gemini")]
    BuiltIn {
        name: "gemini",
        variable: "GEMINI_API_KEY",
        discover: super::gemini::discover,
    },
    #[cfg(feature = "vertex")]
    BuiltIn {
        name: "vertex",
        variable: "GOOGLE_CLOUD_PROJECT",
        discover: super::vertex::discover,
    },
    #[cfg(feature = "openai")]
    BuiltIn {
        name: "openai",
        variable: "OPENAI_API_KEY",
        discover: super::openai::discover,
    },
    #[cfg(feature = "openai-compatible")]
    BuiltIn {
        name: "openai-compatible",
        variable: "OPENAI_COMPATIBLE_BASE_URL",
        discover: super::openai_compatible::discover,
    },
    #[cfg(feature = "bedrock")]
    BuiltIn {
        name: "bedrock",
        variable: "AWS_BEARER_TOKEN_BEDROCK",
        discover: super::bedrock::discover,
    },
];

/// The environment variable that sets up a provider for [`Client::from_env`](crate::Client::from_env)
/// in the first place: its key, or the address of a service that needs none. `None` for a provider
/// that the environment can't set up.
///
/// ```
/// use attractor_llm::provider::setup_variable;
///
/// assert_eq!(setup_variable("openai"), Some("OPENAI_API_KEY"));
/// assert_eq!(setup_variable("groq"), Some("GROQ_API_KEY"));
/// assert_eq!(setup_variable("acme"), None);
/// ```
#[must_use]
pub fn setup_variable(provider: &str) -> Option<&'static str> {
    let kind = BUILT_IN.iter().find(|kind| kind.name == provider);
    kind.map(|kind| kind.variable)
        .or_else(|| service_variable(provider))
}

#[cfg(feature = "openai-compatible")]
fn service_variable(provider: &str) -> Option<&'static str> {
    use super::openai_compatible::Service;
    let service = Service::all().find(|it| it.is_discovered() && it.name() == provider)?;
    service
        .key_variable()
        .filter(|_| !service.is_open())
        .or(service.url_variable())
}

#[cfg(not(feature = "openai-compatible"))]
fn service_variable(_provider: &str) -> Option<&'static str> {
    None
}

/// What to do when a provider is missing.
pub(crate) fn how_to_configure() -> String {
    let variables: Vec<&str> = BUILT_IN.iter().map(|kind| kind.variable).collect();
    let names = match variables.as_slice() {
        [] => return "register an adapter with the builder".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    };
    format!("set {names} in the environment or register an adapter with the builder")
}
