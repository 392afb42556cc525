//! Which model a subagent uses.

use std::sync::Arc;

use attractor_llm::{Client, catalog};

use crate::{
    error::{Error, ErrorKind},
    profile::{ProviderProfile, profile_for},
};

/// The parent's profile, or that of the model that is asked for: `provider/model`, or a model of
/// the parent's provider or of another that the client knows.
///
/// # Errors
/// `InvalidInput` for a model that the parent's profile can't have.
pub(super) fn profile(
    own: &Arc<dyn ProviderProfile>,
    client: &Client,
    asked: Option<&str>,
) -> Result<Arc<dyn ProviderProfile>, Error> {
    let Some(asked) = asked.map(str::trim).filter(|asked| !asked.is_empty()) else {
        return Ok(Arc::clone(own));
    };
    let (provider, model) = locate(own.id(), own.model(), client, asked);
    if provider != own.id() {
        return profile_for(provider, model);
    }
    if model == own.model() {
        return Ok(Arc::clone(own));
    }
    own.for_model(model).ok_or_else(|| {
        let text = format!(
            "subagents can't use the model {model} here; leave the model out to use {}",
            own.model()
        );
        Error::new(ErrorKind::InvalidInput, text)
    })
}

/// The provider and its name for the model. A name alone is a model of the parent's provider,
/// unless the catalog knows it as one of another provider that the client has.
fn locate<'a>(
    own: &'a str,
    own_model: &str,
    client: &'a Client,
    asked: &'a str,
) -> (&'a str, &'a str) {
    let registered = client.provider_names();
    if let Some((provider, model)) = asked.split_once('/')
        && registered.contains(&provider)
    {
        return (provider, model);
    }
    let family = |model: &str| catalog::model_info(model).map(|info| info.provider.as_str());
    let known = family(asked).filter(|known| family(own_model) != Some(*known));
    let other = registered
        .into_iter()
        .find(|name| known == Some(*name))
        .unwrap_or(own);
    (other, asked)
}
