//! The clients behind one trait, each used as its documentation shows.

#[cfg(feature = "peers")]
mod async_openai;
mod attractor;
#[cfg(feature = "peers")]
mod genai;
#[cfg(feature = "peers")]
mod rig;

use std::pin::Pin;

use async_trait::async_trait;
use futures::Stream;

/// The bytes of each delta of the text.
pub(crate) type Deltas = Pin<Box<dyn Stream<Item = usize> + Send>>;

/// A client of the server at one base URL; it is asked for a prompt of a few words.
#[async_trait]
pub(crate) trait Client: Send + Sync {
    fn name(&self) -> &'static str;

    async fn stream(&self, model: &str) -> Deltas;

    /// The bytes of the text of a reply that comes whole.
    async fn complete(&self, model: &str) -> usize;
}

pub(crate) const PROMPT: &str = "Say a few words.";

/// In the order of the table.
pub(crate) const NAMES: &[&str] = &[
    attractor::CHAT,
    #[cfg(feature = "peers")]
    async_openai::NAME,
    #[cfg(feature = "peers")]
    genai::NAME,
    #[cfg(feature = "peers")]
    rig::NAME,
    attractor::MESSAGES,
    attractor::RESPONSES,
];

pub(crate) fn named(name: &str, base_url: &str) -> Box<dyn Client> {
    match name {
        #[cfg(feature = "peers")]
        async_openai::NAME => Box::new(async_openai::AsyncOpenAi::new(base_url)),
        #[cfg(feature = "peers")]
        genai::NAME => Box::new(genai::GenAi::new(base_url)),
        #[cfg(feature = "peers")]
        rig::NAME => Box::new(rig::Rig::new(base_url)),
        name => Box::new(attractor::Attractor::new(name, base_url)),
    }
}
