//! The only file that reads the environment.

/// The key of the Anthropic API.
pub(crate) const ANTHROPIC_API_KEY: &str = "ANTHROPIC_API_KEY";

/// What to do when a provider is missing.
pub(crate) fn how_to_configure() -> String {
    format!("set {ANTHROPIC_API_KEY} in the environment or register an adapter with the builder")
}
