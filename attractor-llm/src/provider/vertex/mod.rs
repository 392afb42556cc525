//! Vertex AI of Google Cloud: Gemini by `generateContent`, Claude by `rawPredict`.
//!
//! The model decides: an id that begins with `claude` is asked for by Anthropic's protocol, any other
//! by Google's. Options are those of the two, under `provider_options.vertex`.
//!
//! Source: unified-llm-spec 7.

mod config;
mod credentials;
mod protocol;

use super::adapter::{Wire, wire_adapter};

pub use self::config::VertexBuilder;
pub(crate) use self::config::discover;
pub use self::credentials::GoogleCredentials;
use self::protocol::Vertex;

/// Speaks to Vertex AI.
///
/// ```no_run
/// # fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::{Client, VertexAdapter};
///
/// let vertex = VertexAdapter::builder("my-project", "global").build()?;
/// let client = Client::builder().provider(vertex).build()?;
/// # Ok(())
/// # }
/// ```
///
/// Source: unified-llm-spec 7.
#[derive(Debug)]
pub struct VertexAdapter(Wire<Vertex>);

impl VertexAdapter {
    /// An adapter to be set up, for models of a project in a location such as `global` or
    /// `europe-west4`.
    #[must_use]
    pub fn builder(project: impl Into<String>, location: impl Into<String>) -> VertexBuilder {
        VertexBuilder::new(project.into(), location.into())
    }
}

wire_adapter!(VertexAdapter);
