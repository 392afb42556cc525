//! The only file that reads the environment.

use std::env;
use std::path::PathBuf;

/// The key of the Anthropic API.
pub(crate) const ANTHROPIC_API_KEY: &str = "ANTHROPIC_API_KEY";

/// Where the Anthropic API is, if not at its usual place.
pub(crate) const ANTHROPIC_BASE_URL: &str = "ANTHROPIC_BASE_URL";

/// The key of the OpenAI API.
pub(crate) const OPENAI_API_KEY: &str = "OPENAI_API_KEY";

/// Where the OpenAI API is, if not at its usual place.
pub(crate) const OPENAI_BASE_URL: &str = "OPENAI_BASE_URL";

/// The OpenAI organisation that requests are counted for.
pub(crate) const OPENAI_ORG_ID: &str = "OPENAI_ORG_ID";

/// The OpenAI project that requests are counted for.
pub(crate) const OPENAI_PROJECT_ID: &str = "OPENAI_PROJECT_ID";

/// The value of a variable; an empty one counts as not set.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The user's home directory.
pub(crate) fn home() -> Option<PathBuf> {
    env::var_os("HOME").map(PathBuf::from)
}

/// What to do when a provider is missing.
pub(crate) fn how_to_configure() -> String {
    format!(
        "set {ANTHROPIC_API_KEY} or {OPENAI_API_KEY} in the environment or register an adapter \
         with the builder"
    )
}
