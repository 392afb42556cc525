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
    pub(crate) variable: &'static str,
    pub(crate) discover: Discover,
}

/// The adapters of this crate, in the order in which one becomes the default.
pub(crate) const BUILT_IN: &[BuiltIn] = &[
    #[cfg(feature = "anthropic")]
    BuiltIn {
        variable: "ANTHROPIC_API_KEY",
        discover: super::anthropic::discover,
    },
    #[cfg(feature = "gemini")]
    BuiltIn {
        variable: "GEMINI_API_KEY",
        discover: super::gemini::discover,
    },
    #[cfg(feature = "vertex")]
    BuiltIn {
        variable: "GOOGLE_CLOUD_PROJECT",
        discover: super::vertex::discover,
    },
    #[cfg(feature = "openai")]
    BuiltIn {
        variable: "OPENAI_API_KEY",
        discover: super::openai::discover,
    },
    #[cfg(feature = "openai-compatible")]
    BuiltIn {
        variable: "OPENAI_COMPATIBLE_BASE_URL",
        discover: super::openai_compatible::discover,
    },
    #[cfg(feature = "bedrock")]
    BuiltIn {
        variable: "AWS_BEARER_TOKEN_BEDROCK",
        discover: super::bedrock::discover,
    },
];

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
