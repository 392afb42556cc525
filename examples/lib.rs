//! The example programs of the Attractor crates; `README.md` beside this file lists them. Here is
//! what the examples of agents share: who answers.

use std::{error::Error, sync::Arc};

use attractor_agent::{ProviderProfile, profile_for};
use attractor_llm::testing::{Script, ScriptedServer};
use attractor_llm::{AnthropicAdapter, Client, catalog};

/// The Rust blocks of the project's README, compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// Who answers an agent.
#[derive(Debug)]
pub struct Model {
    /// The client to ask through.
    pub client: Client,
    /// How the model is addressed.
    pub profile: Arc<dyn ProviderProfile>,
    /// Answers on loopback for as long as it lives.
    _server: ScriptedServer,
}

/// The newest model of whichever provider has a key in the environment, else the scripted one.
///
/// # Errors
/// A key of a provider whose models nobody knows; no port for the scripted model.
pub async fn model(script: Script) -> Result<Model, Box<dyn Error>> {
    let server = ScriptedServer::start(script).await?;
    let scripted = || {
        let adapter = AnthropicAdapter::builder("scripted").base_url(server.base_url());
        Client::builder().provider(adapter.build()?).build()
    };
    let client = Client::from_env().or_else(|_| scripted())?;
    let provider = client.default_provider().unwrap_or("anthropic");
    let model = catalog::latest_model(provider, None).ok_or("no model of it is known")?;
    Ok(Model {
        profile: profile_for(provider, &model.id)?,
        client,
        _server: server,
    })
}
